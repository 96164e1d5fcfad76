/**
 * Metrics of a workflow thread, recorded by its worker.
 *
 * @module
 */
import type { Duration } from "../../common/duration.ts";
import type { MetricAttributes, MetricMeter, MetricOptions } from "../../common/meter.ts";
import type { MetricDescriptor } from "../../workflow/bridge.ts";
import type { MetricValue } from "./messages.ts";

/** Keeps values until they are passed on. */
export class MetricBuffer {
  #values: MetricValue[] = [];
  /** Takes the values. */
  readonly meter: MetricMeter = this.#makeMeter({});

  /** Hands over the values since the last time. */
  take(): MetricValue[] {
    const values = this.#values;
    this.#values = [];
    return values;
  }

  #makeMeter(fixed: MetricAttributes): MetricMeter {
    const make =
      (kind: MetricDescriptor["kind"]) =>
      (name: string, options?: MetricOptions & Pick<MetricDescriptor, "valueType">) =>
        this.#makeMetric({ ...options, kind, name }, fixed);
    return {
      createCounter: make("counter"),
      createUpDownCounter: make("upDownCounter"),
      createHistogram: make("histogram"),
      createGauge: make("gauge"),
      withAdditionalAttributes: (attributes: MetricAttributes) => this.#makeMeter({ ...fixed, ...attributes }),
    } as MetricMeter;
  }

  #makeMetric(metric: MetricDescriptor, fixed: MetricAttributes): object {
    const write = (value: Duration, attributes?: MetricAttributes) => {
      this.#values.push({ metric, value, attributes: { ...fixed, ...attributes } });
    };
    return {
      ...metric,
      add: write,
      record: write,
      set: write,
      withAdditionalAttributes: (attributes: MetricAttributes) => this.#makeMetric(metric, { ...fixed, ...attributes }),
    };
  }
}

type Write = (value: Duration, attributes: MetricAttributes) => void;

/** Records values of threads with the meter of the worker. */
export class MetricRecorder {
  readonly #meter: MetricMeter;
  readonly #made: Map<string, Write> = new Map();

  /** Records with `meter`. */
  constructor(meter: MetricMeter) {
    this.#meter = meter;
  }

  /** Records a value; throws what the meter throws. */
  record({ metric, value, attributes }: MetricValue): void {
    const key = JSON.stringify(metric);
    const write = this.#made.get(key) ?? makers[metric.kind](this.#meter, metric);
    this.#made.set(key, write);
    write(value as Duration, attributes);
  }
}

const makers: { [K in MetricDescriptor["kind"]]: (meter: MetricMeter, metric: MetricDescriptor) => Write } = {
  counter: (meter, { name, kind: _, valueType: _type, ...options }) => {
    const metric = meter.createCounter(name, options);
    return (value, attributes) => metric.add(value as number, attributes);
  },
  upDownCounter: (meter, { name, kind: _, valueType: _type, ...options }) => {
    const metric = meter.createUpDownCounter(name, options);
    return (value, attributes) => metric.add(value as number, attributes);
  },
  histogram: (meter, { name, kind: _, ...options }) => {
    const metric = meter.createHistogram(name, options);
    return (value, attributes) => metric.record(value, attributes);
  },
  gauge: (meter, { name, kind: _, valueType, ...options }) => {
    const metric = meter.createGauge(name, { ...options, valueType: valueType === "duration" ? undefined : valueType });
    return (value, attributes) => metric.set(value as number, attributes);
  },
};
