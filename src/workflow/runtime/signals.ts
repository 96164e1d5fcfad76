/**
 * Signals: given to their handlers, kept while there is none.
 *
 * @module
 */
import type { Job } from "../activation.ts";
import type { HandlerEntry, LogBridge } from "../bridge.ts";
import type { Ending } from "./ending.ts";
import type { Handlers } from "./handlers.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import { isFailure } from "./ending.ts";

type SignalJob = Extract<Job, { kind: "signalWorkflow" }>;

/** The signals of a run. */
export class Signals {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #handlers: Handlers;
  readonly #ending: Ending;
  readonly #log: LogBridge;
  readonly #waiting: SignalJob[] = [];

  /** No signals yet. */
  constructor(state: RunState, scopes: Scopes, handlers: Handlers, ending: Ending, log: LogBridge) {
    this.#state = state;
    this.#scopes = scopes;
    this.#handlers = handlers;
    this.#ending = ending;
    this.#log = log;
    handlers.onSet("signal", () => this.#deliver());
  }

  /** Takes in a signal. */
  receive(job: SignalJob): void {
    this.#waiting.push(job);
    this.#deliver();
  }

  /** Gives signals to their handlers in order of arrival; handlers set meanwhile take part. */
  #deliver(): void {
    for (;;) {
      const index = this.#waiting.findIndex(({ name }) => this.#handlers.find("signal", name));
      if (index < 0) return;
      const [job] = this.#waiting.splice(index, 1);
      const found = this.#handlers.find("signal", job.name)!;
      this.#handle(job, found.entry, found.isDynamic);
    }
  }

  #handle(job: SignalJob, entry: HandlerEntry, isDynamic: boolean): void {
    const { realm } = this.#state;
    const args = this.#decode(job, entry, isDynamic);
    if (!args) return;
    const finished = this.#handlers.track({ kind: "signal", name: job.name, entry });
    const done = () => finished();
    const failed = (error: unknown) => {
      finished();
      this.#ending.fail(error);
    };
    this.#scopes.run(() => realm.perform({ fn: entry.fn, self: entry.self, args }, done, failed));
  }

  /** A signal that cannot be read is dropped: to fail would only fail again. */
  #decode(job: SignalJob, entry: HandlerEntry, isDynamic: boolean): unknown[] | undefined {
    const { realm } = this.#state;
    try {
      return isDynamic ? [job.name, realm.decodeRaw(job.args)] : realm.decode(job.args, entry.args);
    } catch (error) {
      const kind = isFailure(error) ? "it does not fit its schema" : "its arguments cannot be decoded";
      this.#log.write("error", `signal ${job.name} dropped: ${kind}`, { error });
      return undefined;
    }
  }
}
