/** `Math` with the run's random numbers. @module */
import type { KitHost } from "./host.ts";

/** The globals of this part. */
export function create(host: KitHost): { Math: Math } {
  Math.random = () => host.random();
  return { Math };
}
