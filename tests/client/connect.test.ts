// deno-lint-ignore-file no-explicit-any -- requests and errors are looked into freely
import { Code, ConnectError, createConnectRouter } from "@connectrpc/connect";
import { universalServerRequestFromFetch, universalServerResponseToFetch } from "@connectrpc/connect/protocol";
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client, clientParts } from "../../src/client/client.ts";
import { override, resolveTarget } from "../../src/client/target.ts";
import { DataConverter } from "../../src/converter/data.ts";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import { connectFake, fakeTransport, values } from "./fake_service.ts";

/** A fetch function over a service, as the embedded server has one. */
function fakeFetch(): { fetch: (request: Request) => Promise<Response>; requests: Request[] } {
  const requests: Request[] = [];
  const router = createConnectRouter().service(WorkflowService, {
    getSystemInfo: {} as never,
    signalWorkflowExecution: () => ({}),
  });
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  async function fetch(request: Request): Promise<Response> {
    requests.push(request);
    const handler = handlers.get(new URL(request.url).pathname);
    if (!handler) return new Response("not found", { status: 404 });
    return universalServerResponseToFetch(await handler(universalServerRequestFromFetch(request, {})));
  }
  return { fetch, requests };
}

describe("Client.connect", () => {
  test("asks the server once what it can do", async () => {
    let asked = 0;
    const { transport } = fakeTransport({ getSystemInfo: () => ({ capabilities: { nexus: ++asked > 0 } }) });
    const client = await Client.connect({ transport });
    assert.equal(asked, 1);
    assert.equal(clientParts(client).link.capabilities?.nexus, true);
  });

  test("a server too old to say is fine", async () => {
    const { transport } = fakeTransport({
      getSystemInfo: () => {
        throw new ConnectError("unknown method", Code.Unimplemented);
      },
    });
    assert.equal(clientParts(await Client.connect({ transport })).link.isReady, true);
  });

  test("a server that is no Temporal server is not taken for an old one", async () => {
    const fetch = (): Promise<Response> => Promise.resolve(new Response("no such page", { status: 404 }));
    for (const protocol of ["grpc-web", "connect"] as const) {
      await assert.rejects(Client.connect({ fetch, protocol }), {
        name: "RPCError",
        status: "UNIMPLEMENTED",
        message: "the given fetch function answered with HTTP status 404; is it a Temporal server?",
      });
    }
  });

  test("fails fast, without retries", async () => {
    let asked = 0;
    const { transport } = fakeTransport({
      getSystemInfo: () => {
        asked++;
        throw new ConnectError("away", Code.Unavailable);
      },
    });
    await assert.rejects(Client.connect({ transport }), { name: "RPCError", status: "UNAVAILABLE", message: "away" });
    assert.equal(asked, 1);
  });

  test("nobody at the address: one line that says where", async () => {
    const address = "127.0.0.1:1";
    await assert.rejects(Client.connect(address), {
      name: "RPCError",
      status: "UNAVAILABLE",
      message: /^no Temporal server at 127\.0\.0\.1:1 [^\n]*; start one[^\n]*$/,
    });
  });

  test("lazy: connects once, on the first call, however many there are", async () => {
    let asked = 0;
    const { transport } = fakeTransport({
      getSystemInfo: () => {
        asked++;
        return {};
      },
      signalWorkflowExecution: {},
    });
    const client = await Client.connect({ transport, lazy: true });
    assert.equal(asked, 0);
    const handle = client.workflow.getHandle("w");
    await Promise.all([handle.signal("a"), handle.signal("b"), client.with({}).workflow.getHandle("w").signal("c")]);
    await handle.signal("d");
    assert.equal(asked, 1);
  });

  test("lazy: after a failure the next call tries again", async () => {
    let asked = 0;
    const { transport } = fakeTransport({
      getSystemInfo: () => {
        if (++asked === 1) throw new ConnectError("not yet", Code.PermissionDenied);
        return {};
      },
      signalWorkflowExecution: {},
    });
    const handle = (await Client.connect({ transport, lazy: true })).workflow.getHandle("w");
    await assert.rejects(handle.signal("a"), { status: "PERMISSION_DENIED" });
    await handle.signal("a");
    assert.equal(asked, 2);
  });

  test("lazy: a call waits for the first contact no longer than for its own answer", async () => {
    const fetch = (): Promise<Response> => new Promise(() => {});
    const client = await Client.connect({ fetch, lazy: true });
    const handle = client.workflow.getHandle("w");
    await assert.rejects(handle.describe({ rpcTimeout: 20 }), {
      name: "RPCError",
      status: "DEADLINE_EXCEEDED",
      message: "DescribeWorkflowExecution to the given fetch function had no answer within 20 ms",
    });
    const reason = new Error("enough");
    const abort = new AbortController();
    const aborted = handle.describe({ signal: abort.signal });
    abort.abort(reason);
    await assert.rejects(aborted, { name: "RPCError", status: "CANCELLED", cause: reason });
    await client.close();
  });

  test("a fetch function, and a server in this process", async () => {
    const server = fakeFetch();
    const client = await Client.connect({ fetch: server.fetch });
    await client.workflow.getHandle("w").signal("s");
    assert.match(server.requests[1].url, /SignalWorkflowExecution$/);
    assert.equal(server.requests[1].headers.get("content-type"), "application/grpc-web+proto");

    class Door {
      readonly namespace = "inside";
      calls = 0;
      fetch(request: Request): Promise<Response> {
        this.calls++;
        return server.fetch(request);
      }
    }
    const door = new Door();
    const inside = await Client.connect(door);
    assert.deepEqual([inside.namespace, door.calls], ["inside", 1]);
    assert.equal((await Client.connect(door, { namespace: "other" })).namespace, "other");
  });

  test("what is no target", async () => {
    await assert.rejects(Client.connect(7233 as any), { name: "ValueError", message: /the target is a number/ });
    await assert.rejects(Client.connect(null as any), { name: "ValueError", message: /the target is null/ });
    await assert.rejects(Client.connect(new (class Door {})()), { name: "ValueError", message: /neither `fetch` nor/ });
    await assert.rejects(Client.connect("host:port:7"), { name: "ValueError" });
  });

  test("an API key beside an authorization header", async () => {
    const { transport } = fakeTransport({});
    const options = { transport, apiKey: "key", rpcMetadata: { authorization: "Bearer other" } };
    await assert.rejects(Client.connect(options), { name: "ValueError", message: /apiKey and an authorization/ });
  });
});

