/**
 * The meter of workflow code.
 *
 * @module
 */
import type { Duration } from "../common/duration.ts";
import type {
  MetricAttributes,
  MetricCounter,
  MetricGauge,
  MetricHistogram,
  MetricMeter,
  MetricOptions,
} from "../common/meter.ts";
import type { MetricDescriptor } from "./bridge.ts";
import { callRun } from "./current.ts";

type Metric = MetricCounter & MetricHistogram & MetricGauge;

/**
 * The meter of the worker, tagged with namespace, task queue and workflow type; records nothing in replay and in queries.
 *
 * ```ts
 * const orders = workflow.metricMeter().createCounter("orders");
 * orders.add(1, { region: "eu" });
 * ```
 */
export function metricMeter(): MetricMeter {
  return makeMeter({});
}

function makeMeter(fixed: MetricAttributes): MetricMeter {
  const make =
    (kind: MetricDescriptor["kind"]) => (name: string, options?: MetricOptions & Pick<MetricDescriptor, "valueType">) =>
      makeMetric({ ...options, kind, name }, fixed);
  return {
    createCounter: make("counter"),
    createUpDownCounter: make("upDownCounter"),
    createHistogram: make("histogram"),
    createGauge: make("gauge"),
    withAdditionalAttributes: (attributes) => makeMeter({ ...fixed, ...attributes }),
  } as MetricMeter;
}

function makeMetric(metric: MetricDescriptor, fixed: MetricAttributes): Metric {
  const write = (value: Duration, attributes?: MetricAttributes) => {
    callRun("recordMetric", metric, value, { ...fixed, ...attributes });
  };
  return {
    name: metric.name,
    description: metric.description,
    unit: metric.unit,
    add: write,
    record: write,
    set: write,
    withAdditionalAttributes: (attributes) => makeMetric(metric, { ...fixed, ...attributes }),
  };
}
