import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MeterProvider } from "@opentelemetry/api";
import { ValueError } from "../../src/common/errors.ts";
import type { MetricMeter } from "../../src/common/meter.ts";
import { createMetricBuffer, createOpenTelemetryMeter } from "../../src/opentelemetry/mod.ts";

type Recorded = [kind: string, name: string, value: number, attributes: object | undefined];

/** A meter provider that writes down what reaches it. */
function recordingProvider(recorded: Recorded[]): MeterProvider {
  const instrument = (kind: string) => (name: string) => {
    const write = (value: number, attributes?: object) => void recorded.push([kind, name, value, attributes]);
    return { add: write, record: write };
  };
  const meter = {
    createCounter: instrument("counter"),
    createUpDownCounter: instrument("upDownCounter"),
    createHistogram: instrument("histogram"),
    createGauge: instrument("gauge"),
  };
  return { getMeter: () => meter } as unknown as MeterProvider;
}

function recordEverything(meter: MetricMeter): void {
  const tagged = meter.withAdditionalAttributes({ queue: "q" });
  tagged.createCounter("starts", { unit: "1" }).add(2, { type: "greet" });
  tagged.createUpDownCounter("open").add(-1);
  tagged.createHistogram("latency").record("1s");
  tagged.createGauge("slots").withAdditionalAttributes({ kind: "activity" }).set(5);
}

function refusesBadInput(meter: MetricMeter): void {
  assert.throws(() => meter.createCounter("c").add(-1), ValueError);
  assert.throws(() => meter.createHistogram("h").record(-1), ValueError);
  assert.throws(() => meter.createGauge("g").set(Number.NaN), ValueError);
  assert.throws(() => meter.createCounter("c").add(1, { bad: {} as string }), /metric c: attribute bad is object/);
}

describe("meters", () => {
  test("the OpenTelemetry meter hands every value on with all attributes", () => {
    const recorded: Recorded[] = [];
    recordEverything(createOpenTelemetryMeter(recordingProvider(recorded)));
    assert.deepEqual(recorded, [
      ["counter", "starts", 2, { queue: "q", type: "greet" }],
      ["upDownCounter", "open", -1, { queue: "q" }],
      ["histogram", "latency", 1000, { queue: "q" }],
      ["gauge", "slots", 5, { queue: "q", kind: "activity" }],
    ]);
  });

  test("the buffer keeps values in order until they are retrieved", () => {
    const buffer = createMetricBuffer(10, { durationFormat: "SECONDS" });
    recordEverything(buffer);
    const updates = buffer.retrieveUpdates().map(({ metric, value, attributes }) => [metric.kind, value, attributes]);
    assert.deepEqual(updates, [
      ["COUNTER", 2, { queue: "q", type: "greet" }],
      ["COUNTER", -1, { queue: "q" }],
      ["HISTOGRAM", 1, { queue: "q" }],
      ["GAUGE", 5, { queue: "q", kind: "activity" }],
    ]);
    assert.deepEqual(buffer.retrieveUpdates(), []);
  });

  test("a full buffer drops the newest values", () => {
    const buffer = createMetricBuffer(1);
    const counter = buffer.createCounter("c");
    counter.add(1);
    counter.add(2);
    assert.deepEqual(buffer.retrieveUpdates().map(({ value }) => value), [1]);
    counter.add(3);
    assert.deepEqual(buffer.retrieveUpdates().map(({ value }) => value), [3]);
  });

  test("both refuse negative values and attributes of another type", () => {
    refusesBadInput(createOpenTelemetryMeter(recordingProvider([])));
    refusesBadInput(createMetricBuffer(10));
    assert.throws(() => createMetricBuffer(0), /bufferSize is 0/);
  });
});