describe("credentials", () => {
  test("an API key adds its header and the namespace's", async () => {
    const { client, calls } = await connectFake({ signalWorkflowExecution: {} }, { apiKey: "key", namespace: "n" });
    await client.workflow.getHandle("w").signal("s");
    await client.with({ namespace: "m" }).workflow.getHandle("w").signal("s");
    const headers = calls.map(({ headers }) => [headers.get("authorization"), headers.get("temporal-namespace")]);
    assert.deepEqual(headers, [["Bearer key", "n"], ["Bearer key", "m"]]);
  });

  test("key and metadata can be replaced; a function is asked each time", async () => {
    const { client, calls } = await connectFake({ signalWorkflowExecution: {} }, { rpcMetadata: { a: "1", b: "1" } });
    const handle = client.with({ rpcMetadata: { c: "own" } }).workflow.getHandle("w");
    let count = 0;
    await handle.signal("s");
    client.rpcMetadata = { a: "2" };
    client.apiKey = () => `key-${++count}`;
    await handle.signal("s");
    await handle.signal("s");
    client.apiKey = undefined;
    await handle.signal("s");
    const seen = calls.map(({ headers }) => ["authorization", "a", "b", "c"].map((key) => headers.get(key)));
    assert.deepEqual(seen, [
      [null, "1", "1", "own"],
      ["Bearer key-1", "2", null, "own"],
      ["Bearer key-2", "2", null, "own"],
      [null, "2", null, "own"],
    ]);
    assert.deepEqual(client.rpcMetadata, { a: "2" });
  });
});

describe("client.with and config", () => {
  test("only what is given changes", async () => {
    const { client, requests } = await connectFake({ signalWorkflowExecution: {} }, { namespace: "n" });
    const prefix = {
      encode: (payloads: any[]) =>
        Promise.resolve(payloads.map((p) => ({ ...p, metadata: { ...p.metadata, x: p.data } }))),
      decode: (payloads: any[]) => Promise.resolve(payloads),
    };
    const other = client.with({ namespace: "m", dataConverter: { payloadCodec: prefix } });
    assert.deepEqual([client.namespace, client.identity], ["n", "tester"]);
    assert.deepEqual([other.namespace, other.identity], ["m", "tester"]);
    await other.workflow.getHandle("w").signal("s", 1);
    const [{ namespace, input }] = requests("signalWorkflowExecution");
    assert.deepEqual([namespace, values(input), Object.keys(input.payloads[0].metadata).length], ["m", [1], 2]);
    assert.equal(client.with({ identity: undefined }).identity, "tester");
    assert.equal(client.with({}).dataConverter, client.dataConverter);
  });

  test("config gives the options back", async () => {
    const dataConverter = new DataConverter();
    const { client } = await connectFake({}, {
      namespace: "n",
      dataConverter,
      rpcMetadata: { a: "1" },
      rpcTimeout: "5s",
    });
    const expected = { namespace: "n", identity: "tester", dataConverter, rpcTimeout: "5s", rpcMetadata: { a: "1" } };
    assert.deepEqual(client.config(), expected);
    assert.equal(client.dataConverter, dataConverter);
    const changed = client.with({ ...client.config(), namespace: "m" });
    assert.deepEqual(changed.config(), { ...expected, namespace: "m" });
  });

  test("defaults", async () => {
    const { client } = await connectFake({}, { identity: undefined });
    assert.equal(client.namespace, "default");
    assert.match(client.identity, /^\d+@.+/);
    assert.equal(override({ a: 1, b: 2 }, { a: undefined, b: 3 }).a, 1);
  });
});

