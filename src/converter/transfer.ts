/**
 * Classes that decide what is sent for their objects, whatever converter writes it.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- classes with any constructor
import type { TypeHint } from "../common/definition.ts";
import { ValueError } from "../common/temporal_error.ts";

/** Converts between objects of a class and what is sent for them, which the payload converter must be able to encode. */
export interface TransferTypeConverter<V, T> {
  toTransferType(value: V): T;
  fromTransferType(value: T): V;
}

const key: unique symbol = Symbol.for("@anywhen/temporal/TransferTypeConverter") as never;

/**
 * Gives a class its transfer type: as a decorator, or called with the class. What has {@link transferTypeHint} of the
 * class as type hint is read as its object again. Throws ValueError for a class that has one already.
 *
 * ```ts
 * import { transferTypeConvertible } from "@anywhen/temporal/converter";
 *
 * export class Money {
 *   cents: bigint;
 *   constructor(cents: bigint) {
 *     this.cents = cents;
 *   }
 * }
 * transferTypeConvertible<Money, string>({
 *   toTransferType: ({ cents }) => String(cents),
 *   fromTransferType: (cents) => new Money(BigInt(cents)),
 * })(Money);
 * ```
 *
 * @experimental
 */
export function transferTypeConvertible<V, T>(
  converter: TransferTypeConverter<V, T>,
): (type: new (...args: any[]) => V, context?: ClassDecoratorContext) => void {
  return (type) => {
    if (Object.hasOwn(type.prototype as object, key)) {
      throw new ValueError(`class ${type.name} has a transfer type already; keep one`);
    }
    Object.defineProperty(type.prototype, key, { value: converter });
  };
}

/**
 * The type hint that reads objects of a class from their transfer type. Throws ValueError for a class without one.
 *
 * @experimental
 */
export function transferTypeHint<V>(type: new (...args: any[]) => V): TypeHint<V> {
  const converter = findTransferTypeConverter(type.prototype) as TransferTypeConverter<V, unknown> | undefined;
  if (!converter) {
    throw new ValueError(`class ${type.name} has no transfer type; give it one with transferTypeConvertible`);
  }
  return {
    "~standard": {
      version: 1,
      vendor: "anywhen",
      validate: (value) => ({ value: value instanceof type ? value : converter.fromTransferType(value) }),
    },
  };
}

/** The converter of an object's class, of whatever realm. */
export function findTransferTypeConverter(value: unknown): TransferTypeConverter<unknown, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [key]?: TransferTypeConverter<unknown, unknown> })[key];
}
