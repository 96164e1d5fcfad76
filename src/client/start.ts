/**
 * Start and signal-with-start: what is asked for, checked and sent.
 *
 * @module
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { UntypedWorkflow } from "../common/definition.ts";
import { readArgs } from "../common/definition.ts";
import type { Payload } from "../common/payload.ts";
import type { NewWorkflowOptions, VersioningOverride } from "../common/options.ts";
import { toCanonicalString, validatePriority, validateRetryPolicy } from "../common/options.ts";
import { ValueError } from "../common/errors.ts";
import { searchAttributesToPayloads, toTypedSearchAttributes } from "../common/search.ts";
import type { SerializationContext } from "../converter/context.ts";
import type { DataConverter } from "../converter/data.ts";
import { encodeRecord } from "../converter/data.ts";
import type { RetryPolicySchema } from "../gen/temporal/api/common/v1/message_pb.ts";
import {
  VersioningBehavior,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from "../gen/temporal/api/enums/v1/workflow_pb.ts";
import type { UserMetadataSchema } from "../gen/temporal/api/sdk/v1/user_metadata_pb.ts";
import { VersioningOverride_PinnedOverrideBehavior } from "../gen/temporal/api/workflow/v1/message_pb.ts";
import type { VersioningOverrideSchema } from "../gen/temporal/api/workflow/v1/message_pb.ts";
import type {
  SignalWithStartWorkflowExecutionResponse,
  StartWorkflowExecutionRequestSchema,
  StartWorkflowExecutionResponse,
} from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { ClientContext } from "./context.ts";
import { enumNumber, toProtoDuration } from "./proto.ts";
import { toStartError } from "./rpc_details.ts";
import type { WorkflowStartOptions } from "./start_options.ts";

/** A start as its parts: the type by name, then the options of the call. */
export type StartInput = WorkflowStartOptions<UntypedWorkflow> & { workflow: string };

/** A start with a signal, by name. */
export type SignalWithStartInput = StartInput & { startSignal: string; startSignalArgs: readonly unknown[] };

type StartInit = Exclude<MessageInitShape<typeof StartWorkflowExecutionRequestSchema>, { $typeName: string }>;

/** Checks what can be checked before anything is sent; throws ValueError in the name of `where`. */
export function checkStartOptions(where: string, options: WorkflowStartOptions<UntypedWorkflow> | undefined): void {
  if (!options?.id) throw new ValueError(`${where}: missing \`id\`; give the workflow an id of your own`);
  if (!options.taskQueue) throw new ValueError(`${where}: missing \`taskQueue\`; name the queue that its worker polls`);
  readArgs(options.args, where);
  if (options.retryPolicy) validateRetryPolicy(options.retryPolicy);
  if (options.priority) validatePriority(options.priority);
}

/**
 * Starts a workflow; rejects with WorkflowAlreadyStartedError where the policies forbid it. An eager start is asked for
 * only while a worker on the same connection has a slot for it.
 */
export async function startWorkflow(
  context: ClientContext,
  input: StartInput,
): Promise<StartWorkflowExecutionResponse> {
  const request = await startRequest(context, input);
  const slot = input.requestEagerStart ? context.eagerStarts.reserve(context.namespace, input.taskQueue) : undefined;
  try {
    const requestEagerExecution = slot !== undefined;
    const response = await context.caller.call(
      WorkflowService.method.startWorkflowExecution,
      { ...request, requestEagerExecution },
      input,
    );
    if (response.eagerWorkflowTask) slot?.use(response.eagerWorkflowTask);
    return response;
  } catch (error) {
    throw toStartError(error, input);
  } finally {
    slot?.release();
  }
}

/** Signals a workflow and starts it first where it is not running. */
export async function signalWithStart(
  context: ClientContext,
  input: SignalWithStartInput,
): Promise<SignalWithStartWorkflowExecutionResponse> {
  const { requestEagerExecution: _, ...start } = await startRequest(context, input);
  const signalInput = await encodeArgs(
    context.dataConverter,
    input.startSignalArgs,
    workflowContext(context, input.id),
  );
  try {
    return await context.caller.call(
      WorkflowService.method.signalWithStartWorkflowExecution,
      { ...start, signalName: input.startSignal, signalInput },
      input,
    );
  } catch (error) {
    throw toStartError(error, input);
  }
}

