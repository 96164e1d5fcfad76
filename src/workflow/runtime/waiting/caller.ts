/**
 * The code that makes a call, as a member of its scope.
 *
 * @module
 */
import type { RunState } from "../state.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { Cancellable, Cancellation, Context, Scope } from "./scopes.ts";
import type { Cancel, Settler } from "./settler.ts";

/**
 * Who makes a call, and whether they wait for what comes of it: the result of a handle may be asked for later, or never.
 * A call that nobody waits for is cancelled with its scope and sees no cancellation: that is for the next wait to see.
 */
export class Caller implements Cancellable {
  readonly #scope: Scope;
  /** Whether only handlers wait. */
  #isHandler: boolean;
  /** Whether somebody waits for the call. */
  isWaiting: boolean;
  #isCancelled = false;
  #cancel: Cancel = () => {};

  /** The code of `context`; it waits unless `isWaiting` is false. */
  constructor({ scope, isHandler = false }: Context, isWaiting: boolean = true) {
    this.#scope = scope;
    this.#isHandler = isHandler;
    this.isWaiting = isWaiting;
  }

  /** Whether the caller was cancelled before the call: `settler` hears of it some promise jobs later. */
  isCancelledBefore(
    state: RunState,
    settler: Pick<Settler<never>, "reject">,
    jobs: keyof typeof promiseJobs = "cancelledBefore",
  ): boolean {
    const cancellation = this.#findUndelivered();
    if (!cancellation) return false;
    this.#isCancelled = true;
    if (this.isWaiting) deliver(cancellation);
    afterJobs(state, promiseJobs[jobs], () => settler.reject(cancellation.error));
    return true;
  }

  /** The call is made: from here on the scope may cancel it, once. */
  join(cancel: Cancel): void {
    this.#cancel = cancel;
    this.#scope.add(this);
  }

  /** The call is over. */
  leave(): void {
    this.#scope.delete(this);
  }

  /** The code of `context` waits from now on: where the call was cancelled meanwhile, its result tells of that. */
  wait({ isHandler = false }: Context): void {
    this.#isHandler = isHandler && (this.#isHandler || !this.isWaiting);
    this.isWaiting = true;
    const cancellation = this.#isCancelled ? this.#findUndelivered() : undefined;
    if (cancellation) deliver(cancellation);
  }

  cancel(cancellation: Cancellation, depth: number): void {
    afterTurns(depth + 1, () => {
      if (!this.#scope.delete(this)) return;
      this.#scope.leave();
      this.#isCancelled = true;
      if (this.isWaiting && this.#sees(cancellation)) deliver(cancellation);
      this.#cancel(cancellation.error);
    });
  }

  #findUndelivered(): Cancellation | undefined {
    const cancellation = this.#scope.findUndelivered();
    return cancellation && this.#sees(cancellation) ? cancellation : undefined;
  }

  /** That the workflow was cancelled is for its main function to see. */
  #sees({ ofWorkflow }: Cancellation): boolean {
    return !(this.#isHandler && ofWorkflow);
  }
}

/** What is made before anybody can have caught the error is cancelled too, all parts of a `Promise.all` for example. */
function deliver(cancellation: Cancellation): void {
  queueMicrotask(() => {
    cancellation.isDelivered = true;
  });
}

function afterTurns(turns: number, work: () => void): void {
  queueMicrotask(() => turns > 1 ? afterTurns(turns - 1, work) : work());
}
