/** `console` as the run's logger: silent in replay. @module */
import type { KitHost } from "./host.ts";

const levels = {
  log: "info",
  info: "info",
  dir: "info",
  table: "info",
  debug: "debug",
  trace: "debug",
  warn: "warn",
  error: "error",
} as const;

/** The globals of this part. */
export function create(host: KitHost): { console: unknown } {
  const own: Record<string, unknown> = {
    assert(condition: unknown, ...values: unknown[]): void {
      if (!condition) host.print("error", ["Assertion failed", ...values]);
    },
  };
  for (const name of Object.keys(levels) as (keyof typeof levels)[]) {
    own[name] = (...values: unknown[]) => host.print(levels[name], values);
  }
  const nothing = () => {};
  for (
    const name of ["group", "groupCollapsed", "groupEnd", "time", "timeEnd", "timeLog", "count", "countReset", "clear"]
  ) {
    own[name] = nothing;
  }
  return { console: own };
}