describe("client.close", () => {
  test("ends calls that wait, over every protocol", async () => {
    const server = fakeFetch();
    for (const protocol of ["grpc-web", "connect"] as const) {
      const fetch = (request: Request): Promise<Response> =>
        request.url.endsWith("GetSystemInfo") ? server.fetch(request) : new Promise(() => {});
      const client = await Client.connect({ fetch, protocol });
      const result = client.workflow.getHandle("w").result();
      const closed = assert.rejects(result, {
        name: "RPCError",
        status: "CANCELLED",
        message: /is closed; open a new/,
      });
      await client.close();
      await closed;
    }
  });

  test("twice is fine; calls after it say so", async () => {
    const { client } = await connectFake({ signalWorkflowExecution: {} });
    await client.close();
    await client.close();
    await assert.rejects(client.workflow.getHandle("w").signal("s"), {
      name: "IllegalStateError",
      message: "the client has been closed; connect a new one",
    });
  });

  test("refused while a worker runs on it", async () => {
    const { client } = await connectFake({});
    const release = clientParts(client.with({})).link.use();
    await assert.rejects(client.close(), { name: "IllegalStateError", message: /shut the worker down first/ });
    release();
    release();
    await client[Symbol.asyncDispose]();
  });
});

describe("raw services and health", () => {
  test("calls go as they are, once, with errors as RPCErrors", async () => {
    let count = 0;
    const { client, calls } = await connectFake({
      describeNamespace: ({ namespace }) => {
        if (++count === 1) throw new ConnectError("later", Code.Unavailable);
        return { namespaceInfo: { name: namespace } };
      },
    }, { retryConfig: { initialInterval: 1 }, rpcTimeout: "8s" });
    const { workflowService } = client;
    assert.equal(workflowService, client.workflowService);
    await assert.rejects(workflowService.describeNamespace({ namespace: "x" }), {
      name: "RPCError",
      status: "UNAVAILABLE",
    });
    const options = { headers: { a: "1" }, timeoutMs: 5_000 };
    const { namespaceInfo } = await workflowService.describeNamespace({ namespace: "x" }, options);
    assert.equal(namespaceInfo?.name, "x");
    assert.deepEqual(calls.map(({ timeout }) => timeout), [8_000, 5_000]);
    assert.equal(calls[1].headers.get("a"), "1");
  });

  test("other services exist", async () => {
    const { client } = await connectFake({});
    await assert.rejects(client.operatorService.listSearchAttributes({ namespace: "x" }), { name: "RPCError" });
    await assert.rejects(client.testService.getCurrentTime({}), { name: "RPCError" });
    assert.equal((await client.healthService.check({ service: "other" })).status, 2);
  });

  test("a raw long poll has time", async () => {
    const { client, calls } = await connectFake({ pollWorkflowTaskQueue: {} });
    await client.workflowService.pollWorkflowTaskQueue({ namespace: "x" });
    assert.equal(calls[0].timeout, 70_000);
  });

  test("checkHealth", async () => {
    const { client } = await connectFake({});
    assert.equal(await client.checkHealth(), true);
    assert.equal(await client.checkHealth({ service: "other" }), false);
    await assert.rejects(client.checkHealth({ service: "unknown" }), { name: "RPCError", status: "NOT_FOUND" });
  });
});

test("targets in all their forms", () => {
  const fetch = (): Promise<Response> => Promise.resolve(new Response());
  assert.deepEqual(resolveTarget("host:1"), { address: "host:1" });
  assert.deepEqual(resolveTarget(new URL("https://host/x")), { address: "https://host/x" });
  assert.deepEqual(resolveTarget({ address: "a", namespace: "n" }, { namespace: "m" }), {
    address: "a",
    namespace: "m",
  });
  assert.deepEqual(resolveTarget({ fetch }, { lazy: undefined }), { fetch });
});
