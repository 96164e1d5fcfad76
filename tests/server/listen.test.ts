import assert from "node:assert/strict";
import http2 from "node:http2";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { ValueError } from "../../src/common/errors.ts";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import { listen, type Listener } from "../../src/server/listen.ts";
import { createStub, until } from "./stub.ts";

const SERVICE = "temporal.api.workflowservice.v1.WorkflowService";

describe("one port", () => {
  const stub = createStub();
  let listener: Listener;
  let url: string;
  let port: number;

  before(async () => {
    listener = await listen({ routes: stub.routes, ip: "127.0.0.1", port: 0 });
    url = `http://${listener.address}`;
    port = Number(listener.address.split(":")[1]);
  });
  after(() => listener.close());

  async function assertServes(): Promise<void> {
    const response = await postJson(url, "GetSystemInfo", {});
    assert.deepEqual(await response.json(), { serverVersion: "stub" });
    assert.equal(await grpcVersion(url), "stub");
  }

  test("answers Connect as JSON to a plain fetch", async () => {
    const response = await postJson(url, "GetSystemInfo", {});
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), { serverVersion: "stub" });
  });

  test("answers errors with their code", async () => {
    const response = await postJson(url, "DescribeNamespace", { namespace: "missing" });
    assert.equal(response.status, 404);
    assert.deepEqual(await response.json(), { code: "not_found", message: "namespace ünknown" });
  });

  for (
    const [name, bytes, create] of [
      ["gRPC over HTTP/2", 300_000, () => createGrpcTransport({ baseUrl: url })],
      ["gRPC-web over HTTP/1.1", 300_000, () => createGrpcWebTransport({ baseUrl: url, httpVersion: "1.1" })],
      ["Connect over HTTP/2", 300_000, () => createConnectTransport({ baseUrl: url, httpVersion: "2" })],
    ] satisfies [string, number, () => Transport][]
  ) {
    test(`answers ${name}`, async () => {
      const client = createClient(WorkflowService, create());
      assert.equal((await client.getSystemInfo({})).serverVersion, "stub");
      const answer = await client.describeNamespace({ namespace: "n".repeat(bytes) });
      assert.equal(answer.namespaceInfo?.name.length, bytes);
      await assert.rejects(
        client.describeNamespace({ namespace: "missing" }),
        (error) =>
          error instanceof ConnectError && error.code === Code.NotFound && /namespace ünknown/.test(error.message),
      );
    });
  }

  test("answers gRPC-web over HTTP/2", async () => {
    const session = http2.connect(url);
    const answer = await callOverSession(session, "application/grpc-web+proto");
    session.destroy();
    assert.match(answer, /stub/);
    assert.match(answer, /grpc-status: 0\r\n$/);
  });

  test("answers 50 calls at once on one connection", async () => {
    const client = createClient(WorkflowService, createGrpcTransport({ baseUrl: url }));
    const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
    const answers = await Promise.all(names.map((namespace) => client.describeNamespace({ namespace })));
    assert.deepEqual(answers.map((answer) => answer.namespaceInfo?.name), names);
  });

  test("lets go of a poll whose client aborts it", async () => {
    const client = createClient(WorkflowService, createGrpcTransport({ baseUrl: url }));
    const { ended } = stub.polls;
    const abort = new AbortController();
    const poll = client.pollWorkflowTaskQueue({}, { signal: abort.signal });
    await until(() => stub.polls.open > 0, "the poll is open");
    abort.abort();
    await assert.rejects(poll);
    await until(() => stub.polls.ended === ended + 1, "the poll ended");
  });

  test("survives a client that breaks off in the middle of calls", async () => {
    const { ended } = stub.polls;
    const session = http2.connect(url);
    session.on("error", () => {});
    for (let index = 0; index < 5; index++) openPoll(session);
    await until(() => stub.polls.open >= 5, "the polls are open");
    session.destroy();
    await until(() => stub.polls.ended === ended + 5, "the polls ended");
    await assertServes();
  });

  test("survives a client that says goodbye with GOAWAY", async () => {
    for (let round = 0; round < 3; round++) {
      const session = http2.connect(url);
      for (let index = 0; index < 20; index++) await callOverSession(session);
      session.goaway();
      await new Promise<void>((resolve) => session.close(resolve));
    }
    await assertServes();
  });

  test("survives bytes that are no protocol", async () => {
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const junk = ["\0\0\0", "GET", "GET / HTTP/9.9\r\n\r\n", "PRI", preface, `${preface}\0\0\x01\x04\0\0\0\0\0`];
    await Promise.all(junk.map((text) => sendAndBreak(port, text)));
    await Promise.all(junk.map((text) => sendAndEnd(port, text)));
    await assertServes();
  });

  test("survives a request for a method without a Host", async () => {
    const answer = await sendAndEnd(port, `POST /${SERVICE}/GetSystemInfo HTTP/1.0\r\ncontent-length: 2\r\n\r\n{}`);
    assert.match(answer, /^HTTP\/1\.1 400 /);
    await assertServes();
  });

  test("survives a flood of sockets that say nothing", async () => {
    const sockets = await Promise.all(Array.from({ length: 300 }, () => openSocket(port)));
    await assertServes();
    for (const socket of sockets) socket.destroy();
    await assertServes();
  });

  test("answers an unknown path with 404 and an unknown method of a service with UNIMPLEMENTED", async () => {
    assert.equal((await fetch(`${url}/nothing`)).status, 404);
    const response = await postJson(url, "ListClosedWorkflowExecutions", {});
    assert.equal(response.status, 501);
    assert.equal(((await response.json()) as { code: string }).code, "unimplemented");
  });
});

