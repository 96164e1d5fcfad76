/**
 * Durable timers: those of `sleep`, of time-outs, and those that `setTimeout` makes.
 *
 * @module
 */
import type { Payload } from "../../../common/payload.ts";
import type { CommandList } from "../commands.ts";
import type { RunState } from "../state.ts";
import { Caller } from "./caller.ts";
import { Pending } from "./pending.ts";
import type { Scopes } from "./scopes.ts";
import type { Cancel, Settler } from "./settler.ts";

/** The timers of a run. */
export class Timers {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  /** What each does when it fires. */
  readonly #pending: Pending<() => void> = new Pending();

  /** No timers yet. */
  constructor(state: RunState, commands: CommandList, scopes: Scopes) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
  }

  /** Starts a timer that the caller waits for, the running code by default. The duration is in milliseconds. */
  sleep(
    duration: number,
    summary: Payload | undefined,
    settler: Settler<void>,
    caller: Caller = new Caller(this.#scopes.context),
  ): Cancel | undefined {
    if (caller.isCancelledBefore(this.#state, settler)) {
      this.skip();
      return undefined;
    }
    const seq = this.#start(duration, summary, () => {
      caller.leave();
      settler.resolve();
    });
    const cancel = (error: Error) => {
      if (!this.#stop(seq)) return;
      caller.leave();
      settler.reject(error);
    };
    caller.join(cancel);
    return cancel;
  }

  /** Takes up the number of a timer that is cancelled before its start. */
  skip(): void {
    this.#pending.skip();
  }

  /** Starts a timer of some milliseconds that calls back and belongs to no scope; returns its id. */
  schedule(duration: number, callback: () => void, summary?: Payload): number {
    this.#state.assertWritable("setTimeout");
    const { context } = this.#scopes;
    return this.#start(duration, summary, () => this.#scopes.run(callback, context));
  }

  /** Cancels a timer made by {@link schedule}. */
  clear(id: number): void {
    if (this.#pending.get(id) === undefined) return;
    this.#state.assertWritable("clearTimeout");
    this.#stop(id);
  }

  /** Takes in that a timer fired; one that was cancelled meanwhile is no longer of interest. */
  fire(seq: number): void {
    this.#pending.take(seq)?.();
  }

  #start(duration: number, summary: Payload | undefined, fire: () => void): number {
    const seq = this.#pending.add(fire);
    this.#commands.push({
      kind: "startTimer",
      seq,
      duration: Math.max(1, duration),
      ...(summary && { metadata: { summary } }),
    });
    return seq;
  }

  #stop(seq: number): boolean {
    if (this.#pending.take(seq) === undefined) return false;
    this.#commands.push({ kind: "cancelTimer", seq });
    return true;
  }
}
