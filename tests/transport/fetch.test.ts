import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { StartWorkflowExecutionResponseSchema } from "../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { openConnection } from "../../src/transport/connection.ts";
import { encodeFrame, receiveLimit } from "../../src/transport/frame.ts";
import { call, failure, until } from "./calls.ts";

const message = toBinary(
  StartWorkflowExecutionResponseSchema,
  create(StartWorkflowExecutionResponseSchema, { runId: "run-1" }),
);
const web = { "content-type": "application/grpc-web+proto" };

function trailers(text: string): Uint8Array {
  return encodeFrame(new TextEncoder().encode(text), 0x80);
}

function answer(parts: Uint8Array[], init: ResponseInit = { headers: web }) {
  return () => Promise.resolve(new Response(new Blob(parts as BlobPart[]), init));
}

function open(fetch: (request: Request) => Promise<Response>) {
  return openConnection({ fetch }).transport;
}

describe("gRPC-web", () => {
  test("a request is what the protocol wants", async () => {
    let seen: Request | undefined;
    const transport = open((request) => {
      seen = request;
      return answer([encodeFrame(message, 0), trailers("grpc-status: 0\r\n")])();
    });
    assert.equal(await call(transport, { timeout: 5_000 }), "run-1");
    assert.equal(seen?.method, "POST");
    assert.equal(
      seen?.url,
      "http://localhost/temporal.api.workflowservice.v1.WorkflowService/StartWorkflowExecution",
    );
    assert.equal(seen?.headers.get("content-type"), "application/grpc-web+proto");
    assert.equal(seen?.headers.get("x-grpc-web"), "1");
    assert.equal(seen?.headers.get("grpc-timeout"), "5000m");
  });

  test("a status is read from trailers and from headers", async () => {
    const inTrailers = await failure(call(open(answer([trailers("Grpc-Status: 5\r\ngrpc-message: a%20b: c\r\n")]))));
    assert.equal(inTrailers.code, Code.NotFound);
    assert.equal(inTrailers.rawMessage, "a b: c");
    const headers = { ...web, "grpc-status": "7", "grpc-message": "no" };
    const inHeaders = await failure(call(open(answer([], { headers }))));
    assert.equal(inHeaders.code, Code.PermissionDenied);
  });

  test("what is no gRPC-web is named", async () => {
    const page = await failure(call(open(answer([new Uint8Array(20)], { status: 502, headers: {} }))));
    assert.equal(page.code, Code.Unavailable);
    assert.equal(
      page.rawMessage,
      "the given fetch function answered with HTTP status 502; is it a Temporal server?",
    );
    const html = await failure(call(open(answer([new Uint8Array(20)], { headers: { "content-type": "text/html" } }))));
    assert.match(html.rawMessage, /answered with HTTP status 200; is it a Temporal server\?$/);
    const refused = await failure(call(open(answer([], { status: 401 }))));
    assert.equal(refused.code, Code.Unauthenticated);
    assert.match(refused.rawMessage, /answered with HTTP status 401; check apiKey$/);
    assert.match((await failure(call(open(answer([]))))).rawMessage, /ended the call without a status$/);
    const empty = await failure(call(open(answer([trailers("grpc-status: 0\r\n")]))));
    assert.match(empty.rawMessage, /answered without a message$/);
    const cut = await failure(call(open(answer([encodeFrame(message, 0).subarray(0, 8)]))));
    assert.match(cut.rawMessage, /ended the call without a status$/);
  });

  test("an answer over 128 MiB is refused", async () => {
    const headers = { ...web, "content-length": String(receiveLimit + 1) };
    const error = await failure(call(open(answer([], { headers }))));
    assert.equal(error.code, Code.ResourceExhausted);
  });

  test("a fetch function that throws is UNAVAILABLE", async () => {
    const error = await failure(call(open(() => Promise.reject(new TypeError("wires cut")))));
    assert.equal(error.code, Code.Unavailable);
    assert.equal(
      error.rawMessage,
      "no connection to the given fetch function (wires cut); check the address and the network",
    );
  });

  test("streams are read", async () => {
    const serving = encodeFrame(new Uint8Array([8, 1]), 0);
    const transport = open(answer([serving, serving, trailers("grpc-status: 0\r\n")]));
    const input = (async function* () {
      yield await Promise.resolve({ service: "" });
    })();
    const response = await transport.stream(Health.method.watch, undefined, undefined, undefined, input);
    const statuses = [];
    for await (const { status } of response.message) statuses.push(status);
    assert.deepEqual(statuses, [1, 1]);
  });
});

