/**
 * What a completed workflow task tells of its worker: names of SDKs and builds, points to reset to.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { IndexedValueType } from "../../gen/temporal/api/enums/v1/common_pb.ts";
import { ResetPointInfoSchema } from "../../gen/temporal/api/workflow/v1/message_pb.ts";
import type { RespondWorkflowTaskCompletedRequest } from "../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "./engine.ts";
import type { Execution } from "./execution.ts";
import { decodeSearchValue, encodeSearchValue } from "./search_attributes.ts";
import { toTimestamp } from "./times.ts";

const MOST_POINTS = 20;

/** Records a completed task's worker. */
export function noteCompletion(
  engine: Engine,
  run: Execution,
  request: RespondWorkflowTaskCompletedRequest,
  completedEventId: number,
): void {
  const { sdkMetadata, binaryChecksum } = request;
  if (sdkMetadata?.sdkName) run.workerName.sdkName = sdkMetadata.sdkName;
  if (sdkMetadata?.sdkVersion) run.workerName.sdkVersion = sdkMetadata.sdkVersion;
  const buildId = request.workerVersionStamp?.buildId || request.deploymentOptions?.buildId || "";
  addBuildId(run, buildId, request.workerVersionStamp?.useVersioning ?? false);
  const isKnown = run.resetPoints.some((point) => point.binaryChecksum === binaryChecksum && point.buildId === buildId);
  if (isKnown) return;
  run.resetPoints.push(create(ResetPointInfoSchema, {
    binaryChecksum,
    buildId,
    runId: run.runId,
    firstWorkflowTaskCompletedId: BigInt(completedEventId),
    createTime: toTimestamp(engine.clock.now()),
    resettable: run.children.size === 0,
  }));
  if (run.resetPoints.length > MOST_POINTS) run.resetPoints.shift();
}

function addBuildId(run: Execution, buildId: string, isVersioned: boolean): void {
  const name = buildId ? `${isVersioned ? "versioned" : "unversioned"}:${buildId}` : "unversioned";
  const known = run.searchAttributes.BuildIds;
  const ids = known ? decodeSearchValue(known, IndexedValueType.KEYWORD_LIST) as string[] : ["unversioned"];
  if (known && ids.includes(name)) return;
  if (!ids.includes(name)) ids.push(name);
  run.searchAttributes = {
    ...run.searchAttributes,
    BuildIds: encodeSearchValue(ids, IndexedValueType.KEYWORD_LIST),
  };
}
