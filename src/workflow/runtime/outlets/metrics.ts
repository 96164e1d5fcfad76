/**
 * Metrics of a run. What is wrong with a value is told in replay as well; what becomes of it is none of the run's business.
 *
 * @module
 */
import { type Duration, toMilliseconds } from "../../../common/duration.ts";
import type { MetricAttributes, MetricMeter } from "../../../common/meter.ts";
import { checkAttributes, checkValue } from "../../../common/metric_values.ts";
import type { MetricDescriptor } from "../../bridge.ts";
import type { RunState } from "../state.ts";
import type { RunLog } from "./log.ts";

type Record = (value: Duration, attributes: MetricAttributes) => void;

/** The metrics of a run. */
export class RunMetrics {
  readonly #state: RunState;
  readonly #meter: MetricMeter;
  readonly #log: RunLog;
  #tagged: MetricMeter | undefined;
  #made: WeakMap<MetricDescriptor, Record> | undefined;

  /** Records with `meter`. */
  constructor(state: RunState, meter: MetricMeter, log: RunLog) {
    this.#state = state;
    this.#meter = meter;
    this.#log = log;
  }

  /** Records a value, unless that was done before. Throws ValueError for what is no value of such a metric. */
  record(metric: MetricDescriptor, value: Duration, attributes: MetricAttributes): void {
    this.#state.assertRunning(`metric ${metric.name}`);
    checkValue(metric.name, readNumber(metric, value));
    checkAttributes(metric.name, attributes);
    if (this.#state.activation.isReplaying) return;
    try {
      this.#find(metric)(typeof value === "object" ? { ...value } : value, { ...attributes });
    } catch (error) {
      this.#log.write("warn", `the meter did not take a value of metric ${metric.name}`, { error });
    }
  }

  #find(metric: MetricDescriptor): Record {
    this.#made ??= new WeakMap();
    const known = this.#made.get(metric);
    if (known) return known;
    const record = makers[metric.kind](this.#open(), metric);
    this.#made.set(metric, record);
    return record;
  }

  #open(): MetricMeter {
    const { namespace, taskQueue, workflowType } = this.#state.start!;
    const tags = { namespace, task_queue: taskQueue, workflow_type: workflowType };
    return this.#tagged ??= this.#meter.withAdditionalAttributes(tags);
  }
}

const makers: { [K in MetricDescriptor["kind"]]: (meter: MetricMeter, metric: MetricDescriptor) => Record } = {
  counter: (meter, { name, ...options }) => {
    const metric = meter.createCounter(name, readOptions(options));
    return (value, attributes) => metric.add(value as number, attributes);
  },
  upDownCounter: (meter, { name, ...options }) => {
    const metric = meter.createUpDownCounter(name, readOptions(options));
    return (value, attributes) => metric.add(value as number, attributes);
  },
  histogram: (meter, { name, valueType, ...options }) => {
    const metric = meter.createHistogram(name, { ...readOptions(options), valueType });
    return (value, attributes) => metric.record(value, attributes);
  },
  gauge: (meter, { name, valueType, ...options }) => {
    const metric = meter.createGauge(name, {
      ...readOptions(options),
      valueType: valueType === "duration" ? undefined : valueType,
    });
    return (value, attributes) => metric.set(value as number, attributes);
  },
};

/** The size of a value; only histograms take durations, only an up-down counter goes below 0. */
function readNumber({ kind, name }: MetricDescriptor, value: Duration): number {
  if (kind === "histogram" && typeof value !== "number") return toMilliseconds(value, `a value of metric ${name}`);
  const number = typeof value === "number" ? value : NaN;
  return kind === "upDownCounter" ? Math.abs(number) : number;
}

function readOptions({ description, unit }: Pick<MetricDescriptor, "description" | "unit">): {
  description?: string;
  unit?: string;
} {
  return { description, unit };
}
