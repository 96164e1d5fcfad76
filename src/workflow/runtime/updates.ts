/**
 * Updates: validated, accepted, run, answered. Those without a handler wait for one until the activation ends.
 *
 * @module
 */
import { ContinueAsNewError, FailureError, ReadOnlyContextError, ValueError } from "../../common/errors.ts";
import type { Command, Job } from "../activation.ts";
import type { HandlerEntry } from "../bridge.ts";
import type { Calls } from "./calls.ts";
import type { CommandList } from "./commands.ts";
import type { Ending } from "./ending.ts";
import type { Handlers } from "./handlers.ts";
import type { Context, Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import { isPromise, type Values } from "./values.ts";

type UpdateJob = Extract<Job, { kind: "doUpdate" }>;

/** The updates of a run. */
export class Updates {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #calls: Calls;
  readonly #commands: CommandList;
  readonly #handlers: Handlers;
  readonly #values: Values;
  readonly #ending: Ending;
  readonly #waiting: UpdateJob[] = [];

  /** No updates yet. */
  constructor(
    state: RunState,
    scopes: Scopes,
    calls: Calls,
    commands: CommandList,
    handlers: Handlers,
    values: Values,
    ending: Ending,
  ) {
    this.#state = state;
    this.#scopes = scopes;
    this.#calls = calls;
    this.#commands = commands;
    this.#handlers = handlers;
    this.#values = values;
    this.#ending = ending;
    handlers.onSet("update", () => this.#deliver());
  }

  /** Takes in an update. */
  receive(job: UpdateJob): void {
    this.#waiting.push(job);
    this.#deliver();
  }

  /** The activation ends: rejects what found no handler. */
  rejectWaiting(): void {
    const names = this.#handlers.names("update").join(", ");
    for (const job of this.#waiting.splice(0)) {
      const message = `no handler for update "${job.name}"; known updates: [${names}]`;
      this.#reject(job, new ValueError(message));
    }
  }

  #deliver(): void {
    for (;;) {
      const index = this.#waiting.findIndex(({ name }) => this.#handlers.find("update", name));
      if (index < 0) return;
      const [job] = this.#waiting.splice(index, 1);
      const found = this.#handlers.find("update", job.name)!;
      this.#handle(job, found.entry, found.isDynamic);
    }
  }

  #handle(job: UpdateJob, entry: HandlerEntry, isDynamic: boolean): void {
    const context = this.#calls.handlerContext({ id: job.id, name: job.name });
    let args: unknown[];
    try {
      args = this.#scopes.run(
        () => this.#state.runReadOnly("validator", () => this.#check(job, entry, isDynamic)),
        context,
      );
    } catch (error) {
      if (error instanceof ReadOnlyContextError) this.#ending.failTask(error);
      else this.#reject(job, error);
      return;
    }
    this.#commands.push({ kind: "updateAccepted", protocolInstanceId: job.protocolInstanceId });
    this.#perform(job, entry, args, context);
  }

  /** Gives the arguments. Schemas may only read too: a random number drawn live alone would shift all that follow. */
  #check(job: UpdateJob, entry: HandlerEntry, isDynamic: boolean): unknown[] {
    if (job.runValidator) this.#validate(job, entry, isDynamic);
    return this.#decode(job, entry, isDynamic);
  }

  /** Decodes for the validator alone, so that it cannot change what the handler gets. */
  #validate(job: UpdateJob, entry: HandlerEntry, isDynamic: boolean): void {
    const { validator, self } = entry;
    if (!validator) return;
    const result: unknown = Reflect.apply(validator, self, this.#decode(job, entry, isDynamic));
    if (!isPromise(result)) return;
    result.then(undefined, () => {});
    throw new ValueError(`the validator of update "${job.name}" returned a promise; make it synchronous`);
  }

  #decode(job: UpdateJob, entry: HandlerEntry, isDynamic: boolean): unknown[] {
    if (isDynamic) return [job.name, this.#values.decodeRaw(job.args)];
    try {
      return this.#values.decode(job.args, entry.args);
    } catch (error) {
      if (error instanceof FailureError) throw error;
      throw new ValueError(`Failed decoding arguments: ${(error as Error).message}`, { cause: error });
    }
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
    this.#calls.perform(entry.fn, entry.self, args, done, failed, context);
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
