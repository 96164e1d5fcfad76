/**
 * Updates: validated, accepted, run, answered. Those without a handler wait for one until the activation ends.
 *
 * @module
 */
import { ContinueAsNewError, ReadOnlyContextError, ValueError } from "../../../common/errors.ts";
import type { Command, Job } from "../../activation.ts";
import type { HandlerEntry } from "../../bridge.ts";
import type { CommandList } from "../commands.ts";
import type { Ending } from "../program/ending.ts";
import type { UserCode } from "../program/user_code.ts";
import type { RunState } from "../state.ts";
import { isPromise, type Values } from "../values.ts";
import type { Context, Scopes } from "../waiting/scopes.ts";
import { type FoundHandler, type Handlers, readArguments } from "./handlers.ts";
import { Inbox } from "./inbox.ts";

type UpdateJob = Extract<Job, { kind: "doUpdate" }>;

/** The updates of a run. */
export class Updates {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #code: UserCode;
  readonly #commands: CommandList;
  readonly #handlers: Handlers;
  readonly #values: Values;
  readonly #ending: Ending;
  readonly #inbox: Inbox<UpdateJob>;

  /** No updates yet. */
  constructor(
    state: RunState,
    scopes: Scopes,
    code: UserCode,
    commands: CommandList,
    handlers: Handlers,
    values: Values,
    ending: Ending,
  ) {
    this.#state = state;
    this.#scopes = scopes;
    this.#code = code;
    this.#commands = commands;
    this.#handlers = handlers;
    this.#values = values;
    this.#ending = ending;
    this.#inbox = new Inbox(handlers, "update", (job, handler) => this.#handle(job, handler));
  }

  /** Takes in an update. */
  receive(job: UpdateJob): void {
    this.#inbox.receive(job);
  }

  /** The activation ends: rejects what found no handler. */
  rejectWaiting(): void {
    const waiting = this.#inbox.take();
    if (waiting.length === 0) return;
    const names = this.#handlers.names("update").join(", ");
    for (const job of waiting) {
      this.#reject(job, new ValueError(`no handler for update "${job.name}"; known updates: [${names}]`));
    }
  }

  #handle(job: UpdateJob, handler: FoundHandler): void {
    const context = this.#code.handlerContext({ id: job.id, name: job.name });
    let args: unknown[];
    try {
      args = this.#scopes.run(() => this.#state.runReadOnly("validator", () => this.#check(job, handler)), context);
    } catch (error) {
      if (error instanceof ReadOnlyContextError) this.#ending.failTask(error);
      else this.#reject(job, error);
      return;
    }
    this.#commands.push({ kind: "updateAccepted", protocolInstanceId: job.protocolInstanceId });
    this.#perform(job, handler.entry, args, context);
  }

  /** Gives the arguments. Schemas may only read too: a random number drawn live alone would shift all that follow. */
  #check(job: UpdateJob, handler: FoundHandler): unknown[] {
    if (job.runValidator) this.#validate(job, handler);
    return this.#read(job, handler);
  }

  /** Decodes for the validator alone, so that it cannot change what the handler gets. */
  #validate(job: UpdateJob, handler: FoundHandler): void {
    const { validator, self } = handler.entry;
    if (!validator) return;
    const result: unknown = Reflect.apply(validator, self, this.#read(job, handler));
    if (!isPromise(result)) return;
    result.then(undefined, () => {});
    throw new ValueError(`the validator of update "${job.name}" returned a promise; make it synchronous`);
  }

  #read(job: UpdateJob, handler: FoundHandler): unknown[] {
    return readArguments(this.#values, handler, job, "update");
  }

  #perform(job: UpdateJob, entry: HandlerEntry, args: unknown[], context: Context): void {
    const finished = this.#handlers.track({ kind: "update", name: job.name, id: job.id, entry });
    const done = (value: unknown) => {
      finished();
      this.#answer(job, () => ({ result: this.#values.encode([value])[0] }));
    };
    const failed = (error: unknown) => {
      finished();
      if (error instanceof ContinueAsNewError) this.#ending.fail(error);
      else if (!this.#ending.isFailure(error)) this.#ending.failTask(error);
      else this.#answer(job, () => ({ failure: this.#ending.encodeFailure(error) }));
    };
    this.#code.perform(entry.fn, entry.self, args, done, failed, context);
  }

  #answer(job: UpdateJob, makeOutcome: () => Extract<Command, { kind: "updateCompleted" }>["outcome"]): void {
    try {
      const { protocolInstanceId } = job;
      this.#commands.push({ kind: "updateCompleted", protocolInstanceId, outcome: makeOutcome() });
    } catch (error) {
      this.#ending.failTask(error);
    }
  }

  #reject(job: UpdateJob, error: unknown): void {
    const { protocolInstanceId } = job;
    this.#commands.push({ kind: "updateRejected", protocolInstanceId, failure: this.#ending.describe(error) });
  }
}
