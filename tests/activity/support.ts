import { ActivityContext, type ActivityContextOptions, type Info } from "../../src/activity/context.ts";
import type { LogAttributes, Logger } from "../../src/common/logger.ts";
import { noopMetricMeter } from "../../src/common/meter.ts";
import { defaultPayloadConverter } from "../../src/converter/default_converters.ts";

export interface LogLine {
  level: keyof Logger;
  message: string;
  attributes?: LogAttributes;
}

/** A logger that keeps its lines. */
export function createLog(): { logger: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: keyof Logger) => (message: string, attributes?: LogAttributes) => {
    lines.push({ level, message, attributes });
  };
  return { lines, logger: { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") } };
}

export const info: Info = {
  activityId: "1",
  activityType: "greet",
  attempt: 2,
  currentAttemptScheduledTime: new Date(1),
  heartbeatDetails: ["half"],
  isLocal: false,
  namespace: "default",
  scheduledTime: new Date(0),
  startedTime: new Date(2),
  taskQueue: "greetings",
  taskToken: new Uint8Array([1]),
  workflowId: "w-1",
  workflowNamespace: "default",
  workflowRunId: "r-1",
  workflowType: "hello",
  priority: {},
  inWorkflow: true,
};

/** An activity context for tests. */
export function createContext(options: Partial<ActivityContextOptions> = {}): ActivityContext {
  return new ActivityContext({
    info,
    heartbeat: () => {},
    logger: createLog().logger,
    metricMeter: noopMetricMeter,
    payloadConverter: defaultPayloadConverter,
    workerShutdown: new AbortController().signal,
    ...options,
  });
}
