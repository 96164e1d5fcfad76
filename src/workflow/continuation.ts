/**
 * Continue-as-new.
 *
 * @module
 */
import {
  type ArgsOption,
  definitionName,
  type OptionsRest,
  readArgs,
  type UntypedWorkflow,
  type WorkflowArgs,
  type WorkflowRef,
} from "../common/definition.ts";
import { optionalMilliseconds } from "../common/duration.ts";
import { ContinueAsNewError } from "../common/errors.ts";
import { type NewWorkflowOptions, validateRetryPolicy, type VersioningIntent } from "../common/options.ts";
import { searchAttributesToPayloads } from "../common/search.ts";
import type { ContinueAsNew } from "./activation.ts";
import { encodeValue, encodeValues } from "./conversion.ts";
import { currentRun } from "./current.ts";

/** Options of {@link continueAsNew}; what is unset is inherited. */
export interface ContinueAsNewOptions<W>
  extends Pick<NewWorkflowOptions, "runTimeout" | "taskTimeout" | "retryPolicy" | "memo" | "searchAttributes"> {
  /** Default: this workflow. */
  workflow?: W | string;
  taskQueue?: string;
  versioningIntent?: VersioningIntent;
}

/** What the next run is asked to be. */
export type Continuation = Omit<ContinueAsNew, "kind">;

const continuationKey: unique symbol = Symbol.for("@anywhen/temporal/Continuation") as never;

/**
 * Ends this run and goes on as a new one with an empty history. Throws ContinueAsNewError: code that catches everything
 * must throw it on.
 */
export function continueAsNew<W extends WorkflowRef = UntypedWorkflow>(
  ...options: OptionsRest<ArgsOption<WorkflowArgs<W>> & ContinueAsNewOptions<W>>
): never {
  const run = currentRun("continueAsNew");
  run.state.assertWritable("continueAsNew");
  const continuation = makeContinuation(options[0] as ContinueAsNewOptions<unknown> & { args?: unknown[] } | undefined);
  const error = new ContinueAsNewError(`the workflow continues as new ${continuation.workflowType}`);
  throw Object.defineProperty(error, continuationKey, { value: continuation });
}

/** What a ContinueAsNewError asks for, undefined for anything else. */
export function readContinuation(error: unknown): Continuation | undefined {
  return error instanceof ContinueAsNewError
    ? (error as { [continuationKey]?: Continuation })[continuationKey]
    : undefined;
}

function makeContinuation(options: ContinueAsNewOptions<unknown> & { args?: unknown[] } = {}): Continuation {
  const { start } = currentRun("continueAsNew").state;
  const { workflow, memo, searchAttributes, retryPolicy } = options;
  if (retryPolicy) validateRetryPolicy(retryPolicy);
  return {
    workflowType: workflow === undefined ? start!.workflowType : definitionName(workflow, "workflow"),
    taskQueue: options.taskQueue ?? start!.taskQueue,
    args: encodeValues(readArgs(options.args, "continueAsNew")),
    headers: {},
    runTimeout: optionalMilliseconds(options.runTimeout, "runTimeout"),
    taskTimeout: optionalMilliseconds(options.taskTimeout, "taskTimeout"),
    retryPolicy,
    memo: memo && Object.fromEntries(Object.entries(memo).map(([key, value]) => [key, encodeValue(value)])),
    searchAttributes: searchAttributes && searchAttributesToPayloads(searchAttributes),
    versioningIntent: options.versioningIntent,
  };
}
