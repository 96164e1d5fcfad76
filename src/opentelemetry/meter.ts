/**
 * A metric meter over OpenTelemetry.
 *
 * @module
 */
import { type Meter, type MeterProvider, metrics } from "@opentelemetry/api";
import { type Duration, toMilliseconds } from "../common/duration.ts";
import type {
  MetricAttributes,
  MetricCounter,
  MetricGauge,
  MetricHistogram,
  MetricMeter,
  MetricOptions,
} from "../common/meter.ts";
import { checkAttributes, checkValue } from "../common/metric_values.ts";
import { version } from "../common/version.ts";

/**
 * A meter that hands every value to an OpenTelemetry meter provider, the global one by default.
 *
 * Durations are recorded in milliseconds. Use your own SDK's exporters and views.
 */
export function createOpenTelemetryMeter(provider: MeterProvider = metrics.getMeterProvider()): MetricMeter {
  return wrapMeter(provider.getMeter("@anywhen/temporal", version), {});
}

function wrapMeter(meter: Meter, fixed: MetricAttributes): MetricMeter {
  return {
    createCounter: (name, options) => wrapCounter(name, options, fixed, meter.createCounter(name, options), true),
    createUpDownCounter: (name, options) =>
      wrapCounter(name, options, fixed, meter.createUpDownCounter(name, options), false),
    createHistogram: (name, options) =>
      wrapHistogram(name, options, fixed, meter.createHistogram(name, describe(options))),
    createGauge: (name, options) => wrapGauge(name, options, fixed, meter.createGauge(name, describe(options))),
    withAdditionalAttributes: (attributes) => wrapMeter(meter, { ...fixed, ...attributes }),
  };
}

/** OpenTelemetry has a `valueType` of its own, with other values. */
function describe(options?: MetricOptions): MetricOptions {
  return { description: options?.description, unit: options?.unit };
}

function wrapCounter(
  name: string,
  options: MetricOptions | undefined,
  fixed: MetricAttributes,
  counter: { add(value: number, attributes: MetricAttributes): void },
  monotonic: boolean,
): MetricCounter {
  return {
    name,
    ...options,
    add(value, attributes = {}) {
      if (monotonic) checkValue(name, value);
      checkAttributes(name, attributes);
      counter.add(value, { ...fixed, ...attributes });
    },
    withAdditionalAttributes: (attributes) =>
      wrapCounter(name, options, { ...fixed, ...attributes }, counter, monotonic),
  };
}

function wrapHistogram(
  name: string,
  options: MetricOptions | undefined,
  fixed: MetricAttributes,
  histogram: { record(value: number, attributes: MetricAttributes): void },
): MetricHistogram {
  return {
    name,
    ...options,
    record(value: Duration, attributes = {}) {
      const recorded = typeof value === "number" ? value : toMilliseconds(value, `metric ${name}`);
      checkValue(name, recorded);
      checkAttributes(name, attributes);
      histogram.record(recorded, { ...fixed, ...attributes });
    },
    withAdditionalAttributes: (attributes) => wrapHistogram(name, options, { ...fixed, ...attributes }, histogram),
  };
}

function wrapGauge(
  name: string,
  options: MetricOptions | undefined,
  fixed: MetricAttributes,
  gauge: { record(value: number, attributes: MetricAttributes): void },
): MetricGauge {
  return {
    name,
    ...options,
    set(value, attributes = {}) {
      checkValue(name, value);
      checkAttributes(name, attributes);
      gauge.record(value, { ...fixed, ...attributes });
    },
    withAdditionalAttributes: (attributes) => wrapGauge(name, options, { ...fixed, ...attributes }, gauge),
  };
}
