/**
 * Calls of sinks: they leave the run when its activation is over, and nobody hears what becomes of them.
 *
 * @module
 */
import type { Activation, Initialize } from "../../activation.ts";
import type { RunState } from "../state.ts";
import type { RunLog } from "./log.ts";

/** A call of a sink; plain data. `makeInfo` makes the workflow's info of it. */
export interface SinkCall {
  readonly sink: string;
  readonly fn: string;
  readonly args: readonly unknown[];
  readonly start: Initialize;
  /** Time of the run's first task, in milliseconds. */
  readonly startTime: number;
  readonly activation: Omit<Activation, "jobs">;
}

/** The functions of sinks, as `sink.function`, and whether they are called in replay too. */
export type SinkFunctions = ReadonlyMap<string, boolean>;

/** The sink calls of a run. */
export class Sinks {
  readonly #state: RunState;
  readonly #log: RunLog;
  readonly #functions: SinkFunctions;
  #calls: SinkCall[] | undefined;

  /** Calls the functions given, others are reported to the log. */
  constructor(state: RunState, log: RunLog, functions: SinkFunctions = new Map()) {
    this.#state = state;
    this.#log = log;
    this.#functions = functions;
  }

  /** Keeps a call for the end of the activation, with copies of its arguments. */
  call(sink: string, fn: string, args: readonly unknown[]): void {
    const name = `${sink}.${fn}`;
    this.#state.assertRunning(`sink ${name}`);
    const inReplay = this.#functions.get(name);
    if (inReplay === undefined) {
      this.#log.write(
        "error",
        `sink ${name} is not registered; add it to the option \`sinks\` of the worker`,
        undefined,
      );
      return;
    }
    const { start, startTime, activation, readOnly } = this.#state;
    // Queries count as replay for the engine, but nobody has called from them before.
    if (activation.isReplaying && readOnly === undefined && !inReplay) return;
    try {
      this.#calls ??= [];
      this.#calls.push({ sink, fn, args: structuredClone(args), start: start!, startTime, activation });
    } catch (error) {
      const message = (error as Error).message.replace(/\s+/g, " ");
      this.#log.write("error", `sink ${name} was not called: ${message}; give it data that can be copied`, undefined);
    }
  }

  /** Hands over the calls since the last time. */
  take(): readonly SinkCall[] {
    const calls = this.#calls ?? [];
    this.#calls = undefined;
    return calls;
  }
}
