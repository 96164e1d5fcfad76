/**
 * What workflows reach outside of their realms, always on the worker's own thread.
 *
 * @module
 */
import type { Logger } from "../common/logger.ts";
import type { MetricMeter } from "../common/meter.ts";
import type { SinkCall } from "../workflow/runtime/outlets/sinks.ts";
import type { DecidePatch } from "../workflow/runtime/facts/patches.ts";

/** What the worker offers to its workflows. */
export interface Outlets {
  /** Takes what workflows log. */
  logger: Logger;
  /** Takes what workflows measure; drops it when unset. */
  meter?: MetricMeter;
  sinks?: SinkOutlet;
  /** Calls a function of the worker; its result goes back to the workflow, as does what it throws. */
  callExtern?: (name: string, args: readonly unknown[]) => unknown;
  /** Decides whether a patch goes live; all do when unset. */
  decidePatch?: DecidePatch;
}

/** The sinks of a worker. */
export interface SinkOutlet {
  /** The functions, as `sink.function`, and whether they are called in replay too. */
  readonly functions: ReadonlyMap<string, boolean>;
  /** Takes the calls of an activation; never throws. */
  take(calls: readonly SinkCall[]): void;
}