/** The request of a start; what `input` leaves unset is unset in it. */
export async function startRequest(context: ClientContext, input: StartInput): Promise<StartInit> {
  const serialization = workflowContext(context, input.id);
  const converter = context.dataConverter;
  return {
    namespace: context.namespace,
    workflowId: input.id,
    workflowType: { name: input.workflow },
    taskQueue: { name: input.taskQueue },
    input: await encodeArgs(converter, input.args, serialization),
    workflowExecutionTimeout: toProtoDuration(input.executionTimeout, "executionTimeout"),
    workflowRunTimeout: toProtoDuration(input.runTimeout, "runTimeout"),
    workflowTaskTimeout: toProtoDuration(input.taskTimeout, "taskTimeout"),
    identity: context.identity,
    requestId: input.requestId || crypto.randomUUID(),
    workflowIdReusePolicy: enumNumber(WorkflowIdReusePolicy, input.idReusePolicy, "idReusePolicy"),
    workflowIdConflictPolicy: enumNumber(WorkflowIdConflictPolicy, input.idConflictPolicy, "idConflictPolicy"),
    retryPolicy: retryPolicyInit(input),
    cronSchedule: input.cronSchedule,
    memo: await encodeMemo(converter, input, serialization),
    searchAttributes: searchAttributesInit(input),
    workflowStartDelay: toProtoDuration(input.startDelay, "startDelay"),
    userMetadata: await encodeUserMetadata(converter, input, serialization),
    versioningOverride: versioningOverrideInit(input.versioningOverride),
    priority: input.priority && validatePriority(input.priority),
  };
}

/** Tells converters and codecs which workflow a value belongs to. */
export function workflowContext(context: ClientContext, workflowId: string): SerializationContext {
  return { kind: "workflow", namespace: context.namespace, workflowId };
}

/** Values as the payloads of a request; none: unset. */
export async function encodeArgs(
  converter: DataConverter,
  args: readonly unknown[] | undefined,
  serialization?: SerializationContext,
): Promise<{ payloads: Payload[] } | undefined> {
  return args?.length ? { payloads: await converter.encode([...args], serialization) } : undefined;
}

async function encodeMemo(
  converter: DataConverter,
  { memo }: NewWorkflowOptions,
  serialization: SerializationContext,
): Promise<{ fields: Record<string, Payload> } | undefined> {
  return memo && { fields: await encodeRecord(converter, memo, serialization) };
}

async function encodeUserMetadata(
  converter: DataConverter,
  { staticSummary, staticDetails }: NewWorkflowOptions,
  serialization: SerializationContext,
): Promise<MessageInitShape<typeof UserMetadataSchema> | undefined> {
  if (staticSummary === undefined && staticDetails === undefined) return undefined;
  const encode = async (text: string | undefined): Promise<Payload | undefined> =>
    text === undefined ? undefined : (await converter.encode([text], serialization))[0];
  return { summary: await encode(staticSummary), details: await encode(staticDetails) };
}

function retryPolicyInit({ retryPolicy }: NewWorkflowOptions): MessageInitShape<typeof RetryPolicySchema> | undefined {
  if (!retryPolicy) return undefined;
  return {
    initialInterval: toProtoDuration(retryPolicy.initialInterval, "retryPolicy.initialInterval"),
    backoffCoefficient: retryPolicy.backoffCoefficient,
    maximumInterval: toProtoDuration(retryPolicy.maximumInterval, "retryPolicy.maximumInterval"),
    maximumAttempts: retryPolicy.maximumAttempts,
    nonRetryableErrorTypes: retryPolicy.nonRetryableErrorTypes && [...retryPolicy.nonRetryableErrorTypes],
  };
}

/** A record goes as it is: guessed types would override those of the server's registry. */
function searchAttributesInit(
  { searchAttributes }: NewWorkflowOptions,
): { indexedFields: Record<string, Payload> } | undefined {
  if (!searchAttributes) return undefined;
  const isTyped = Symbol.iterator in searchAttributes;
  const indexedFields = searchAttributesToPayloads(
    isTyped ? toTypedSearchAttributes(searchAttributes) : searchAttributes,
  );
  return Object.keys(indexedFields).length ? { indexedFields } : undefined;
}

/** Older servers read the fields beside `override`, so both are sent. */
function versioningOverrideInit(
  override: VersioningOverride | undefined,
): MessageInitShape<typeof VersioningOverrideSchema> | undefined {
  if (!override) return undefined;
  if (override.behavior === "AUTO_UPGRADE") {
    return { override: { case: "autoUpgrade", value: true }, behavior: VersioningBehavior.AUTO_UPGRADE };
  }
  const pinnedVersion = toCanonicalString(override.version);
  const { deploymentName, buildId } = override.version;
  const value = { behavior: VersioningOverride_PinnedOverrideBehavior.PINNED, version: { deploymentName, buildId } };
  return { override: { case: "pinned", value }, behavior: VersioningBehavior.PINNED, pinnedVersion };
}
