import { create } from "@bufbuild/protobuf";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as api from "../../src/api/mod.ts";

const services = ["CloudService", "HealthService", "OperatorService", "TestService", "WorkflowService"];
const packages =
  "activity batch callback command common compute deployment enums errordetails export failure filter history namespace " +
  "nexus nexusservices operatorservice protocol query replication rules schedule sdk taskqueue update version worker " +
  "workflow workflowservice";

test("the services, and one object for each proto package", () => {
  assert.deepEqual(Object.keys(api).sort(), [...services, ...packages.split(" ")].sort());
});

test("packages of several files are one object", () => {
  assert.equal(api.enums.EventType.WORKFLOW_EXECUTION_STARTED, 1);
  assert.equal(api.enums.TaskQueueKind.STICKY, 2);
  const request = create(api.workflowservice.GetSystemInfoRequestSchema);
  assert.equal(request.$typeName, "temporal.api.workflowservice.v1.GetSystemInfoRequest");
  assert.equal(api.workflowservice.WorkflowService, api.WorkflowService);
  assert.equal(api.HealthService.typeName, "grpc.health.v1.Health");
});
