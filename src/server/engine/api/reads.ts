/**
 * Reading workflows, asking them, updating them.
 *
 * @module
 */

import { QueryRejectCondition } from "../../../gen/temporal/api/enums/v1/query_pb.ts";
import { UpdateWorkflowExecutionLifecycleStage as Stage } from "../../../gen/temporal/api/enums/v1/update_pb.ts";
import type { UpdateWorkflowExecutionRequest } from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "../engine.ts";
import { invalidArgument, notFound, permissionDenied } from "../errors.ts";
import { isRunning } from "../execution.ts";
import { readHistory, readHistoryReverse } from "../history.ts";
import { sizeOfPayloads } from "../limits.ts";
import { findRun } from "../lookup.ts";
import type { QueryTable } from "../queries.ts";
import { queryRun } from "../queries.ts";
import { requestUpdate } from "../requests.ts";
import { waitForUpdate } from "../updates.ts";
import type { Methods } from "./shared.ts";
import { callerOf, checkExecution, checkLength, namespaceOf } from "./shared.ts";

/** The methods that read, query and update workflows. */
export function readMethods(engine: Engine, queries: QueryTable): Methods {
  return {
    async getWorkflowExecutionHistory(request, context) {
      checkExecution(request.execution);
      return await readHistory(engine, namespaceOf(engine, request), request, callerOf(context));
    },
    getWorkflowExecutionHistoryReverse(request) {
      checkExecution(request.execution);
      return readHistoryReverse(engine, namespaceOf(engine, request), request);
    },
    async queryWorkflow(request, context) {
      const { workflowId, runId } = checkExecution(request.execution);
      if (!request.query) throw invalidArgument("WorkflowQuery is not set on request.");
      if (!request.query.queryType) throw invalidArgument("QueryType is not set on request.");
      const namespace = namespaceOf(engine, request);
      if (sizeOfPayloads(request.query.queryArgs) > engine.limits.blobSizeError) {
        throw invalidArgument("Blob data size exceeds limit.");
      }
      return await queryRun(engine, queries, findRun(engine, namespace, workflowId, runId), {
        query: request.query,
        rejectCondition: request.queryRejectCondition || QueryRejectCondition.NONE,
        caller: callerOf(context),
      });
    },
    async updateWorkflowExecution(request, context) {
      const { workflowId, runId } = checkExecution(request.workflowExecution);
      const stage = prepareUpdate(engine, request);
      const namespace = namespaceOf(engine, request);
      const run = findRun(engine, namespace, workflowId, runId);
      if (request.firstExecutionRunId && run.firstRunId !== request.firstExecutionRunId) {
        throw notFound("workflow execution not found");
      }
      const { updateId } = request.request!.meta!;
      const known = run.updates.get(updateId);
      if (!isRunning(run) && !known) throw notFound("workflow execution already completed");
      const update = known ?? requestUpdate(engine, run, request.request!);
      const status = await waitForUpdate(engine, update, stage, callerOf(context));
      return {
        updateRef: { workflowExecution: run.self, updateId },
        outcome: status.outcome,
        stage: status.stage,
      };
    },
    async pollWorkflowExecutionUpdate(request, context) {
      const ref = request.updateRef;
      if (!ref) throw invalidArgument("UpdateRef is not set on request.");
      const namespace = namespaceOf(engine, request);
      const run = findRun(
        engine,
        namespace,
        ref.workflowExecution?.workflowId ?? "",
        ref.workflowExecution?.runId ?? "",
      );
      const update = run.updates.get(ref.updateId);
      if (!update) throw notFound(`update "${ref.updateId}" not found`);
      const stage = request.waitPolicy?.lifecycleStage ?? Stage.UNSPECIFIED;
      const status = await waitForUpdate(engine, update, stage, callerOf(context));
      return {
        updateRef: { workflowExecution: run.self, updateId: ref.updateId },
        outcome: status.outcome,
        stage: status.stage,
      };
    },
  };
}

/** Checks an update request, fills its defaults and gives the stage it waits for. */
export function prepareUpdate(engine: Engine, { request, waitPolicy }: UpdateWorkflowExecutionRequest): Stage {
  if (!request?.meta) throw invalidArgument("Update meta is not set on request.");
  checkLength(engine, request.meta.updateId, "UpdateId");
  request.meta.updateId ||= crypto.randomUUID();
  if (!request.input) throw invalidArgument("Update input is not set on request.");
  if (!request.input.name) throw invalidArgument("Update name is not set on request.");
  if (sizeOfPayloads(request.input.args) > engine.limits.blobSizeError) {
    throw invalidArgument("Blob data size exceeds limit.");
  }
  const stage = waitPolicy?.lifecycleStage || Stage.ACCEPTED;
  if (stage === Stage.ADMITTED) {
    throw permissionDenied(
      "UpdateWorkflowExecution issued asynchronously and waiting on update admitted is not supported.",
    );
  }
  return stage;
}
