import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  DescribeNamespaceRequestSchema,
  DescribeNamespaceResponseSchema,
} from "../../src/gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { createFetchHandler } from "../../src/server/fetch.ts";
import { createStub, type Stub, until } from "./stub.ts";

const BASE = "http://in-process/temporal.api.workflowservice.v1.WorkflowService";

interface Door extends Stub {
  fetch: (request: Request) => Promise<Response>;
  stop: AbortController;
}

function openDoor(): Door {
  const stub = createStub();
  const stop = new AbortController();
  return { ...stub, stop, fetch: createFetchHandler(stub.routes, stop.signal) };
}

/** A gRPC-web call of DescribeNamespace; what came back, taken apart. */
async function describeNamespace(
  door: Door,
  namespace: string,
  headers: Record<string, string> = {},
): Promise<{ message?: string; trailer: string; response: Response }> {
  const body = envelop(
    toBinary(DescribeNamespaceRequestSchema, create(DescribeNamespaceRequestSchema, { namespace })),
  );
  return await callWeb(door, "DescribeNamespace", body, headers);
}

async function callWeb(
  door: Door,
  method: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<{ message?: string; trailer: string; response: Response }> {
  const response = await door.fetch(
    new Request(`${BASE}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/grpc-web+proto", ...headers },
      body,
    }),
  );
  const isWeb = response.headers.get("content-type") === "application/grpc-web+proto";
  const frames = isWeb ? split(new Uint8Array(await response.arrayBuffer())) : [];
  const message = frames.find(({ flags }) => flags === 0);
  const trailer = frames.find(({ flags }) => flags === 0x80);
  return {
    message: message && fromBinary(DescribeNamespaceResponseSchema, message.data).namespaceInfo?.name,
    trailer: new TextDecoder().decode(trailer?.data),
    response,
  };
}

function envelop(message: Uint8Array, flags = 0): Uint8Array<ArrayBuffer> {
  const body = new Uint8Array(5 + message.length);
  body[0] = flags;
  new DataView(body.buffer).setUint32(1, message.length);
  body.set(message, 5);
  return body;
}

function split(bytes: Uint8Array): { flags: number; data: Uint8Array }[] {
  const frames: { flags: number; data: Uint8Array }[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(1);
    frames.push({ flags: bytes[at], data: bytes.subarray(at + 5, at + 5 + length) });
    at += 5 + length;
  }
  return frames;
}

describe("gRPC-web in process", () => {
  test("answers with one message and one trailer", async () => {
    const { message, trailer, response } = await describeNamespace(openDoor(), "orders");
    assert.equal(message, "orders");
    assert.equal(trailer, "grpc-status: 0\r\n");
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/grpc-web+proto");
  });

  test("answers with the headers and trailers that the implementation set", async () => {
    const { message, trailer, response } = await describeNamespace(openDoor(), "headers");
    assert.equal(message, "headers");
    assert.match(trailer, /grpc-status: 0\r\n/);
    assert.match(trailer, /x-stub-trailer: trailer\r\n/);
    assert.equal(response.headers.get("x-stub"), "header");
    assert.equal(response.headers.get("content-type"), "application/grpc-web+proto");
  });

  test("answers an error with its code and message", async () => {
    const { message, trailer } = await describeNamespace(openDoor(), "missing");
    assert.equal(message, undefined);
    assert.match(trailer, /grpc-status: 5\r\n/);
    assert.match(trailer, /grpc-message: namespace%20%C3%BCnknown\r\n/);
  });

  test("keeps the text of an unexpected error inside", async () => {
    const { trailer } = await describeNamespace(openDoor(), "broken");
    assert.match(trailer, /grpc-status: 13\r\n/);
    assert.doesNotMatch(trailer, /secret/);
  });

  test("gives the implementation the request's headers, timeout and signal", async () => {
    const door = openDoor();
    await describeNamespace(door, "orders", { "grpc-timeout": "30S", "temporal-namespace": "orders" });
    const [context] = door.contexts;
    assert.equal(context.requestHeader.get("temporal-namespace"), "orders");
    assert.equal(context.method.name, "DescribeNamespace");
    assert.equal(context.service.typeName, "temporal.api.workflowservice.v1.WorkflowService");
    assert.equal(context.protocolName, "grpc-web");
    const left = context.timeoutMs();
    assert.ok(left !== undefined && left > 29_000 && left <= 30_000, `${left} ms are left`);
  });

  test("has no timeout where the request has none", async () => {
    const door = openDoor();
    await describeNamespace(door, "orders");
    assert.equal(door.contexts[0].timeoutMs(), undefined);
  });

  for (
    const [what, body] of [
      ["no bytes", new Uint8Array()],
      ["half a prefix", new Uint8Array(3)],
      ["too few bytes", new Uint8Array([0, 0, 0, 0, 9, 1])],
      ["too many bytes", new Uint8Array([0, 0, 0, 0, 0, 1, 2, 3])],
      ["flags that are not spoken", envelop(new Uint8Array(), 1)],
    ] satisfies [string, Uint8Array<ArrayBuffer>][]
  ) {
    test(`answers INVALID_ARGUMENT to ${what}`, async () => {
      assert.match((await callWeb(openDoor(), "DescribeNamespace", body)).trailer, /grpc-status: 3\r\n/);
    });
  }

  test("answers INVALID_ARGUMENT to a message that is none, and goes on", async () => {
    const door = openDoor();
    const { trailer } = await callWeb(door, "DescribeNamespace", envelop(new Uint8Array([0x0a, 0xff, 0xff, 0x01])));
    assert.match(trailer, /grpc-status: 3\r\n/);
    assert.equal((await describeNamespace(door, "orders")).message, "orders");
  });

  test("answers INVALID_ARGUMENT to a timeout that is none", async () => {
    assert.match((await describeNamespace(openDoor(), "a", { "grpc-timeout": "soon" })).trailer, /grpc-status: 3\r\n/);
  });

  test("answers UNIMPLEMENTED for a method without implementation", async () => {
    assert.match(
      (await callWeb(openDoor(), "ListNamespaces", envelop(new Uint8Array()))).trailer,
      /grpc-status: 12\r\n/,
    );
  });
});

describe("a poll in process", () => {
  const empty = envelop(new Uint8Array());

  test("is aborted by its timeout", async () => {
    const { trailer } = await callWeb(openDoor(), "PollWorkflowTaskQueue", empty, { "grpc-timeout": "20m" });
    assert.match(trailer, /grpc-status: 4\r\n/);
  });

  test("is aborted by the request's signal", async () => {
    const door = openDoor();
    const abort = new AbortController();
    const headers = { "content-type": "application/grpc-web+proto" };
    const call = door.fetch(
      new Request(`${BASE}/PollWorkflowTaskQueue`, { method: "POST", headers, body: empty, signal: abort.signal }),
    );
    await until(() => door.polls.open === 1, "the poll is open");
    abort.abort();
    await call.catch(() => {});
    assert.deepEqual(door.polls.ended, 1);
  });

  test("is aborted by shutdown with UNAVAILABLE", async () => {
    const door = openDoor();
    const call = callWeb(door, "PollWorkflowTaskQueue", empty);
    await until(() => door.polls.open === 1, "the poll is open");
    door.stop.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    assert.match((await call).trailer, /grpc-status: 14\r\n/);
  });
});

test("what comes after shutdown is 503", async () => {
  const door = openDoor();
  door.stop.abort(new ConnectError("the server is shutting down", Code.Unavailable));
  const { response } = await callWeb(door, "GetSystemInfo", envelop(new Uint8Array()));
  assert.equal(response.status, 503);
});

describe("other protocols in process", () => {
  test("Connect as JSON is answered", async () => {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ namespace: "orders" });
    const response = await openDoor().fetch(
      new Request(`${BASE}/DescribeNamespace`, { method: "POST", headers, body }),
    );
    assert.deepEqual(await response.json(), { namespaceInfo: { name: "orders" } });
  });

  test("native gRPC gets a gRPC answer that says what to do", async () => {
    const headers = { "content-type": "application/grpc" };
    const response = await openDoor().fetch(
      new Request(`${BASE}/DescribeNamespace`, { method: "POST", headers, body: envelop(new Uint8Array()) }),
    );
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("grpc-status"), "12");
    assert.match(decodeURIComponent(response.headers.get("grpc-message") ?? ""), /use gRPC-web or Connect/);
  });

  test("an unknown path is 404, an unknown content type 415, GET is 405", async () => {
    const { fetch } = openDoor();
    assert.equal((await fetch(new Request("http://in-process/nothing", { method: "POST" }))).status, 404);
    assert.equal((await fetch(new Request(`${BASE}/GetSystemInfo`))).status, 405);
    const headers = { "content-type": "text/html" };
    const request = new Request(`${BASE}/GetSystemInfo`, { method: "POST", headers, body: "x" });
    assert.equal((await fetch(request)).status, 415);
  });

  test("a query string does not hide the method", async () => {
    const headers = { "content-type": "application/json" };
    const request = new Request(`${BASE}/GetSystemInfo?x=1`, { method: "POST", headers, body: "{}" });
    assert.equal((await openDoor().fetch(request)).status, 200);
  });
});
