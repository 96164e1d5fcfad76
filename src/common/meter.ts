/**
 * What this package asks of a metric library.
 *
 * @module
 */
import type { Duration } from "./duration.ts";

/** Names and values that tell the series of a metric apart. */
export type MetricAttributes = Record<string, string | number | boolean>;

/** What a metric says about itself. */
export interface MetricOptions {
  description?: string;
  unit?: string;
}

/** What all metrics have. */
export interface MetricCommon extends MetricOptions {
  name: string;
  /** The same metric with these attributes on every value. */
  withAdditionalAttributes(attributes: MetricAttributes): this;
}

/** Counts; a plain counter only up. */
export interface MetricCounter extends MetricCommon {
  /** Throws ValueError for a negative value (an up-down counter takes it) and for an attribute of another type. */
  add(value: number, attributes?: MetricAttributes): void;
}

/** Spreads values over buckets. */
export interface MetricHistogram extends MetricCommon {
  /** Throws ValueError for a negative value and for an attribute of another type. */
  record(value: Duration, attributes?: MetricAttributes): void;
}

/** Holds the last value. */
export interface MetricGauge extends MetricCommon {
  /** Throws ValueError for a negative value and for an attribute of another type. */
  set(value: number, attributes?: MetricAttributes): void;
}

/** Makes metrics. */
export interface MetricMeter {
  createCounter(name: string, options?: MetricOptions): MetricCounter;
  createUpDownCounter(name: string, options?: MetricOptions): MetricCounter;
  /** `valueType` is `"int"` by default. */
  createHistogram(
    name: string,
    options?: MetricOptions & { valueType?: "int" | "float" | "duration" },
  ): MetricHistogram;
  /** `valueType` is `"int"` by default. */
  createGauge(name: string, options?: MetricOptions & { valueType?: "int" | "float" }): MetricGauge;
  /** A meter whose metrics carry these attributes. */
  withAdditionalAttributes(attributes: MetricAttributes): MetricMeter;
}

type NoopMetric = MetricCounter & MetricHistogram & MetricGauge;

/** A meter that drops everything. */
export const noopMetricMeter: MetricMeter = {
  createCounter: createNoopMetric,
  createUpDownCounter: createNoopMetric,
  createHistogram: createNoopMetric,
  createGauge: createNoopMetric,
  withAdditionalAttributes: () => noopMetricMeter,
};

function createNoopMetric(name: string, options?: MetricOptions): NoopMetric {
  const metric: NoopMetric = {
    name,
    description: options?.description,
    unit: options?.unit,
    add: drop,
    record: drop,
    set: drop,
    withAdditionalAttributes: () => metric,
  };
  return metric;
}

function drop(): void {}
