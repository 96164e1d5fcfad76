/**
 * Log lines of a run, each with the ids of the run and of the update it is about. In replay they were written before.
 *
 * @module
 */
import type { Logger } from "../../../common/logger.ts";
import type { LogLevel } from "../../bridge.ts";
import type { RunState } from "../state.ts";
import type { Scopes } from "../waiting/scopes.ts";

/** The log of a run. */
export class RunLog {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #logger: Logger;

  /** Writes to `logger`. */
  constructor(state: RunState, scopes: Scopes, logger: Logger) {
    this.#state = state;
    this.#scopes = scopes;
    this.#logger = logger;
  }

  /** Writes a line unless it was written before. */
  write(level: LogLevel, message: string, attributes: Record<string, unknown> | undefined): void {
    if (this.#state.activation.isReplaying && this.#state.readOnly === undefined) return;
    this.#logger[level](message, { ...this.#ids(), ...attributes });
  }

  #ids(): Record<string, unknown> {
    const { start, activation } = this.#state;
    const { update } = this.#scopes.context;
    return {
      ...(start && {
        namespace: start.namespace,
        taskQueue: start.taskQueue,
        workflowId: start.workflowId,
        workflowType: start.workflowType,
        attempt: start.attempt,
      }),
      runId: activation.runId,
      ...(update && { updateId: update.id, updateName: update.name }),
    };
  }
}
