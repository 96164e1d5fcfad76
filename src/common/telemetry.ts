/**
 * Where logs and metrics of a client and its workers go.
 *
 * @module
 */
import type { Logger } from "./logger.ts";
import type { MetricMeter } from "./meter.ts";

/** Where logs and metrics go, and how metrics are named. */
export interface TelemetryOptions {
  /** Default: `createLogger()`. */
  logger?: Logger;
  /** Default: a meter that drops everything. */
  meter?: MetricMeter;
  /** Added to every metric. */
  globalTags?: Record<string, string>;
  /** Default: `"temporal_"`. */
  metricPrefix?: string;
  /** Whether metrics carry `service_name`; default true. */
  attachServiceName?: boolean;
}
