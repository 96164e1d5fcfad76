import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { DescMethodUnary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { ValueError } from "../../src/common/errors.ts";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { WorkflowExecutionAlreadyStartedFailureSchema } from "../../src/gen/temporal/api/errordetails/v1/message_pb.ts";
import { OperatorService } from "../../src/gen/temporal/api/operatorservice/v1/service_pb.ts";
import { TestService } from "../../src/gen/temporal/api/testservice/v1/service_pb.ts";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import { type Connection, openConnection } from "../../src/transport/connection.ts";
import { createGateway } from "../../src/transport/mod.ts";
import { call, encodeDetails, failure, report, respond, until } from "./calls.ts";
import { serve } from "./http_server.ts";
import { type Peer, startPeer } from "./peer_process.ts";

const path = "/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution";

for (const protocol of ["grpc-web", "connect"] as const) {
  describe(`a gateway, spoken to in ${protocol}`, () => {
    let peer: Peer;
    let connection: Connection;
    before(async () => {
      peer = await startPeer();
      connection = openConnection({ fetch: createGateway({ address: peer.address }), protocol });
    });
    after(() => peer[Symbol.asyncDispose]());

    test("a call brings the answer, its headers and its trailers", async () => {
      const response = await respond(connection.transport, {
        text: "größe",
        headers: { "x-first": "1" },
        trailers: { "x-last": "2" },
      });
      assert.equal(response.message.runId, "größe");
      assert.equal(response.header.get("x-first"), "1");
      assert.equal(response.trailer.get("x-last"), "2");
    });

    test("metadata and deadline pass", async () => {
      const header = { "x-mine": "yes", "x-bytes-bin": "AP8Q", authorization: "Bearer mine", cookie: "no" };
      const headers = await report(connection.transport, { header, timeout: 20_000 });
      assert.equal(headers["x-mine"], "yes");
      assert.equal(headers["x-bytes-bin"], "AP8Q");
      assert.equal(headers.authorization, "Bearer mine");
      assert.equal(headers["content-type"], "application/grpc");
      assert.equal(headers.cookie, undefined);
      assert.equal(headers["x-grpc-web"], undefined);
      assert.equal(headers["connect-protocol-version"], undefined);
      const passed = Number(String(headers["grpc-timeout"]).replace("m", ""));
      assert.equal(passed <= 20_000 && passed > 10_000, true, `${passed} ms`);
    });

    test("errors pass with their details", async () => {
      const error = await failure(
        call(connection.transport, { status: 6, message: "50 % ü", details: encodeDetails(6, "50 % ü", "run-1") }),
      );
      assert.equal(error.code, Code.AlreadyExists);
      assert.equal(error.rawMessage, "50 % ü");
      assert.equal(error.findDetails(WorkflowExecutionAlreadyStartedFailureSchema)[0].runId, "run-1");
    });

    test("deadlines and aborts reach the server", async () => {
      const { cancelled } = await peer.stats();
      const late = await failure(call(connection.transport, { hang: true, key: "late", timeout: 100 }));
      assert.equal(late.code, Code.DeadlineExceeded);
      await until(async () => (await peer.stats()).cancelled === cancelled + 1);
      const controller = new AbortController();
      const hanging = failure(call(connection.transport, { hang: true, key: "aborted", signal: controller.signal }));
      await until(async () => (await peer.stats()).byKey.aborted === 1);
      controller.abort(new Error("enough"));
      assert.equal((await hanging).code, Code.Canceled);
      await until(async () => (await peer.stats()).cancelled === cancelled + 2);
    });

    test("20 MB go both ways", async () => {
      const text = "0123456789".repeat(2_000_000);
      assert.equal(await call(connection.transport, { text }) === text, true);
    });

    test("100 calls at once", async () => {
      const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
      assert.deepEqual(await Promise.all(texts.map((text) => call(connection.transport, { text }))), texts);
    });

    test("a lost upstream is UNAVAILABLE and says where", async () => {
      const error = await failure(call(connection.transport, { drop: true }));
      assert.equal(error.code, Code.Unavailable);
      assert.match(error.rawMessage, /the connection to 127\.0\.0\.1:\d+ was lost/);
      assert.equal(await call(connection.transport), "text");
    });

    test("over a socket", async () => {
      const server = await serve(createGateway({ address: peer.address }));
      const remote = openConnection({ address: server.url, protocol });
      assert.equal(await call(remote.transport, { text: "far" }), "far");
      const error = await failure(call(remote.transport, { status: 5, message: "gone" }));
      assert.equal(error.code, Code.NotFound);
      const late = await failure(call(remote.transport, { hang: true, key: "far", timeout: 100 }));
      assert.equal(late.code, Code.DeadlineExceeded);
      await server.close();
    });

    test("every method of the four services is there", async () => {
      for (const service of [WorkflowService, OperatorService, TestService, Health]) {
        for (const method of service.methods) {
          if (method.methodKind !== "unary") continue;
          const header = { "x-script": JSON.stringify({ status: 9, message: method.name }) };
          const answer = connection.transport.unary(method as DescMethodUnary, undefined, undefined, header, {});
          const error = await failure(answer);
          assert.equal(error.rawMessage, method.name, `${service.typeName}/${method.name}`);
        }
      }
    });
  });
}

describe("a gateway", () => {
  let peer: Peer;
  before(async () => {
    peer = await startPeer();
  });
  after(() => peer[Symbol.asyncDispose]());

  function post(origin: string | undefined, body: string = '{"namespace":"ns"}'): Request {
    const headers = { "content-type": "application/json", ...origin && { origin } };
    return new Request(`http://gateway${path}`, { method: "POST", headers, body });
  }

  function preflight(origin: string): Request {
    return new Request(`http://gateway${path}`, {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-mine",
      },
    });
  }

  test("speaks Connect's JSON", async () => {
    const response = await createGateway({ address: peer.address })(post(undefined));
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { runId: "ns" });
  });

  test("knows no other methods", async () => {
    const gateway = createGateway({ address: peer.address });
    assert.equal((await gateway(new Request("http://gateway/x.Y/Z", { method: "POST" }))).status, 404);
    assert.equal((await gateway(new Request(`http://gateway${path}`))).status, 405);
    assert.equal((await gateway(new Request(`http://gateway${path}`, { method: "POST", body: "x" }))).status, 415);
  });

  test("adds its own metadata; its API key replaces the caller's", async () => {
    const gateway = createGateway({
      address: peer.address,
      tls: false,
      apiKey: "key",
      rpcMetadata: { "x-gateway": "1" },
    });
    const connection = openConnection({ fetch: gateway, apiKey: "browser's" });
    const headers = await report(connection.transport, { text: "ns" });
    assert.equal(headers.authorization, "Bearer key");
    assert.equal(headers["temporal-namespace"], "ns");
    assert.equal(headers["x-gateway"], "1");
  });

  test("answers preflights of its origins, and only of those", async () => {
    const gateway = createGateway({
      address: peer.address,
      corsOrigins: ["https://app.example", "http://localhost:1"],
    });
    const allowed = await gateway(preflight("https://app.example"));
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get("access-control-allow-origin"), "https://app.example");
    assert.equal(allowed.headers.get("access-control-allow-methods"), "POST, GET");
    assert.equal(allowed.headers.get("access-control-allow-headers"), "content-type,x-mine");
    assert.equal(allowed.headers.get("vary"), "origin");
    const refused = await gateway(preflight("https://other.example"));
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get("access-control-allow-origin"), null);
  });

  test("lets pages of its origins read answers, status and details", async () => {
    const gateway = createGateway({ address: peer.address, corsOrigins: ["https://app.example"] });
    const response = await gateway(post("https://app.example"));
    assert.equal(response.headers.get("access-control-allow-origin"), "https://app.example");
    const exposed = response.headers.get("access-control-expose-headers")!.split(", ");
    for (const name of ["grpc-status", "grpc-message", "grpc-status-details-bin", "content-type"]) {
      assert.equal(exposed.includes(name), true, name);
    }
    const other = await gateway(post("https://other.example"));
    assert.equal(other.headers.get("access-control-allow-origin"), null);
    const all = createGateway({ address: peer.address, corsOrigins: ["*"] });
    const any = await all(post("https://other.example"));
    assert.equal(any.headers.get("access-control-allow-origin"), "https://other.example");
  });

  test("refuses origins that are none", () => {
    for (const origin of ["app.example", "https://app.example/", "https://app.example/page", ""]) {
      assert.throws(() => createGateway({ corsOrigins: [origin] }), (error) => {
        assert.equal(error instanceof ValueError, true);
        assert.match(
          (error as Error).message,
          /^corsOrigins has ".*", which is no origin; give "https:\/\/host" or "\*"$/,
        );
        return true;
      });
    }
  });
});
