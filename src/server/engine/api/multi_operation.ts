/**
 * Update-with-start: a workflow and an update of it in one call.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import type { Any } from "@bufbuild/protobuf/wkt";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import type { HandlerContext } from "@connectrpc/connect";
import { Code, ConnectError } from "@connectrpc/connect";
import { WorkflowExecutionStatus, WorkflowIdConflictPolicy } from "../../../gen/temporal/api/enums/v1/workflow_pb.ts";
import { MultiOperationExecutionFailureSchema } from "../../../gen/temporal/api/errordetails/v1/message_pb.ts";
import { MultiOperationExecutionAbortedSchema } from "../../../gen/temporal/api/failure/v1/message_pb.ts";
import type {
  ExecuteMultiOperationRequest,
  ExecuteMultiOperationResponse,
  StartWorkflowExecutionRequest,
  UpdateWorkflowExecutionRequest,
} from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { ExecuteMultiOperationResponseSchema } from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "../engine.ts";
import { invalidArgument } from "../errors.ts";
import type { Execution, UpdateState } from "../execution.ts";
import { isRunning } from "../execution.ts";
import type { Namespace } from "../namespace.ts";
import { requestUpdate } from "../requests.ts";
import { startWorkflow } from "../start.ts";
import { toMs } from "../times.ts";
import { admitUpdate, waitForUpdate } from "../updates.ts";
import { prepareUpdate } from "./reads.ts";
import type { Methods } from "./shared.ts";
import { callerOf, checkExecution, namespaceOf } from "./shared.ts";
import { eventLink, prepareStart } from "./workflows.ts";

/** The method for several operations at once. */
export function multiOperationMethods(engine: Engine): Methods {
  return {
    async executeMultiOperation(request, context) {
      return await updateWithStart(engine, request, context);
    },
  };
}

interface Operations {
  start: StartWorkflowExecutionRequest;
  update: UpdateWorkflowExecutionRequest;
}

/** A run, whether it was started for this, and the update on it. */
interface Reached {
  run: Execution;
  isStarted: boolean;
  update: UpdateState;
}

async function updateWithStart(
  engine: Engine,
  request: ExecuteMultiOperationRequest,
  context: HandlerContext,
): Promise<ExecuteMultiOperationResponse> {
  const namespace = namespaceOf(engine, request);
  const { start, update } = readOperations(request);
  const stage = prepare(engine, namespace, start, update);
  const reached = reach(engine, namespace, start, update);
  const { run, isStarted } = reached;
  try {
    const status = await waitForUpdate(engine, reached.update, stage, callerOf(context));
    const updateRef = { workflowExecution: run.self, updateId: reached.update.id };
    return create(ExecuteMultiOperationResponseSchema, {
      responses: [
        {
          response: {
            case: "startWorkflow",
            value: {
              runId: run.runId,
              started: isStarted,
              status: isStarted ? WorkflowExecutionStatus.RUNNING : run.status,
              link: eventLink(run, 1),
            },
          },
        },
        { response: { case: "updateWorkflow", value: { updateRef, outcome: status.outcome, stage: status.stage } } },
      ],
    });
  } catch (error) {
    throw multiError(isStarted ? undefined : ABORTED, ConnectError.from(error));
  }
}

function readOperations(request: ExecuteMultiOperationRequest): Operations {
  const [first, second] = request.operations;
  if (
    request.operations.length !== 2 || first.operation.case !== "startWorkflow" ||
    second.operation.case !== "updateWorkflow"
  ) throw invalidArgument("Operations have to be exactly [Start, Update].");
  return { start: first.operation.value, update: second.operation.value };
}

function prepare(
  engine: Engine,
  namespace: Namespace,
  start: StartWorkflowExecutionRequest,
  update: UpdateWorkflowExecutionRequest,
): ReturnType<typeof prepareUpdate> {
  const startError = attempt(() => {
    prepareStart(engine, namespace, start);
    if (start.requestEagerExecution) throw invalidArgument("RequestEagerExecution is not supported.");
    if (toMs(start.workflowStartDelay) > 0) throw invalidArgument("WorkflowStartDelay is not supported.");
  });
  let stage: ReturnType<typeof prepareUpdate> | undefined;
  const updateError = attempt(() => {
    const { workflowId, runId } = checkExecution(update.workflowExecution);
    stage = prepareUpdate(engine, update);
    if (update.firstExecutionRunId) throw invalidArgument("FirstExecutionRunId is not allowed.");
    if (runId) throw invalidArgument("RunId is not allowed.");
    if (!startError && workflowId !== start.workflowId) {
      throw invalidArgument("WorkflowId is not consistent with previous operation(s).");
    }
  });
  if (startError || updateError) throw multiError(startError ?? ABORTED, updateError ?? ABORTED);
  return stage!;
}

function reach(
  engine: Engine,
  namespace: Namespace,
  start: StartWorkflowExecutionRequest,
  update: UpdateWorkflowExecutionRequest,
): Reached {
  const request = update.request!;
  const current = engine.store.findCurrent(namespace, start.workflowId);
  const known = current?.updates.get(request.meta!.updateId);
  if (current && known?.phase === "completed") return { run: current, isStarted: false, update: known };
  const isUsed = current !== undefined && isRunning(current) && (
    current.startRequestId === start.requestId || known !== undefined ||
    start.workflowIdConflictPolicy === WorkflowIdConflictPolicy.USE_EXISTING
  );
  if (isUsed) {
    const error = attempt(() => requestUpdate(engine, current, request));
    if (error) throw multiError(ABORTED, error);
    return { run: current, isStarted: false, update: current.updates.get(request.meta!.updateId)! };
  }
  let admitted: UpdateState | undefined;
  let run: Execution | undefined;
  const error = attempt(() => {
    ({ run } = startWorkflow(engine, namespace, start, {
      prepare: (made) => void (admitted = admitUpdate(engine, made, request)),
    }));
  });
  if (error) throw multiError(error, ABORTED);
  return { run: run!, isStarted: true, update: admitted! };
}

function attempt(change: () => void): ConnectError | undefined {
  try {
    change();
    return undefined;
  } catch (error) {
    return ConnectError.from(error);
  }
}

const ABORTED = new ConnectError("Operation was aborted.", Code.Aborted, undefined, [
  { desc: MultiOperationExecutionAbortedSchema, value: {} },
]);

function multiError(start: ConnectError | undefined, update: ConnectError | undefined): ConnectError {
  const cause = [start, update].find((error) => error !== undefined && error !== ABORTED);
  return new ConnectError("Update-with-Start could not be executed.", cause?.code ?? Code.Aborted, undefined, [{
    desc: MultiOperationExecutionFailureSchema,
    value: {
      statuses: [start, update].map((error) => ({
        code: error?.code ?? 0,
        message: error?.rawMessage ?? "",
        details: error ? packDetails(error) : [],
      })),
    },
  }]);
}

function packDetails(error: ConnectError): Any[] {
  return error.details.flatMap((detail) =>
    "desc" in detail
      ? [create(AnySchema, {
        typeUrl: `type.googleapis.com/${detail.desc.typeName}`,
        value: toBinary(detail.desc, create(detail.desc, detail.value)),
      })]
      : []
  );
}