describe("closing", () => {
  test("ends open polls with UNAVAILABLE and closes the port at once", async () => {
    const stub = createStub();
    const listener = await listen({ routes: stub.routes, ip: "127.0.0.1", port: 0 });
    const url = `http://${listener.address}`;
    const clients = [
      createGrpcTransport({ baseUrl: url }),
      createGrpcWebTransport({ baseUrl: url, httpVersion: "1.1" }),
    ];
    const polls = clients.map(async (transport) => {
      const poll = (): Promise<unknown> => createClient(WorkflowService, transport).pollWorkflowTaskQueue({});
      await assert.rejects(
        poll(),
        (error) =>
          error instanceof ConnectError && error.code === Code.Unavailable && /shutting down/.test(error.message),
      );
      await assert.rejects(poll(), ConnectError);
    });
    await until(() => stub.polls.open === 2, "both polls are open");
    const started = Date.now();
    await listener.close();
    await Promise.all(polls);
    assert.ok(Date.now() - started < 450, `closing took ${Date.now() - started} ms`);
    assert.deepEqual(stub.polls, { open: 0, ended: 2 });
    await assert.rejects(openSocket(Number(listener.address.split(":")[1])));
  });

  test("does not wait for silent or idle connections", async () => {
    const listener = await listen({ routes: createStub().routes, ip: "127.0.0.1", port: 0 });
    const silent = await openSocket(Number(listener.address.split(":")[1]));
    const gone = new Promise((resolve) => silent.once("close", resolve));
    await listener.close();
    await gone;
  });
});

describe("a port that is not to be had", () => {
  test("is a one-line error when it is taken", async () => {
    const first = await listen({ routes: createStub().routes, ip: "127.0.0.1", port: 0 });
    const port = Number(first.address.split(":")[1]);
    await assert.rejects(listen({ routes: createStub().routes, ip: "127.0.0.1", port }), (error) => {
      assert.ok(error instanceof ValueError);
      assert.equal(error.message, `port ${port} is in use at 127.0.0.1: choose another, or 0 for a free one`);
      return true;
    });
    await first.close();
  });

  test("is a one-line error when it is no port or the ip is not here", async () => {
    const options = { routes: createStub().routes, ip: "127.0.0.1" };
    for (const port of [-1, 70_000, 1.5, NaN]) {
      await assert.rejects(listen({ ...options, port }), {
        message: `port must be a whole number from 0 to 65535, not ${port}`,
      });
    }
    await assert.rejects(
      listen({ ...options, ip: "192.0.2.1", port: 0 }),
      /ip 192\.0\.2\.1 is not an address of this machine/,
    );
  });
});

function postJson(url: string, method: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}/${SERVICE}/${method}`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function grpcVersion(url: string): Promise<string> {
  return (await createClient(WorkflowService, createGrpcTransport({ baseUrl: url })).getSystemInfo({})).serverVersion;
}

function openPoll(session: http2.ClientHttp2Session): http2.ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": `/${SERVICE}/PollWorkflowTaskQueue`,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {});
  stream.end(new Uint8Array(5));
  return stream;
}

/** Calls GetSystemInfo and returns the body of the answer as Latin-1. */
function callOverSession(session: http2.ClientHttp2Session, contentType = "application/grpc"): Promise<string> {
  const stream = session.request({
    ":method": "POST",
    ":path": `/${SERVICE}/GetSystemInfo`,
    "content-type": contentType,
    te: "trailers",
  });
  let answer = "";
  stream.setEncoding("latin1");
  stream.on("data", (chunk) => answer += chunk);
  stream.end(new Uint8Array(5));
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.once("end", () => resolve(answer));
  });
}

function openSocket(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, "127.0.0.1", () => resolve(socket));
    socket.on("error", reject);
  });
}

async function sendAndBreak(port: number, text: string): Promise<void> {
  const socket = await openSocket(port);
  await new Promise<void>((resolve) => socket.write(text, "latin1", () => resolve()));
  socket.destroy();
}

async function sendAndEnd(port: number, text: string): Promise<string> {
  const socket = await openSocket(port);
  let answer = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk) => answer += chunk);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.end(text, "latin1");
  await closed;
  return answer;
}
