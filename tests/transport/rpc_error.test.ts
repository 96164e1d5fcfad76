import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { anyPack } from "@bufbuild/protobuf/wkt";
import { base64Encode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { NotFoundError, RPCError, ValueError } from "../../src/common/errors.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import {
  NamespaceNotFoundFailureSchema,
  WorkflowExecutionAlreadyStartedFailureSchema,
} from "../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { type Connection, openConnection } from "../../src/transport/connection.ts";
import { type RpcErrorContext, toRpcError } from "../../src/transport/rpc_error.ts";
import { call, type CallOptions, encodeDetails, failure } from "./calls.ts";
import { type Peer, startPeer } from "./peer_process.ts";

describe("RPC errors", () => {
  let peer: Peer;
  let connection: Connection;
  before(async () => {
    peer = await startPeer();
    connection = openConnection({ address: peer.address });
  });
  after(async () => {
    await connection.close();
    await peer[Symbol.asyncDispose]();
  });

  async function fail(options: CallOptions, context: RpcErrorContext = {}): Promise<RPCError> {
    return toRpcError(await failure(call(connection.transport, options)), { address: connection.address, ...context });
  }

  test("each status has its name", async () => {
    const names = "CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED " +
      "RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS " +
      "UNAUTHENTICATED";
    for (const [index, name] of names.split(" ").entries()) {
      const error = await fail({ status: index + 1, message: "why" });
      assert.equal(error.status, name);
      assert.equal(error.grpcStatus.code, index + 1);
      assert.equal(error.grpcStatus.message, "why");
      assert.equal(error instanceof RPCError, true);
    }
  });

  test("details are kept, raw and decoded", async () => {
    const error = await fail({ status: 6, message: "taken", details: encodeDetails(6, "taken", "run-1") });
    assert.equal(error.message, "taken");
    const [{ typeUrl, value }] = error.grpcStatus.details;
    assert.equal(typeUrl, "type.googleapis.com/temporal.api.errordetails.v1.WorkflowExecutionAlreadyStartedFailure");
    assert.equal(fromBinary(WorkflowExecutionAlreadyStartedFailureSchema, value).runId, "run-1");
    assert.equal(fromBinary(StatusSchema, error.rawGrpcStatus).details[0].typeUrl, typeUrl);
    assert.equal(error.cause instanceof ConnectError, true);
    assert.equal((await fail({ status: 6, message: "taken" })).rawGrpcStatus.length, 0);
  });

  test("NOT_FOUND names what was not found, by the operation or as told", async () => {
    const operations = {
      DescribeWorkflowExecution: "WORKFLOW",
      GetWorkflowExecutionHistory: "WORKFLOW",
      SignalWorkflowExecution: "WORKFLOW",
      PollWorkflowExecutionUpdate: "UPDATE",
      UpdateWorkflowExecution: "WORKFLOW",
      RespondActivityTaskCompletedById: "ACTIVITY",
      DescribeSchedule: "SCHEDULE",
      UpdateSchedule: "SCHEDULE",
      DescribeNamespace: "NAMESPACE",
      UpdateNamespace: "NAMESPACE",
      DescribeNexusOperationExecution: "NEXUS_OPERATION",
      DescribeWorkerDeployment: "DEPLOYMENT",
    };
    for (const [operation, resource] of Object.entries(operations)) {
      const error = await fail({ status: 5, message: "gone" }, { operation });
      assert.equal(error instanceof NotFoundError, true);
      assert.equal((error as NotFoundError).resource, resource, operation);
      assert.equal(error.message, "gone");
    }
    const told = await fail({ status: 5 }, { operation: "DescribeNamespace", resource: "ACTIVITY" });
    assert.equal((told as NotFoundError).resource, "ACTIVITY");
    assert.equal(await fail({ status: 5 }) instanceof NotFoundError, false);
  });

  test("an unknown namespace", async () => {
    const detail = anyPack(
      NamespaceNotFoundFailureSchema,
      create(NamespaceNotFoundFailureSchema, { namespace: "nope" }),
    );
    const status = create(StatusSchema, { code: 5, message: "Namespace nope is not found.", details: [detail] });
    const details = base64Encode(toBinary(StatusSchema, status));
    for (const script of [{ details, message: "x" }, { message: "Namespace nope is not found." }]) {
      const error = await fail({ status: 5, ...script }, { operation: "StartWorkflowExecution" });
      assert.equal((error as NotFoundError).resource, "NAMESPACE");
      assert.equal(
        error.message,
        `namespace "nope" does not exist on ${peer.address}; create it (temporal operator namespace create nope) or pass another namespace`,
      );
    }
  });

  test("a wrong API key", async () => {
    const error = await fail({ status: 16, message: "Request unauthorized." });
    assert.equal(
      error.message,
      `${peer.address} did not accept the credentials (Request unauthorized); check apiKey`,
    );
    const denied = await fail({ status: 7, message: "Request unauthorized." }, {
      operation: "CountWorkflowExecutions",
    });
    assert.equal(
      denied.message,
      `${peer.address} does not allow CountWorkflowExecutions (Request unauthorized); check apiKey, its rights and the namespace`,
    );
  });

  test("a payload over the limit", async () => {
    const operation = "StartWorkflowExecution";
    const large = "grpc: received message larger than max (5242880 vs. 4194304)";
    assert.equal(
      (await fail({ status: 8, message: large }, { operation })).message,
      `the request of ${operation} is over the limit of ${peer.address} (${large}); pass less data, or a reference to it`,
    );
    const blob = "Blob data size exceeds limit.";
    assert.equal(
      (await fail({ status: 3, message: blob }, { operation })).message,
      `a payload of ${operation} is over the limit of ${peer.address} (Blob data size exceeds limit); pass less data, or a reference to it`,
    );
    assert.equal((await fail({ status: 3, message: "WorkflowId is not set." })).message, "WorkflowId is not set.");
  });

  test("deadline and abort", async () => {
    const late = await fail({ hang: true, timeout: 20 });
    assert.equal(late.status, "DEADLINE_EXCEEDED");
    const reason = new Error("enough");
    const aborted = await fail({ signal: AbortSignal.abort(reason) });
    assert.equal(aborted.status, "CANCELLED");
    assert.equal(aborted.cause, reason);
  });

  test("what is no failure of a call passes unchanged", () => {
    const rpc = new RPCError("x", { status: "INTERNAL" });
    assert.equal(toRpcError(rpc), rpc);
    const value = new ValueError("x");
    assert.throws(() => toRpcError(value), (error) => error === value);
    const own = toRpcError(new ConnectError("lost", Code.Unavailable));
    assert.equal(own.message, "lost");
  });
});
