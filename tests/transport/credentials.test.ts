import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type ContextValues, createContextValues, type Transport } from "@connectrpc/connect";
import { ValueError } from "../../src/common/errors.ts";
import { openConnection } from "../../src/transport/connection.ts";
import { encodeMetadata } from "../../src/transport/metadata.ts";
import type { TransportOptions } from "../../src/transport/options.ts";
import { call, failure, method, report } from "./calls.ts";
import { type Peer, startPeer } from "./peer_process.ts";

describe("metadata and credentials", () => {
  let peer: Peer;
  before(async () => {
    peer = await startPeer();
  });
  after(() => peer[Symbol.asyncDispose]());

  function open(options: TransportOptions) {
    return openConnection({ address: peer.address, tls: false, ...options });
  }

  test("metadata is sent with each call, text as it is and bytes in base64", async () => {
    const rpcMetadata = { "X-Text": "a b", "x-bytes-bin": new Uint8Array([0, 255, 16]) };
    const connection = open({ rpcMetadata });
    const headers = await report(connection.transport);
    assert.equal(headers["x-text"], "a b");
    assert.equal(headers["x-bytes-bin"], "AP8Q");
    assert.deepEqual(connection.rpcMetadata, rpcMetadata);
    await connection.close();
  });

  test("a call's own headers override those of the connection, in any form", async () => {
    const connection = open({ rpcMetadata: { "x-one": "1", "x-two": "2" } });
    for (const header of [{ "X-Two": "two" }, [["x-two", "two"]], new Headers({ "x-two": "two" })] as HeadersInit[]) {
      const all = new Headers(header);
      all.set("x-script", JSON.stringify({ report: true }));
      for (const form of [all, [...all], Object.fromEntries(all)] as HeadersInit[]) {
        const response = await connection.transport.unary(method, undefined, undefined, form, {});
        const headers = JSON.parse(response.message.runId);
        assert.equal(headers["x-one"], "1");
        assert.equal(headers["x-two"], "two");
      }
    }
    await connection.close();
  });

  test("an API key is sent with the namespace of the request", async () => {
    const connection = open({ apiKey: "key-1" });
    const headers = await report(connection.transport, { text: "payments" });
    assert.equal(headers.authorization, "Bearer key-1");
    assert.equal(headers["temporal-namespace"], "payments");
    assert.equal((await report(connection.transport, { text: "" }))["temporal-namespace"], undefined);
    const own = await report(connection.transport, { header: { authorization: "Basic x" } });
    assert.equal(own.authorization, "Basic x");
    await connection.close();
  });

  test("key and metadata that are replaced count from the next call on", async () => {
    const connection = open({ apiKey: "key-1", rpcMetadata: { "x-one": "1" } });
    assert.equal((await report(connection.transport)).authorization, "Bearer key-1");
    connection.apiKey = "key-2";
    connection.rpcMetadata = { "x-two": "2" };
    const headers = await report(connection.transport);
    assert.equal(headers.authorization, "Bearer key-2");
    assert.equal(headers["x-one"], undefined);
    assert.equal(headers["x-two"], "2");
    assert.equal(connection.apiKey, "key-2");
    connection.apiKey = undefined;
    assert.equal((await report(connection.transport)).authorization, undefined);
    await connection.close();
  });

  test("a function is asked for the key on each call", async () => {
    let count = 0;
    const connection = open({ apiKey: () => Promise.resolve(`key-${++count}`) });
    assert.equal((await report(connection.transport, { text: "ns" })).authorization, "Bearer key-1");
    const headers = await report(connection.transport, { text: "ns" });
    assert.equal(headers.authorization, "Bearer key-2");
    assert.equal(headers["temporal-namespace"], "ns");
    await connection.close();
  });

  test("a function that fails, or hangs, fails the call", async () => {
    const failing = open({ apiKey: () => Promise.reject(new Error("vault is sealed")) });
    const error = await failure(call(failing.transport));
    assert.match(error.message, /^\[unauthenticated\] apiKey could not be had \(vault is sealed\)/);
    const unsendable = open({ apiKey: () => "key\n" });
    const refused = await failure(call(unsendable.transport));
    assert.match(refused.message, /^\[unauthenticated\] apiKey could not be had \(it has spaces, line ends or other/);
    await unsendable.close();
    const hanging = open({ apiKey: () => new Promise(() => {}) });
    assert.match((await failure(call(hanging.transport, { timeout: 30 }))).message, /^\[deadline_exceeded\]/);
    await failing.close();
    await hanging.close();
  });

  test("a transport that was passed in is given metadata and key, and is not closed", async () => {
    const inner = open({});
    const connection = openConnection({ transport: inner.transport, apiKey: "key", rpcMetadata: { "x-one": "1" } });
    const headers = await report(connection.transport, { text: "ns", header: { "x-two": "2" } });
    assert.equal(headers.authorization, "Bearer key");
    assert.equal(headers["temporal-namespace"], "ns");
    assert.equal(headers["x-one"], "1");
    assert.equal(headers["x-two"], "2");
    assert.equal(connection.address, "the given transport");
    await connection.close();
    assert.equal(await call(inner.transport), "text");
    await inner.close();
  });

  test("a transport that was passed in is given the context of a call", async () => {
    let seen: ContextValues | undefined;
    const inner: Transport = {
      unary: (_method, _signal, _timeout, _header, _input, contextValues) => {
        seen = contextValues;
        return Promise.reject(new Error("enough"));
      },
      stream: () => Promise.reject(new Error("unused")),
    };
    const values = createContextValues();
    const { transport } = openConnection({ transport: inner });
    await assert.rejects(transport.unary(method, undefined, undefined, undefined, {}, values), /enough/);
    assert.equal(seen, values);
  });

  test("over fetch the same headers are sent", async () => {
    let seen: Headers | undefined;
    const fetch = (request: Request) => {
      seen = request.headers;
      return Promise.reject(new Error("enough"));
    };
    for (const protocol of ["grpc-web", "connect"] as const) {
      const connection = openConnection({ fetch, protocol, apiKey: "key", rpcMetadata: { "x-one": "1" } });
      await assert.rejects(call(connection.transport, { text: "ns", header: { "x-two": "2" } }));
      assert.equal(seen?.get("authorization"), "Bearer key");
      assert.equal(seen?.get("temporal-namespace"), "ns");
      assert.equal(seen?.get("x-one"), "1");
      assert.equal(seen?.get("x-two"), "2");
      assert.equal(seen?.get("client-name"), "temporal-anywhen");
    }
  });

  test("what cannot be sent is refused at once", () => {
    const bad = (rpcMetadata: object) => () => open({ rpcMetadata: rpcMetadata as Record<string, string> });
    const refused: [() => unknown, RegExp][] = [
      [bad({ "x-bin": "text" }), /^rpcMetadata\["x-bin"\] must be a Uint8Array, since its name ends in "-bin"$/],
      [bad({ x: new Uint8Array() }), /^rpcMetadata\["x"\] must be a string; bytes are only for names that end in/],
      [bad({ "x y": "1" }), /^rpcMetadata\["x y"\] is no name for metadata/],
      [bad({ "grpc-timeout": "1" }), /^rpcMetadata\["grpc-timeout"\] is no name for metadata/],
      [bad({ x: "ü" }), /^rpcMetadata\["x"\] has characters that headers cannot carry/],
      [() => open({ apiKey: "k", rpcMetadata: { Authorization: "x" } }), /^apiKey and an authorization in rpcMetadata/],
      [() => open({ apiKey: "" }), /^apiKey is empty/],
      [() => open({ dnsLoadBalancingConfig: {} }), /^dnsLoadBalancingConfig is not supported yet; leave it out/],
      [() => open({ keepAliveConfig: { interval: 0 } }), /^keepAliveConfig\.interval is 0 ms; give 1 ms or more/],
      [() => open({ keepAliveConfig: { timeout: 0 } }), /^keepAliveConfig\.timeout is 0 ms/],
      [() => open({ apiKey: "a b" }), /^apiKey is empty or has characters/],
      [() => {
        open({ rpcMetadata: { authorization: "x" } }).apiKey = "k";
      }, /exclude each other/],
    ];
    for (const [act, message] of refused) {
      assert.throws(act, (error) => {
        assert.equal(error instanceof ValueError, true, String(error));
        assert.match((error as Error).message, message);
        return true;
      });
    }
    assert.deepEqual(encodeMetadata({ a: undefined as unknown as string }), {});
  });

  test("Connect's own clients work on it", async () => {
    const { createClient } = await import("@connectrpc/connect");
    const { WorkflowService } = await import("../../src/gen/temporal/api/workflowservice/v1/service_pb.ts");
    const { createTransport } = await import("../../src/transport/mod.ts");
    const transport: Transport = createTransport({ address: peer.address });
    const seen: (string | null)[] = [];
    const answer = await createClient(WorkflowService, transport).startWorkflowExecution({ namespace: "ns" }, {
      headers: { "x-script": JSON.stringify({ headers: { "x-first": "1" }, trailers: { "x-last": "2" } }) },
      onHeader: (header) => seen.push(header.get("x-first")),
      onTrailer: (trailer) => seen.push(trailer.get("x-last")),
    });
    assert.equal(answer.runId, "ns");
    assert.deepEqual(seen, ["1", "2"]);
  });
});
