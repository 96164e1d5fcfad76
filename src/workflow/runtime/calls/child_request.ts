/**
 * What a call of a child workflow asks for, checked.
 *
 * @module
 */
import { definitionName, findDefinition, readArgs, type TypeHint } from "../../../common/definition.ts";
import { optionalMilliseconds } from "../../../common/duration.ts";
import { ValueError } from "../../../common/errors.ts";
import { validatePriority } from "../../../common/options.ts";
import { searchAttributesToPayloads } from "../../../common/search.ts";
import type { WorkflowSerializationContext } from "../../../converter/context.ts";
import type { StartChild, UserMetadata } from "../../activation.ts";
import type { AnyChildOptions } from "../../bridge.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";
import { readChoice, readRetryPolicy } from "./options.ts";

/** What the command for a child workflow holds but for its number. */
export type ChildRequest = Omit<StartChild, "kind" | "seq">;

/** A call as user code makes it. */
export interface ChildCall {
  readonly name: string;
  readonly options: AnyChildOptions;
  /** Schema of the result. */
  readonly hint: TypeHint | undefined;
}

const cancellationTypes = [
  "WAIT_CANCELLATION_COMPLETED",
  "WAIT_CANCELLATION_REQUESTED",
  "TRY_CANCEL",
  "ABANDON",
] as const;

const closePolicies = ["TERMINATE", "ABANDON", "REQUEST_CANCEL"] as const;

const reusePolicies = [
  "ALLOW_DUPLICATE",
  "ALLOW_DUPLICATE_FAILED_ONLY",
  "REJECT_DUPLICATE",
  "TERMINATE_IF_RUNNING",
] as const;

/** Reads a call. Throws ValueError for a workflow without a name. */
export function readChildCall(workflow: unknown, options: AnyChildOptions = {}): ChildCall {
  const name = definitionName(workflow, "workflow");
  return { name, options, hint: options.resultType ?? findDefinition(workflow)?.result };
}

/** The context in which the values of another workflow are converted: that of the workflow, as on its own side. */
export function makeWorkflowContext(workflowId: string, { start }: RunState): WorkflowSerializationContext {
  return { kind: "workflow", namespace: start!.namespace, workflowId };
}

/** Checks a call and encodes its arguments. Throws ValueError for bad options. */
export function makeChildRequest(
  { name, options }: ChildCall,
  values: Values,
  context: WorkflowSerializationContext,
  ownTaskQueue: string,
): ChildRequest {
  const { workflowId } = context;
  if (typeof workflowId !== "string" || workflowId === "") {
    throw new ValueError(
      `child workflow ${name}: its id is not a text with something in it; leave it out for a new one`,
    );
  }
  const { memo, searchAttributes } = options;
  return {
    workflowId,
    workflowType: name,
    taskQueue: options.taskQueue ?? ownTaskQueue,
    args: values.encode(readArgs(options.args, `child workflow ${name}`), context),
    headers: {},
    executionTimeout: optionalMilliseconds(options.executionTimeout, "executionTimeout"),
    runTimeout: optionalMilliseconds(options.runTimeout, "runTimeout"),
    taskTimeout: optionalMilliseconds(options.taskTimeout, "taskTimeout"),
    parentClosePolicy: readChoice(options.parentClosePolicy ?? "TERMINATE", closePolicies, "parentClosePolicy"),
    idReusePolicy: readChoice(options.idReusePolicy, reusePolicies, "idReusePolicy"),
    retryPolicy: readRetryPolicy(options.retryPolicy),
    cronSchedule: options.cronSchedule || undefined,
    memo: memo && values.encodeRecord(memo, context),
    searchAttributes: searchAttributes && searchAttributesToPayloads(searchAttributes),
    cancellationType: readChoice(
      options.cancellationType ?? "WAIT_CANCELLATION_COMPLETED",
      cancellationTypes,
      "cancellationType",
    ),
    versioningIntent: options.versioningIntent,
    priority: options.priority && validatePriority(options.priority),
    metadata: makeMetadata(options, values, context),
  };
}

function makeMetadata(
  { staticSummary, staticDetails }: AnyChildOptions,
  values: Values,
  context: WorkflowSerializationContext,
): UserMetadata | undefined {
  if (staticSummary === undefined && staticDetails === undefined) return undefined;
  return { summary: values.encodeText(staticSummary, context), details: values.encodeText(staticDetails, context) };
}
