import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "../../src/common/errors.ts";
import { RawValue } from "../../src/common/payload.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { makePayload, type PayloadConverter } from "../../src/converter/payload.ts";
import { transferTypeConvertible, transferTypeHint } from "../../src/converter/transfer.ts";
import { basePayloadConverter } from "../support/payload_converter.ts";

class Money {
  cents: bigint;
  constructor(cents: bigint) {
    this.cents = cents;
  }
}

transferTypeConvertible<Money, string>({
  toTransferType: ({ cents }) => String(cents),
  fromTransferType: (cents) => new Money(BigInt(cents)),
})(Money);

class Euros extends Money {}

describe("transfer types", () => {
  test("DATA-09 wrap the converter that is configured", async () => {
    const seen: unknown[] = [];
    const payloadConverter: PayloadConverter = {
      toPayload: (value) => (seen.push(value), basePayloadConverter.toPayload(value)),
      fromPayload: (payload, hint) => basePayloadConverter.fromPayload(payload, hint),
    };
    const converter = new DataConverter({ payloadConverter });
    const payloads = await converter.encode([new Money(5n), new Euros(6n), "plain"]);
    assert.deepEqual(seen, ["5", "6", "plain"]);
    const [money, text] = await converter.decode(payloads, { typeHints: [transferTypeHint(Money)] });
    assert.ok(money instanceof Money);
    assert.equal(money.cents, 5n);
    assert.equal(text, "6");
  });

  test("DATA-09 are given once", () => {
    const again = transferTypeConvertible<Money, string>({ toTransferType: String, fromTransferType: () => null! });
    assert.throws(
      () => again(Money),
      (error) => error instanceof ValueError && /Money has a transfer type/.test(error.message),
    );
    again(Euros);
  });

  test("may be raw values", async () => {
    class Raw {}
    const payload = makePayload("x/y", new Uint8Array([1]));
    transferTypeConvertible<Raw, RawValue>({
      toTransferType: () => new RawValue(payload),
      fromTransferType: () => new Raw(),
    })(Raw);
    assert.deepEqual(await DataConverter.default.encode([new Raw()]), [payload]);
  });

  test("have no hint before they are given", () => {
    assert.throws(() => transferTypeHint(class Plain {}), /ValueError: class Plain has no transfer type/);
  });
});
