/**
 * How a run ends, and what fails what: a FailureError fails the workflow, anything else the task.
 *
 * @module
 */
import { FailureError, isCancelledException, NondeterminismError } from "../../common/errors.ts";
import type { Failure } from "../../common/failure.ts";
import type { TaskFailureCause } from "../activation.ts";
import type { CommandList, EndCommand } from "./commands.ts";
import type { Continuations } from "./continuation.ts";
import type { Scopes } from "./scopes.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";

/** Why a workflow task fails. */
export interface TaskFailure {
  readonly failure: Failure;
  readonly cause: TaskFailureCause;
}

/** Ends a run, or the task in progress. */
export class Ending {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #scopes: Scopes;
  readonly #values: Values;
  readonly #continuations: Continuations;
  #taskFailure: TaskFailure | undefined;

  /** Nothing has ended yet. */
  constructor(
    state: RunState,
    commands: CommandList,
    scopes: Scopes,
    values: Values,
    continuations: Continuations,
  ) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
    this.#values = values;
    this.#continuations = continuations;
  }

  /** Set once the task has failed: nothing that the run did since its start counts. */
  get taskFailure(): TaskFailure | undefined {
    return this.#taskFailure;
  }

  /** The main function has returned. */
  complete(value: unknown): void {
    this.#end(() => ({ kind: "completeWorkflow", result: this.#values.encode([value])[0] }));
  }

  /** The main function or a handler has thrown. */
  fail(error: unknown): void {
    const continuation = this.#continuations.find(error);
    if (continuation) return this.#end(() => ({ kind: "continueAsNew", ...continuation }));
    if (this.#scopes.reason !== undefined && isCancelledException(error)) {
      return this.#end(() => ({ kind: "cancelWorkflow" }));
    }
    if (!isFailure(error)) return this.failTask(error);
    this.#end(() => ({ kind: "failWorkflow", failure: this.#values.encodeFailure(error) }));
  }

  /** Fails the task in progress; the first failure counts. */
  failTask(error: unknown): void {
    this.#taskFailure ??= { failure: this.describe(error), cause: findCause(error) };
  }

  /** An error as a failure, whatever becomes of converting it. */
  describe(error: unknown): Failure {
    if (!this.#state.isRunning || !this.#state.start) return this.#describePlainly(error);
    try {
      return this.#values.encodeFailure(error);
    } catch (fault) {
      const failure = this.#describePlainly(fault);
      return { ...failure, message: `Failed converting activation exception: ${failure.message}` };
    }
  }

  /** A failure of an error that no converter could or should convert. */
  #describePlainly(error: unknown): Failure {
    const { name, stack } = (error ?? {}) as Partial<Error>;
    return {
      message: readMessage(error),
      source: "TypeScriptSDK",
      stackTrace: typeof stack === "string" ? this.#state.mapStack(stack) : "",
      failureInfo: {
        case: "applicationFailureInfo",
        value: { type: typeof name === "string" ? name : "Error", nonRetryable: false },
      },
    };
  }

  #end(makeCommand: () => EndCommand): void {
    if (this.#commands.hasEnded) return;
    try {
      this.#commands.end(makeCommand());
    } catch (error) {
      this.failTask(error);
    }
  }
}

/** Whether an error fails the workflow or update that it is thrown from. Types listed by the user will count too. */
export function isFailure(error: unknown): boolean {
  return error instanceof FailureError;
}

function findCause(error: unknown): TaskFailureCause {
  return error instanceof NondeterminismError ? "NON_DETERMINISTIC_ERROR" : "WORKFLOW_WORKER_UNHANDLED_FAILURE";
}

function readMessage(error: unknown): string {
  const message = (error as Partial<Error> | null | undefined)?.message;
  return typeof message === "string" ? message : String(error);
}
