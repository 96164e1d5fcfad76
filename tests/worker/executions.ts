/** What attempts of activities need, for tests. */
import { noopMetricMeter } from "../../src/common/meter.ts";
import { DataConverter } from "../../src/converter/data.ts";
import type { ExecutionHost } from "../../src/worker/activity_execution.ts";
import { collectActivities } from "../../src/worker/activity_registry.ts";
import { createLog, type LogLine } from "../activity/support.ts";

/** A host of the activities in a record, and what they log. */
export function createExecutions(
  activities: object,
  options: Partial<ExecutionHost> = {},
): { host: ExecutionHost; lines: LogLine[] } {
  const { logger, lines } = createLog();
  const host = {
    registry: collectActivities(Object.keys(activities).length > 0 ? [activities] : [], []),
    dataConverter: DataConverter.default,
    logger,
    metricMeter: noopMetricMeter,
    client: () => undefined,
    workerShutdown: new AbortController().signal,
    ...options,
  };
  return { host, lines };
}
