/**
 * A metric meter that keeps what it was given, for tests and for exporters of your own.
 *
 * @module
 */
import { type Duration, toMilliseconds } from "../common/duration.ts";
import { ValueError } from "../common/errors.ts";
import type { MetricAttributes, MetricMeter, MetricOptions } from "../common/meter.ts";
import { checkAttributes, checkValue } from "../common/metric_values.ts";
import { writeErrorLine } from "../platform.ts";

/** One value that was recorded. */
export interface BufferedMetricUpdate {
  metric: MetricOptions & { name: string; kind: "COUNTER" | "GAUGE" | "HISTOGRAM" };
  value: number;
  attributes: MetricAttributes;
}

/** A meter whose values are read back from it. */
export interface MetricBuffer extends MetricMeter {
  /** Gives what was recorded since the last call, oldest first, and forgets it. */
  retrieveUpdates(): BufferedMetricUpdate[];
}

/** Where the meters of one buffer put their values. */
interface Sink {
  write(update: BufferedMetricUpdate): void;
  toNumber(value: Duration, name: string): number;
}

/**
 * A meter that keeps up to `bufferSize` values until they are retrieved; further ones are dropped, with one log line
 * each time the buffer fills up.
 *
 * @throws {ValueError} `bufferSize` is not a whole number of at least 1
 */
export function createMetricBuffer(
  bufferSize: number,
  options: { durationFormat?: "MILLISECONDS" | "SECONDS" } = {},
): MetricBuffer {
  if (!Number.isInteger(bufferSize) || bufferSize < 1) {
    throw new ValueError(`createMetricBuffer: bufferSize is ${bufferSize}; give a whole number of at least 1`);
  }
  let updates: BufferedMetricUpdate[] = [];
  let full = false;
  const sink: Sink = {
    write(update) {
      if (updates.length < bufferSize) return void updates.push(update);
      if (!full) {
        writeErrorLine(`metric buffer is full (${bufferSize} values); values are dropped until it is retrieved`);
      }
      full = true;
    },
    toNumber(value, name) {
      if (typeof value === "number") return value;
      return toMilliseconds(value, `metric ${name}`) / (options.durationFormat === "SECONDS" ? 1000 : 1);
    },
  };
  return {
    ...createMeter(sink, {}),
    retrieveUpdates() {
      const retrieved = updates;
      updates = [];
      full = false;
      return retrieved;
    },
  };
}

function createMeter(sink: Sink, fixed: MetricAttributes): MetricMeter {
  return {
    createCounter: (name, options) => createMetric(sink, { name, kind: "COUNTER", ...options }, fixed, true),
    createUpDownCounter: (name, options) => createMetric(sink, { name, kind: "COUNTER", ...options }, fixed, false),
    createHistogram: (name, options) => createMetric(sink, { name, kind: "HISTOGRAM", ...options }, fixed, true),
    createGauge: (name, options) => createMetric(sink, { name, kind: "GAUGE", ...options }, fixed, true),
    withAdditionalAttributes: (attributes) => createMeter(sink, { ...fixed, ...attributes }),
  };
}

interface BufferedMetric extends MetricOptions {
  name: string;
  add(value: number, attributes?: MetricAttributes): void;
  record(value: Duration, attributes?: MetricAttributes): void;
  set(value: number, attributes?: MetricAttributes): void;
  withAdditionalAttributes(attributes: MetricAttributes): this;
}

function createMetric(
  sink: Sink,
  metric: BufferedMetricUpdate["metric"],
  fixed: MetricAttributes,
  positive: boolean,
): BufferedMetric {
  const { name, description, unit } = metric;
  function write(given: Duration, attributes: MetricAttributes = {}): void {
    const value = sink.toNumber(given, name);
    if (positive) checkValue(name, value);
    checkAttributes(name, attributes);
    sink.write({
      metric: { name, kind: metric.kind, description, unit },
      value,
      attributes: { ...fixed, ...attributes },
    });
  }
  return {
    name,
    description,
    unit,
    add: write,
    record: write,
    set: write,
    withAdditionalAttributes: (attributes) => createMetric(sink, metric, { ...fixed, ...attributes }, positive),
  };
}
