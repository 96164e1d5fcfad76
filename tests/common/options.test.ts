import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "../../src/common/errors.ts";
import {
  fromCanonicalString,
  type RetryPolicy,
  toCanonicalString,
  validateRetryPolicy,
} from "../../src/common/options.ts";

describe("validateRetryPolicy", () => {
  const accepted: RetryPolicy[] = [
    {},
    { initialInterval: "1s", maximumInterval: "1s", backoffCoefficient: 1, maximumAttempts: 0 },
    { initialInterval: 0 },
    { nonRetryableErrorTypes: ["X"] },
    { maximumAttempts: 1, backoffCoefficient: 0, initialInterval: -5 },
  ];
  for (const policy of accepted) {
    test(`accepts ${JSON.stringify(policy)}`, () => validateRetryPolicy(policy));
  }

  const refused: [RetryPolicy, RegExp][] = [
    [{ backoffCoefficient: 0.5 }, /^retryPolicy.backoffCoefficient is 0.5; give 1 or more$/],
    [{ backoffCoefficient: NaN }, /backoffCoefficient is NaN/],
    [{ initialInterval: -1 }, /^retryPolicy.initialInterval is negative/],
    [{ initialInterval: "2s", maximumInterval: "1s" }, /maximumInterval \(1000 ms\) is under .* \(2000 ms\)/],
    [{ maximumInterval: 500 }, /maximumInterval \(500 ms\) is under its initialInterval \(1000 ms\)/],
    [{ maximumAttempts: -1 }, /maximumAttempts is -1; give a whole number/],
    [{ maximumAttempts: 1.5 }, /maximumAttempts is 1.5/],
  ];
  for (const [policy, message] of refused) {
    test(`refuses ${JSON.stringify(policy)}`, () => {
      assert.throws(
        () => validateRetryPolicy(policy),
        (error) => error instanceof ValueError && message.test(error.message),
      );
    });
  }

  test("names the policy as it is told to", () => {
    assert.throws(() => validateRetryPolicy({ maximumAttempts: -1 }, "options.retry"), /^ValueError: options.retry\./);
  });
});

describe("canonical strings", () => {
  test("keep dots in the build id", () => {
    const version = { deploymentName: "shop", buildId: "1.0.2" };
    assert.equal(toCanonicalString(version), "shop.1.0.2");
    assert.deepEqual(fromCanonicalString("shop.1.0.2"), version);
  });

  test("refuse what cannot be read back", () => {
    assert.throws(() => toCanonicalString({ deploymentName: "a.b", buildId: "1" }), /ValueError: .*"a\.b"/);
    assert.throws(() => fromCanonicalString("shop"), /ValueError: "shop" is not a deployment version/);
  });
});
