/**
 * Metrics for telemetry of your own choice: a meter over OpenTelemetry and one that keeps its values.
 *
 * @example Count into your own OpenTelemetry meter provider
 * ```ts ignore
 * import { Client } from "@anywhen/temporal/client";
 * import { createOpenTelemetryMeter } from "@anywhen/temporal/opentelemetry";
 *
 * const client = await Client.connect("localhost:7233", { telemetry: { meter: createOpenTelemetryMeter() } });
 * ```
 *
 * @module
 */
export { createOpenTelemetryMeter } from "./meter.ts";
export { createMetricBuffer } from "./metric_buffer.ts";
export type { BufferedMetricUpdate, MetricBuffer } from "./metric_buffer.ts";
