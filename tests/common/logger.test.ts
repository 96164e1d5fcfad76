import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLogger, type LogFormat, type LogLevel } from "../../src/common/console_logger.ts";
import { ValueError } from "../../src/common/errors.ts";
import { noopMetricMeter } from "../../src/common/meter.ts";

function log(format: LogFormat, message: string, attributes?: Record<string, unknown>): string {
  const lines: string[] = [];
  createLogger({ format, write: (line) => lines.push(line) }).warn(message, attributes);
  assert.equal(lines.length, 1);
  return lines[0];
}

describe("createLogger", () => {
  test("writes what is at or above its level", () => {
    const levels: LogLevel[] = ["DEBUG", "INFO", "WARN", "ERROR"];
    for (const [index, level] of [undefined, ...levels].entries()) {
      const lines: string[] = [];
      const logger = createLogger({ level, format: "COMPACT", write: (line) => lines.push(line) });
      for (const name of ["debug", "info", "warn", "error"] as const) logger[name](name);
      const expected = ["D debug", "I info", "W warn", "E error"].slice(level ? index - 1 : 1);
      assert.deepEqual(lines, expected);
    }
  });

  test("writes compact lines with attributes", () => {
    const attributes = { id: "w-1", text: "a b", count: 3, big: 5n, unset: undefined, list: [1, "x"] };
    assert.equal(
      log("COMPACT", "two\nlines", attributes),
      'W two\\nlines id=w-1 text="a b" count=3 big="5" list=[1,"x"]',
    );
  });

  test("writes pretty lines with time and level", () => {
    assert.match(log("PRETTY", "hello", { id: 1 }), /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN {2}hello id=1$/);
  });

  test("writes an error's stack below the line", () => {
    const error = new Error("boom");
    const [first, ...rest] = log("COMPACT", "failed", { error }).split("\n");
    assert.equal(first, "W failed error=Error: boom");
    assert.equal(rest.join("\n"), error.stack);
  });

  test("writes JSON", () => {
    const { timestamp, ...line } = JSON.parse(log("JSON", "a\nb", { big: 5n, error: new TypeError("boom") }));
    assert.match(timestamp, /^\d{4}-/);
    assert.equal(line.error.name, "TypeError");
    assert.match(line.error.stack, /logger\.test\.ts/);
    assert.deepEqual({ ...line, error: line.error.message }, {
      level: "WARN",
      message: "a\nb",
      big: "5",
      error: "boom",
    });
  });

  test("does not throw for values that JSON cannot hold", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    for (const format of ["COMPACT", "PRETTY", "JSON"] as const) assert.ok(log(format, "odd", { cycle }).length > 0);
    assert.match(log("JSON", "odd", { cycle }), /"message":"odd"/);
  });

  test("refuses an unknown level or format", () => {
    assert.throws(() => createLogger({ level: "TRACE" as never }), (error) => error instanceof ValueError);
    assert.throws(() => createLogger({ format: "toString" as never }), /format "toString" is unknown; choose COMPACT/);
  });
});

describe("noopMetricMeter", () => {
  test("makes metrics that drop everything", () => {
    const meter = noopMetricMeter.withAdditionalAttributes({ a: 1 });
    const counter = meter.createCounter("c", { unit: "ms" }).withAdditionalAttributes({ b: true });
    assert.deepEqual([counter.name, counter.unit, counter.description], ["c", "ms", undefined]);
    counter.add(1);
    meter.createHistogram("h", { valueType: "duration" }).record("1s");
    meter.createGauge("g").set(2);
    meter.createUpDownCounter("u").add(-1);
  });
});
