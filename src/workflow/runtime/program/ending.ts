/**
 * How a run ends, and what fails what: a FailureError fails the workflow, so do the errors that its policy lists, and
 * anything else fails the task.
 *
 * @module
 */
import { isCancelledException, NondeterminismError } from "../../../common/errors.ts";
import { type Failure, failureSource } from "../../../common/failure.ts";
import type { TaskFailureCause } from "../../activation.ts";
import type { CommandList, EndCommand } from "../commands.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";
import type { Scopes } from "../waiting/scopes.ts";
import type { Continuations } from "./continuation.ts";
import type { Policy } from "./policy.ts";

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
  readonly #policy: Policy;
  #taskFailure: TaskFailure | undefined;

  /** Nothing has ended yet. */
  constructor(
    state: RunState,
    commands: CommandList,
    scopes: Scopes,
    values: Values,
    continuations: Continuations,
    policy: Policy,
  ) {
    this.#state = state;
    this.#commands = commands;
    this.#scopes = scopes;
    this.#values = values;
    this.#continuations = continuations;
    this.#policy = policy;
  }

  /** Set once the task has failed: nothing that the run did since its start counts. */
  get taskFailure(): TaskFailure | undefined {
    return this.#taskFailure;
  }

  /** Whether an error fails the workflow or update that it is thrown from. */
  isFailure(error: unknown): boolean {
    return this.#policy.isFailure(error);
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
    if (!this.isFailure(error)) return this.failTask(error);
    this.#end(() => ({ kind: "failWorkflow", failure: this.encodeFailure(error) }));
  }

  /** Fails the task in progress; the first failure counts. */
  failTask(error: unknown): void {
    this.#taskFailure ??= { failure: this.describe(error), cause: findCause(error) };
  }

  /** An error as a failure, whatever becomes of converting it. */
  describe(error: unknown): Failure {
    if (!this.#state.isRunning || !this.#state.start) return this.#describePlainly(error);
    try {
      return this.encodeFailure(error);
    } catch (fault) {
      return this.#describePlainly(fault);
    }
  }

  /** An error as a failure; an error of the converter is thrown as what it is. */
  encodeFailure(error: unknown): Failure {
    try {
      return this.#values.encodeFailure(error);
    } catch (cause) {
      throw new Error(`Failed converting activation exception: ${readMessage(cause)}`, { cause });
    }
  }

  /** A failure of an error that no converter could or should convert. */
  #describePlainly(error: unknown): Failure {
    const { name, stack } = (error ?? {}) as Partial<Error>;
    return {
      message: readMessage(error),
      source: failureSource,
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

function findCause(error: unknown): TaskFailureCause {
  return error instanceof NondeterminismError ? "NON_DETERMINISTIC_ERROR" : "WORKFLOW_WORKER_UNHANDLED_FAILURE";
}

function readMessage(error: unknown): string {
  const message = (error as Partial<Error> | null | undefined)?.message;
  return typeof message === "string" ? message : String(error);
}
