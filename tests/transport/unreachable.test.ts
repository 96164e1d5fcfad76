import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { openConnection } from "../../src/transport/connection.ts";
import type { TransportOptions } from "../../src/transport/options.ts";
import { call, failure, report } from "./calls.ts";
import { startPeer } from "./peer_process.ts";
import { startProxy, startRelay, startStranger } from "./relay.ts";

/** A port on which nobody listens any more. */
async function freePort(): Promise<number> {
  const relay = await startRelay(1);
  await relay.close();
  return relay.port;
}

async function fail(options: TransportOptions): Promise<string> {
  const connection = openConnection(options);
  const error = await failure(call(connection.transport));
  await connection.close();
  assert.equal(error.code, Code.Unavailable);
  return error.rawMessage;
}

describe("a server that cannot be reached", () => {
  test("nobody listens", async () => {
    const port = await freePort();
    const message = `no Temporal server at localhost:${port} (connection refused); ` +
      "start one (`anywhen server start-dev` or `temporal server start-dev`) or pass its address";
    assert.equal(await fail({ address: `localhost:${port}` }), message);
    assert.equal(await fail({ address: `localhost:${port}`, tls: true }), message);
    assert.equal(await fail({ address: `http://localhost:${port}` }), message.replace("localhost", "http://localhost"));
    assert.equal(
      await fail({ address: `http://localhost:${port}`, protocol: "connect" }),
      message.replace("localhost", "http://localhost"),
    );
  });

  test("nobody knows the host", async () => {
    const message =
      "no Temporal server at nowhere.invalid:7233 (the host nowhere.invalid is unknown); check the address";
    assert.equal(await fail({ address: "nowhere.invalid" }), message);
  });

  test("what listens is no gRPC server", async () => {
    const stranger = await startStranger("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    assert.match(
      await fail({ address: stranger.address }),
      /^127\.0\.0\.1:\d+ does not speak gRPC without TLS \(.+\); set tls: true if it wants TLS, or check the port$/,
    );
    assert.match(await fail({ address: stranger.address, tls: true }), /^127\.0\.0\.1:\d+ does not speak TLS \(.+\);/);
    await stranger.close();
  });
});

describe("an HTTP proxy", () => {
  test("opens a tunnel, with and without credentials, with and without TLS", async () => {
    await using plain = await startPeer();
    await using secure = await startPeer({ certificate: "named" });
    const open = await startProxy();
    const guarded = await startProxy("Ada:pass:word");
    const basicAuth: [string, string] = ["Ada", "pass:word"];
    const { readFile } = await import("node:fs/promises");
    const authority = await readFile(new URL("./certificates/authority.pem", import.meta.url), "utf8");
    const tls = { serverRootCaCert: authority, domain: "temporal.test" };
    for (const proxy of [{ targetHost: open.address }, { targetHost: guarded.address, basicAuth }]) {
      for (const [peer, options] of [[plain, {}], [secure, { tls }]] as const) {
        const connection = openConnection({ address: peer.address, httpConnectProxyConfig: proxy, ...options });
        const headers = await report(connection.transport);
        assert.equal(headers[":scheme"], peer === plain ? "http" : "https");
        await connection.close();
      }
    }
    const request = (port: number) => `CONNECT 127.0.0.1:${port} HTTP/1.1`;
    assert.deepEqual(open.requests, [request(plain.port), request(secure.port)]);
    await open.close();
    await guarded.close();
  });

  test("that refuses, or is not there, is named", async () => {
    await using peer = await startPeer();
    const guarded = await startProxy("Ada:secret");
    const refused = await fail({ address: peer.address, httpConnectProxyConfig: { targetHost: guarded.address } });
    assert.equal(
      refused,
      `the proxy ${guarded.address} does not connect to ${peer.address} ` +
        '(it answered "HTTP/1.1 407 Proxy Authentication Required"); check httpConnectProxyConfig',
    );
    await guarded.close();
    const absent = await fail({ address: peer.address, httpConnectProxyConfig: { targetHost: guarded.address } });
    assert.match(absent, /^the proxy 127\.0\.0\.1:\d+ does not connect to .+; check httpConnectProxyConfig$/);
  });
});
