/**
 * Warns of requests with large payloads, before the server refuses larger ones.
 *
 * @module
 */
import { createLogger } from "../common/console_logger.ts";
import { ValueError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { type Payload, payloadsSize } from "../common/payload.ts";
import type { PayloadLimitsConfig } from "../transport/options.ts";

/** Takes note of a request before it is sent. */
export type WatchSizes = (method: string, request: object) => void;

/** The fields whose payloads count, in requests and in the attributes of commands; a dot goes into a message. */
const payloadFields: Readonly<Record<string, readonly string[]>> = {
  startWorkflowExecution: ["input", "memo"],
  signalWithStartWorkflowExecution: ["input", "signalInput", "memo"],
  signalWorkflowExecution: ["input"],
  queryWorkflow: ["query.queryArgs"],
  recordActivityTaskHeartbeat: ["details"],
  recordActivityTaskHeartbeatById: ["details"],
  respondActivityTaskCompleted: ["result"],
  respondActivityTaskCompletedById: ["result"],
  respondActivityTaskCanceled: ["details"],
  respondActivityTaskCanceledById: ["details"],
  respondActivityTaskFailed: ["lastHeartbeatDetails"],
  respondActivityTaskFailedById: ["lastHeartbeatDetails"],
  respondQueryTaskCompleted: ["queryResult"],
  completeWorkflowExecutionCommandAttributes: ["result"],
  continueAsNewWorkflowExecutionCommandAttributes: ["input", "memo"],
  scheduleActivityTaskCommandAttributes: ["input"],
  signalExternalWorkflowExecutionCommandAttributes: ["input"],
  startChildWorkflowExecutionCommandAttributes: ["input", "memo"],
};

const advice = "pass less, or store it elsewhere and pass a reference";

/** Watches requests by the limits of a client; undefined where nothing is too large. Throws ValueError for a bad limit. */
export function createSizeWatch(
  limits: PayloadLimitsConfig | undefined,
  logger: Logger | undefined,
): WatchSizes | undefined {
  const payloads = readLimit("payloadsWarnSize", limits?.payloadsWarnSize ?? 512 * 1024);
  const memo = readLimit("memoWarnSize", limits?.memoWarnSize ?? 2 * 1024);
  if (payloads === Infinity && memo === Infinity) return undefined;
  let log = logger;
  return (method, request) => {
    for (const [name, message] of listParts(method, request)) {
      for (const field of payloadFields[name] ?? []) {
        const limit = field === "memo" ? memo : payloads;
        const size = sizeOf(read(message, field));
        if (size <= limit) continue;
        const option = field === "memo" ? "memoWarnSize" : "payloadsWarnSize";
        log ??= createLogger();
        log.warn(`[TMPRL1103] ${field} of ${method} has ${size} bytes, more than payloadLimits.${option}: ${advice}`, {
          size,
          limit,
        });
      }
    }
  };
}

function readLimit(name: keyof PayloadLimitsConfig, bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes === 0 ? Infinity : bytes;
  throw new ValueError(`payloadLimits.${name} is ${bytes}; give a whole number of bytes, 0 for no warning`);
}

type Part = readonly [name: string, message: object];

/** A request, or what it is made of. */
function listParts(method: string, request: object): Part[] {
  if (method === "respondWorkflowTaskCompleted") {
    const { commands = [] } = request as { commands?: { attributes?: { case?: string; value?: object } }[] };
    return commands.flatMap(({ attributes }) =>
      attributes?.case && attributes.value ? [[attributes.case, attributes.value] as const] : []
    );
  }
  if (method === "executeMultiOperation") {
    const { operations = [] } = request as { operations?: { operation?: { case?: string; value?: object } }[] };
    return operations.flatMap(({ operation }) =>
      operation?.case === "startWorkflow" && operation.value
        ? [["startWorkflowExecution", operation.value] as const]
        : []
    );
  }
  return [[method, request]];
}

function read(message: object, path: string): { payloads?: Payload[]; fields?: Record<string, Payload> } | undefined {
  let value: unknown = message;
  for (const name of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return value as { payloads?: Payload[] } | undefined;
}

function sizeOf({ payloads, fields = {} }: { payloads?: Payload[]; fields?: Record<string, Payload> } = {}): number {
  return payloadsSize(payloads ?? Object.values(fields));
}
