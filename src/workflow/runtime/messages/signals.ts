/**
 * Signals: given to their handlers, kept while there is none.
 *
 * @module
 */
import { FailureError } from "../../../common/errors.ts";
import type { Job } from "../../activation.ts";
import type { RunLog } from "../outlets/log.ts";
import type { Ending } from "../program/ending.ts";
import type { UserCode } from "../program/user_code.ts";
import type { Values } from "../values.ts";
import { type FoundHandler, type Handlers, readArguments } from "./handlers.ts";
import { Inbox } from "./inbox.ts";

type SignalJob = Extract<Job, { kind: "signalWorkflow" }>;

/** The signals of a run. */
export class Signals {
  readonly #code: UserCode;
  readonly #handlers: Handlers;
  readonly #values: Values;
  readonly #ending: Ending;
  readonly #log: RunLog;
  readonly #inbox: Inbox<SignalJob>;

  /** No signals yet. */
  constructor(code: UserCode, handlers: Handlers, values: Values, ending: Ending, log: RunLog) {
    this.#code = code;
    this.#handlers = handlers;
    this.#values = values;
    this.#ending = ending;
    this.#log = log;
    this.#inbox = new Inbox(handlers, "signal", (job, handler) => this.#handle(job, handler));
  }

  /** Takes in a signal. */
  receive(job: SignalJob): void {
    this.#inbox.receive(job);
  }

  #handle(job: SignalJob, handler: FoundHandler): void {
    const args = this.#read(job, handler);
    if (!args) return;
    const { entry } = handler;
    const finished = this.#handlers.track({ kind: "signal", name: job.name, entry });
    const failed = (error: unknown) => {
      finished();
      this.#ending.fail(error);
    };
    this.#code.perform(entry.fn, entry.self, args, finished, failed, this.#code.handlerContext());
  }

  /** A signal that cannot be read is dropped: to fail would only fail again. */
  #read(job: SignalJob, handler: FoundHandler): unknown[] | undefined {
    try {
      return readArguments(this.#values, handler, job, "signal");
    } catch (error) {
      const kind = error instanceof FailureError ? "it does not fit its schema" : "its arguments cannot be decoded";
      this.#log.write("error", `signal ${job.name} dropped: ${kind}`, { error });
      return undefined;
    }
  }
}
