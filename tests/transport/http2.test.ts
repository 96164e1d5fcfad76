import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { WorkflowExecutionAlreadyStartedFailureSchema } from "../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { type Connection, openConnection } from "../../src/transport/connection.ts";
import { call, encodeDetails, failure, report, respond, until } from "./calls.ts";
import { type Peer, startPeer } from "./peer_process.ts";

describe("native gRPC", () => {
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

  test("a call brings the answer, its headers and its trailers", async () => {
    const response = await respond(connection.transport, {
      text: "größe",
      headers: { "x-first": "1" },
      trailers: { "x-last": "2" },
    });
    assert.equal(response.message.runId, "größe");
    assert.equal(response.message.$typeName, "temporal.api.workflowservice.v1.StartWorkflowExecutionResponse");
    assert.equal(response.header.get("x-first"), "1");
    assert.equal(response.trailer.get("x-last"), "2");
    assert.equal(response.trailer.get("grpc-status"), "0");
    assert.equal(response.service.typeName, "temporal.api.workflowservice.v1.WorkflowService");
    assert.equal(response.stream, false);
  });

  test("bytes of an answer are plain Uint8Arrays", async () => {
    const { message } = await respond(connection.transport, { text: "" });
    assert.equal(message.runId, "");
    const { transport } = connection;
    const { pollWorkflowTaskQueue, recordActivityTaskHeartbeatById } =
      (await import("../../src/gen/temporal/api/workflowservice/v1/service_pb.ts")).WorkflowService.method;
    assert.equal(recordActivityTaskHeartbeatById.methodKind, "unary");
    const task = await transport.unary(pollWorkflowTaskQueue, undefined, undefined, undefined, { namespace: "token" });
    assert.equal(task.message.taskToken.constructor, Uint8Array);
    assert.equal(new TextDecoder().decode(task.message.taskToken), "token");
  });

  test("a request names its method, its deadline and its client", async () => {
    const headers = await report(connection.transport, { timeout: 12_345 });
    assert.equal(headers[":path"], "/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution");
    assert.equal(headers[":authority"], peer.address);
    assert.equal(headers["content-type"], "application/grpc");
    assert.equal(headers.te, "trailers");
    assert.equal(headers["grpc-timeout"], "12345m");
    assert.equal(headers["client-name"], "temporal-anywhen");
    assert.match(String(headers["client-version"]), /^\d+\.\d+\.\d+/);
    assert.equal(headers.authorization, undefined);
    assert.equal(headers["temporal-namespace"], undefined);
  });

  test("30 s is the deadline by default, 0 is none, long ones are given in seconds", async () => {
    assert.equal((await report(connection.transport))["grpc-timeout"], "30000m");
    assert.equal((await report(connection.transport, { timeout: 0 }))["grpc-timeout"], undefined);
    assert.equal((await report(connection.transport, { timeout: 1e8 }))["grpc-timeout"], "100000S");
  });

  test("a status becomes an error with its message", async () => {
    const error = await failure(call(connection.transport, { status: 9, message: "50 % größer: a\nb" }));
    assert.equal(error.code, Code.FailedPrecondition);
    assert.equal(error.rawMessage, "50 % größer: a\nb");
    assert.equal(error.isWireError, true);
  });

  test("details of a status are found, in trailers and in a reply of trailers only", async () => {
    for (const separate of [true, false]) {
      const details = encodeDetails(6, "taken", "run-1");
      const error = await failure(
        call(connection.transport, { status: 6, message: "taken", details, separate, headers: { "x-cause": "c" } }),
      );
      assert.equal(error.code, Code.AlreadyExists);
      assert.equal(error.findDetails(WorkflowExecutionAlreadyStartedFailureSchema)[0].runId, "run-1");
      assert.equal(error.metadata.get("x-cause"), "c");
    }
  });

  test("details that cannot be read do not hide the status", async () => {
    const error = await failure(call(connection.transport, { status: 5, message: "gone", details: "!!!" }));
    assert.equal(error.code, Code.NotFound);
    assert.deepEqual(error.details, []);
  });

  test("what is no gRPC is named", async () => {
    const error = await failure(call(connection.transport, { httpStatus: 503 }));
    assert.equal(error.code, Code.Unavailable);
    assert.match(error.rawMessage, /127\.0\.0\.1:\d+ answered with HTTP status 503; is it a Temporal server\?/);
    assert.equal((await failure(call(connection.transport, { httpStatus: 404 }))).code, Code.Unimplemented);
    assert.equal((await failure(call(connection.transport, { status: 99 }))).code, Code.Unknown);
  });

  test("reset streams map to statuses", async () => {
    const codes = [[2, Code.Internal], [8, Code.Canceled], [11, Code.ResourceExhausted], [12, Code.PermissionDenied]];
    for (const [reset, code] of codes) {
      const error = await failure(call(connection.transport, { reset }));
      assert.equal(error.code, code, `RST_STREAM ${reset}: ${error.message}`);
      assert.match(error.rawMessage, /RST_STREAM/);
    }
  });

  test("a refused stream is sent again, and given up after a few times", async () => {
    assert.equal(await call(connection.transport, { key: "refused", reset: 7, times: 2 }), "text");
    assert.equal((await peer.stats()).byKey.refused, 3);
    const error = await failure(call(connection.transport, { key: "refused for good", reset: 7 }));
    assert.equal(error.code, Code.Unavailable);
    assert.equal((await peer.stats()).byKey["refused for good"], 6);
  });

  test("a deadline ends the call on both sides", async () => {
    const { cancelled } = await peer.stats();
    const error = await failure(call(connection.transport, { hang: true, key: "late", timeout: 100 }));
    assert.equal(error.code, Code.DeadlineExceeded);
    assert.match(error.rawMessage, /^StartWorkflowExecution to 127\.0\.0\.1:\d+ had no answer within 100 ms$/);
    await until(async () => (await peer.stats()).cancelled === cancelled + 1);
  });

  test("an abort ends the call on both sides, its reason is the cause", async () => {
    const { cancelled } = await peer.stats();
    const controller = new AbortController();
    const hanging = failure(call(connection.transport, { hang: true, key: "aborted", signal: controller.signal }));
    await until(async () => (await peer.stats()).byKey.aborted === 1);
    const reason = new Error("enough");
    controller.abort(reason);
    const error = await hanging;
    assert.equal(error.code, Code.Canceled);
    assert.equal(error.cause, reason);
    await until(async () => (await peer.stats()).cancelled === cancelled + 1);
  });

  test("a signal aborted before the call sends nothing", async () => {
    const error = await failure(call(connection.transport, { key: "never", signal: AbortSignal.abort("no") }));
    assert.equal(error.code, Code.Canceled);
    assert.equal(error.cause, "no");
    assert.equal((await peer.stats()).byKey.never, undefined);
  });

  test("20 MB go both ways", async () => {
    const text = "0123456789".repeat(2_000_000);
    assert.equal(await call(connection.transport, { text }) === text, true);
    const plain = openConnection({ address: peer.address, grpcCompression: "NONE" });
    assert.equal(await call(plain.transport, { text }) === text, true);
    await plain.close();
  });

  test("large calls leave room for others beside them", async () => {
    const own = openConnection({ address: peer.address, grpcCompression: "NONE" });
    const text = "0123456789".repeat(1_500_000);
    const large = Array.from({ length: 3 }, () => call(own.transport, { text }));
    const small = Array.from({ length: 100 }, (_, index) => call(own.transport, { text: `${index}` }));
    assert.deepEqual(await Promise.all(small), small.map((_, index) => `${index}`));
    for (const answer of await Promise.all(large)) assert.equal(answer === text, true);
    await own.close();
  });

  test("an answer before the request is through counts, and the session lives on", async () => {
    const own = openConnection({ address: peer.address, grpcCompression: "NONE" });
    const text = "0123456789".repeat(2_000_000);
    for (let round = 0; round < 2; round++) {
      const error = await failure(call(own.transport, { text, status: 8, message: "too large", early: true }));
      assert.equal(error.rawMessage, "too large");
      assert.equal(await call(own.transport), "text");
    }
    await own.close();
  });

  test("an answer over 128 MiB is refused at its first bytes", async () => {
    const error = await failure(call(connection.transport, { announces: 128 * 1024 * 1024 + 1 }));
    assert.equal(error.code, Code.ResourceExhausted);
    assert.match(error.rawMessage, /received message larger than max \(134217729 vs\. 134217728\)/);
    const cut = await failure(call(connection.transport, { announces: 10_000 }));
    assert.equal(cut.code, Code.Internal);
    assert.match(cut.rawMessage, /amid a message/);
  });

  test("300 calls at once run on one session", async () => {
    const own = openConnection({ address: peer.address });
    const { sessions } = await peer.stats();
    const texts = Array.from({ length: 300 }, (_, index) => `text ${index}`);
    assert.deepEqual(await Promise.all(texts.map((text) => call(own.transport, { text }))), texts);
    assert.equal((await peer.stats()).sessions, sessions + 1);
    await own.close();
  });

  test("gzip compresses larger requests, and answers are read", async () => {
    const large = await report(connection.transport, { text: "x".repeat(5_000) });
    assert.equal(large.wasCompressed, true);
    assert.equal(large["grpc-encoding"], "gzip");
    assert.equal(large["grpc-accept-encoding"], "gzip");
    const small = await report(connection.transport, { text: "x" });
    assert.equal(small.wasCompressed, false);
    assert.equal(small["grpc-encoding"], undefined);
    const text = "y".repeat(200_000);
    assert.equal(await call(connection.transport, { text, gzip: true }), text);
  });

  test("a server that refuses gzip is not asked again", async () => {
    const own = openConnection({ address: peer.address });
    const text = "x".repeat(5_000);
    assert.equal(await call(own.transport, { text, refusesGzip: true, key: "gzip" }), text);
    assert.equal((await peer.stats()).byKey.gzip, 2);
    assert.equal((await report(own.transport, { text })).wasCompressed, false);
    await own.close();
  });

  test("grpcCompression NONE compresses nothing", async () => {
    const own = openConnection({ address: peer.address, grpcCompression: "NONE" });
    assert.equal((await report(own.transport, { text: "x".repeat(5_000) })).wasCompressed, false);
    await own.close();
  });

  test("streaming is refused by name", async () => {
    const input = (async function* () {})();
    const error = await failure(
      connection.transport.stream(Health.method.watch, undefined, undefined, undefined, input),
    );
    assert.equal(error.code, Code.Unimplemented);
    assert.match(error.rawMessage, /^Watch streams, which native gRPC to 127\.0\.0\.1:\d+ does not offer$/);
  });

  test("a closed connection says so", async () => {
    const own = openConnection({ address: peer.address });
    assert.equal(await call(own.transport), "text");
    const hanging = failure(call(own.transport, { hang: true, key: "closing" }));
    await until(async () => (await peer.stats()).byKey.closing === 1);
    await own.close();
    await own.close();
    assert.match((await hanging).rawMessage, /the connection to 127\.0\.0\.1:\d+ (?:was lost|is closed)/);
    assert.match((await failure(call(own.transport))).rawMessage, /is closed; open a new one$/);
  });
});
