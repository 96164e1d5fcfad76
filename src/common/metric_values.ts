/**
 * The checks that meters make of the values they are given.
 *
 * @module
 */
import { ValueError } from "./errors.ts";
import type { MetricAttributes } from "./meter.ts";

/** Throws a ValueError for a number that is negative, or none at all. */
export function checkValue(metric: string, value: number): void {
  if (!(value >= 0)) throw new ValueError(`metric ${metric}: ${value} is not a value; record a number of 0 or more`);
}

/** Throws a ValueError for an attribute that is neither text, number nor boolean. */
export function checkAttributes(metric: string, attributes: MetricAttributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (!["string", "number", "boolean"].includes(typeof value)) {
      throw new ValueError(`metric ${metric}: attribute ${name} is ${typeof value}; use a string, number or boolean`);
    }
  }
}
