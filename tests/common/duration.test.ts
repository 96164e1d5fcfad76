import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Duration, optionalMilliseconds, toMilliseconds } from "../../src/common/duration.ts";
import { ValueError } from "../../src/common/errors.ts";

const accepted: [Duration, number][] = [
  [0, 0],
  [500, 500],
  [0.5, 0.5],
  ["500ms", 500],
  ["10s", 10_000],
  ["10 s", 10_000],
  ["5 minutes", 300_000],
  ["1 minute", 60_000],
  ["1h 30m", 5_400_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  ["7 days", 604_800_000],
  ["1 week", 604_800_000],
  ["2 Hours", 7_200_000],
  ["1.1s", 1_100],
  ["0.3 s", 300],
  [" 3 sec ", 3_000],
  ["1 day 2 hrs 3 mins 4 secs 5 milliseconds", 93_784_005],
  [{ minutes: 5 }, 300_000],
  [{ days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 5 }, 93_784_005],
  [{ seconds: 1.1 }, 1_100],
  [{ hours: undefined, seconds: 2 }, 2_000],
];

const refused: [unknown, RegExp][] = [
  ["", /runTimeout is not a duration: "";/],
  ["10", /"10"/],
  ["ten seconds", /"ten seconds"/],
  ["10 fortnights", /"10 fortnights"/],
  ["10 mss", /"10 mss"/],
  ["s10", /"s10"/],
  ["-5s", /"-5s"/],
  ["1h, 30m", /"1h, 30m"/],
  ["1e3s", /"1e3s"/],
  ["5 constructor", /"5 constructor"/],
  [NaN, /not a duration: NaN/],
  [-1, /runTimeout is negative: -1;/],
  [{ seconds: -1 }, /negative: \{ seconds: -1 \}/],
  [Infinity, /too long: Infinity/],
  ["400000000000 s", /too long/],
  [{}, /not a duration: \{/],
  [{ minutes: undefined }, /not a duration: \{ minutes: undefined \}/],
  [{ minute: 5 }, /runTimeout has no part minute; the parts are days, hours, minutes, seconds, milliseconds/],
  [{ seconds: "5" }, /not a duration: \{ seconds: 5 \}/],
  [null, /not a duration: null/],
  [true, /not a duration: true/],
  [5n, /not a duration: 5/],
];

describe("toMilliseconds", () => {
  for (const [duration, expected] of accepted) {
    test(`reads ${JSON.stringify(duration)}`, () => assert.equal(toMilliseconds(duration, "runTimeout"), expected));
  }

  for (const [duration, message] of refused) {
    test(`refuses ${typeof duration === "bigint" ? "a bigint" : JSON.stringify(duration)}, ${message}`, () => {
      assert.throws(
        () => toMilliseconds(duration as Duration, "runTimeout"),
        (error) => error instanceof ValueError && message.test(error.message) && !error.message.includes("\n"),
      );
    });
  }

  test("agrees with itself on numbers, parts and every way to write them", () => {
    const random = makeRandom(7);
    const lengths = { days: 86_400_000, hours: 3_600_000, minutes: 60_000, seconds: 1_000, milliseconds: 1 };
    const spellings: Record<keyof typeof lengths, string[]> = {
      days: ["d", "day", "days"],
      hours: ["h", "hr", "hrs", "hour", "hours"],
      minutes: ["m", "min", "mins", "minute", "minutes"],
      seconds: ["s", "sec", "secs", "second", "seconds"],
      milliseconds: ["ms", "msec", "msecs", "millisecond", "milliseconds"],
    };
    for (let round = 0; round < 2_000; round++) {
      const parts: Record<string, number> = {};
      const words: string[] = [];
      let expected = 0;
      for (const name of Object.keys(lengths) as (keyof typeof lengths)[]) {
        if (random(2) === 0 && !(name === "milliseconds" && words.length === 0)) continue;
        const amount = random(100);
        parts[name] = amount;
        expected += amount * lengths[name];
        words.push(`${amount}${random(2) ? " " : ""}${spellings[name][random(spellings[name].length)]}`);
      }
      assert.equal(toMilliseconds(parts, "x"), expected);
      assert.equal(toMilliseconds(words.join(random(2) ? " " : ""), "x"), expected, words.join(" "));
      assert.equal(toMilliseconds(expected, "x"), expected);
    }
  });

  test("keeps fractions down to a nanosecond and no rounding errors", () => {
    for (let tenths = 0; tenths <= 1_000; tenths++) {
      assert.equal(toMilliseconds(`${tenths / 10}s`, "x"), tenths * 100);
    }
    assert.equal(toMilliseconds("0.0005ms", "x"), 0.0005);
  });
});

describe("optionalMilliseconds", () => {
  test("leaves unset what is unset", () => {
    assert.equal(optionalMilliseconds(undefined, "x"), undefined);
    assert.equal(optionalMilliseconds("1s", "x"), 1_000);
    assert.throws(() => optionalMilliseconds("x", "heartbeatTimeout"), /heartbeatTimeout/);
  });
});

/** A small linear congruential generator: the same numbers on every run. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
