/**
 * Values that JSON does not have, written and read by converters of the user.
 *
 * @module
 */
import type { TypeHint } from "../common/definition.ts";

/** Takes part in JSON: asked at every value, also inside lists, maps and objects. */
export interface JSONTypeConverter {
  /** What JSON is to hold instead of `value`, or `JSONTypeConverter.unhandled`. */
  toJSONValue?(value: unknown): unknown;
  /**
   * What `value` of a JSON text stands for, or `JSONTypeConverter.unhandled`. What is inside of it has been converted
   * before; the outermost value has the type hint.
   */
  toTypedValue?(value: unknown, typeHint?: TypeHint): unknown;
}

const unhandled: unique symbol = Symbol.for("@anywhen/temporal/unhandled") as never;

/**
 * `unhandled` is what a type converter returns to pass.
 *
 * ```ts
 * import { JSONTypeConverter } from "@anywhen/temporal/converter";
 *
 * export const dates: JSONTypeConverter = {
 *   toJSONValue: (value) => value instanceof Date ? { $date: value.getTime() } : JSONTypeConverter.unhandled,
 *   toTypedValue: (value) =>
 *     typeof value === "object" && value && "$date" in value
 *       ? new Date(value.$date as number)
 *       : JSONTypeConverter.unhandled,
 * };
 * ```
 */
export const JSONTypeConverter: { readonly unhandled: typeof unhandled } = { unhandled };

/** A copy of a value as JSON will hold it: converters are asked before `toJSON`, and for what they made only inside. */
export function toJSONValue(value: unknown, converters: readonly JSONTypeConverter[]): unknown {
  const around = new Set<unknown>();
  function write(value: unknown, key: string): unknown {
    // By the original: what a converter makes of it is new each time.
    if (around.has(value)) return makeCycle();
    const plain = askToWrite(value, converters, key);
    if (typeof plain !== "object" || plain === null || isBoxed(plain)) return plain;
    around.add(value);
    const copy = Array.isArray(plain)
      ? plain.map((item, index) => write(item, String(index)))
      : mapEntries(plain, write);
    around.delete(value);
    return copy;
  }
  return write(value, "");
}

/** What a parsed JSON text stands for: converters see each value after what is inside of it. */
export function toTypedValue(value: unknown, converters: readonly JSONTypeConverter[], typeHint?: TypeHint): unknown {
  let inside = value;
  if (Array.isArray(value)) inside = value.map((item) => toTypedValue(item, converters));
  else if (isRecord(value)) inside = mapEntries(value, (item) => toTypedValue(item, converters));
  for (const converter of converters) {
    const converted = converter.toTypedValue ? converter.toTypedValue(inside, typeHint) : unhandled;
    if (converted !== unhandled) return converted;
  }
  return inside;
}

function askToWrite(value: unknown, converters: readonly JSONTypeConverter[], key: string): unknown {
  for (const converter of converters) {
    const converted = converter.toJSONValue ? converter.toJSONValue(value) : unhandled;
    if (converted !== unhandled) return converted;
  }
  const own = value as { toJSON?: unknown } | null | undefined;
  return typeof own === "object" && typeof own?.toJSON === "function" ? own.toJSON(key) : value;
}

function mapEntries(value: object, map: (item: unknown, name: string) => unknown): object {
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, map(item, name)]));
}

/** What JSON itself gives for an object, of whatever realm; a `parse` of the user may give others. */
function isRecord(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Stands for a cycle: what writes JSON refuses it. */
function makeCycle(): object {
  const cycle: { around?: object } = {};
  return cycle.around = cycle;
}

/** JSON writes these as the primitive values inside. */
function isBoxed(value: object): boolean {
  return /^\[object (?:Number|String|Boolean|BigInt)\]$/.test(Object.prototype.toString.call(value));
}
