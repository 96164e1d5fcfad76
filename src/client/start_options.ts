/**
 * How a workflow is started.
 *
 * @module
 */
// deno-lint-ignore-file no-explicit-any -- inference from functions and definitions needs `any`
import type {
  ArgsOption,
  HandlerName,
  SignalDefinition,
  TypeHint,
  WorkflowArgs,
  WorkflowResult,
} from "../common/definition.ts";
import type { Duration } from "../common/duration.ts";
import type {
  NewWorkflowOptions,
  RpcOptions,
  VersioningOverride,
  WorkflowIDConflictPolicy,
  WorkflowIDReusePolicy,
} from "../common/options.ts";

/** How a workflow is started by a client; `args` are required exactly when the workflow requires some. */
export type WorkflowStartOptions<W> =
  & ArgsOption<WorkflowArgs<W>>
  & RpcOptions
  & NewWorkflowOptions
  & {
    /** Names the workflow in its namespace: your own business id. */
    id: string;
    /** The queue that a worker with this workflow polls. */
    taskQueue: string;
    /** Whether an id may be used again once closed; "ALLOW_DUPLICATE" when unset. */
    idReusePolicy?: WorkflowIDReusePolicy;
    /** What happens when one of this id is running; "FAIL" when unset. */
    idConflictPolicy?: WorkflowIDConflictPolicy;
    /** When to run again and again, as a cron expression in UTC. */
    cronSchedule?: string;
    /** How long the first workflow task waits; at once when unset. */
    startDelay?: Duration;
    /**
     * Whether the first task may go to a worker made from this client without a poll; false when unset.
     *
     * An ordinary start where no such worker has a free slot on the task queue, or the server has other reasons.
     */
    requestEagerStart?: boolean;
    /** Makes the call idempotent; a UUID per call when unset. */
    requestId?: string;
    versioningOverride?: VersioningOverride;
    /** The schema of the result. */
    resultType?: TypeHint<WorkflowResult<W>>;
  };

/** The signal of a signal-with-start. */
export interface StartSignalOptions<W, A extends any[]> {
  startSignal: SignalDefinition<A> | HandlerName<W>;
  startSignalArgs?: A;
}