for (const protocol of ["grpc-web", "connect"] as const) {
  describe(`a call by ${protocol}`, () => {
    let seen: Request | undefined;
    const hang = (request: Request): Promise<Response> => {
      seen = request;
      return new Promise(() => {});
    };

    test("ends with its deadline, and aborts the request", async () => {
      const { transport } = openConnection({ fetch: hang, protocol });
      const error = await failure(call(transport, { timeout: 20.5 }));
      assert.equal(error.code, Code.DeadlineExceeded);
      assert.equal(
        error.rawMessage,
        "StartWorkflowExecution to the given fetch function had no answer within 20.5 ms",
      );
      assert.equal(seen?.signal.aborted, true);
      const deadline = seen.headers.get("grpc-timeout") ?? seen.headers.get("connect-timeout-ms");
      assert.match(deadline ?? "", /^21m?$/);
      const endless = call(transport, { timeout: 0, signal: AbortSignal.timeout(20) });
      assert.equal((await failure(endless)).code, Code.Canceled);
      assert.equal(seen.headers.has("grpc-timeout") || seen.headers.has("connect-timeout-ms"), false);
    });

    test("ends with its signal, and aborts the request", async () => {
      const { transport } = openConnection({ fetch: hang, protocol });
      const controller = new AbortController();
      const hanging = failure(call(transport, { signal: controller.signal }));
      await until(() => Promise.resolve(seen?.signal.aborted === false));
      controller.abort("enough");
      const error = await hanging;
      assert.equal(error.code, Code.Canceled);
      assert.equal(error.rawMessage, "StartWorkflowExecution to the given fetch function was cancelled");
      assert.equal(error.cause, "enough");
      assert.equal(seen?.signal.aborted, true);
    });

    test("ends when the connection is closed", async () => {
      const connection = openConnection({ fetch: hang, protocol });
      const hanging = failure(call(connection.transport));
      await until(() => Promise.resolve(seen?.signal.aborted === false));
      await connection.close();
      const message = "the connection to the given fetch function is closed; open a new one";
      assert.equal((await hanging).rawMessage, message);
      assert.equal(seen?.signal.aborted, true);
      assert.equal((await failure(call(connection.transport))).rawMessage, message);
    });

    test("is UNAVAILABLE where its answer breaks off", async () => {
      const headers = { "content-type": protocol === "connect" ? "application/proto" : "application/grpc-web+proto" };
      const body = () =>
        new ReadableStream({
          start: (controller) => controller.enqueue(message),
          pull: (controller) => controller.error(new TypeError("wires cut")),
        });
      const fetch = () => Promise.resolve(new Response(body(), { headers }));
      const error = await failure(call(openConnection({ fetch, protocol }).transport));
      assert.equal(error.code, Code.Unavailable);
      assert.equal(error.rawMessage, "the connection to the given fetch function was lost (wires cut)");
    });

    test("says where it came to no RPC server", async () => {
      const fetch = answer([], { status: 404, headers: { "content-type": "text/html" } });
      const error = await failure(call(openConnection({ fetch, protocol }).transport));
      assert.equal(error.code, Code.Unimplemented);
      assert.equal(error.isWireError, false);
      assert.match(error.rawMessage, /answered with HTTP status 404; is it a Temporal server\?$/);
    });
  });
}
