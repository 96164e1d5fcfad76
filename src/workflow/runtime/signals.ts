/**
 * Signals: given to their handlers, kept while there is none.
 *
 * @module
 */
import { FailureError } from "../../common/errors.ts";
import type { Job } from "../activation.ts";
import type { HandlerEntry } from "../bridge.ts";
import type { Ending } from "./ending.ts";
import type { Handlers } from "./handlers.ts";
import type { RunLog } from "./log.ts";
import type { Calls } from "./calls.ts";
import type { Values } from "./values.ts";

type SignalJob = Extract<Job, { kind: "signalWorkflow" }>;

/** The signals of a run. */
export class Signals {
  readonly #calls: Calls;
  readonly #handlers: Handlers;
  readonly #values: Values;
  readonly #ending: Ending;
  readonly #log: RunLog;
  readonly #waiting: SignalJob[] = [];

  /** No signals yet. */
  constructor(calls: Calls, handlers: Handlers, values: Values, ending: Ending, log: RunLog) {
    this.#calls = calls;
    this.#handlers = handlers;
    this.#values = values;
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
    const args = this.#decode(job, entry, isDynamic);
    if (!args) return;
    const finished = this.#handlers.track({ kind: "signal", name: job.name, entry });
    const done = () => finished();
    const failed = (error: unknown) => {
      finished();
      this.#ending.fail(error);
    };
    this.#calls.perform(entry.fn, entry.self, args, done, failed, this.#calls.handlerContext());
  }

  /** A signal that cannot be read is dropped: to fail would only fail again. */
  #decode(job: SignalJob, entry: HandlerEntry, isDynamic: boolean): unknown[] | undefined {
    try {
      return isDynamic ? [job.name, this.#values.decodeRaw(job.args)] : this.#values.decode(job.args, entry.args);
    } catch (error) {
      const kind = error instanceof FailureError ? "it does not fit its schema" : "its arguments cannot be decoded";
      this.#log.write("error", `signal ${job.name} dropped: ${kind}`, { error });
      return undefined;
    }
  }
}
