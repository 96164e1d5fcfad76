import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { Code } from "@connectrpc/connect";
import { ValueError } from "../../src/common/errors.ts";
import { openConnection } from "../../src/transport/connection.ts";
import type { TransportOptions } from "../../src/transport/options.ts";
import { call, failure, report } from "./calls.ts";
import { type Peer, startPeer } from "./peer_process.ts";

describe("TLS", () => {
  let peer: Peer, named: Peer, expired: Peer, mutual: Peer, plain: Peer;
  let authority: string, stranger: string;
  before(async () => {
    [peer, named, expired, mutual, plain] = await Promise.all([
      startPeer({ certificate: "server" }),
      startPeer({ certificate: "named" }),
      startPeer({ certificate: "expired" }),
      startPeer({ certificate: "server", wantsClient: true }),
      startPeer(),
    ]);
    authority = await read("authority.pem");
    stranger = await read("stranger.pem");
  });
  after(async () => {
    await Promise.all([peer, named, expired, mutual, plain].map((each) => each[Symbol.asyncDispose]()));
  });

  test("a server of a known authority is accepted, by name and by IP address", async () => {
    const headers = await reportOnce({ address: `localhost:${peer.port}`, tls: { serverRootCaCert: authority } });
    assert.equal(headers[":scheme"], "https");
    assert.equal(headers[":authority"], `localhost:${peer.port}`);
    const bytes = new TextEncoder().encode(authority);
    await reportOnce({ address: peer.address, tls: { serverRootCaCert: bytes } });
  });

  test("the authority of the system is asked by default, and does not know the server", async () => {
    const error = await fail({ address: `localhost:${peer.port}`, tls: true });
    assert.match(
      error.rawMessage,
      /^the certificate of localhost:\d+ is not trusted; set tls\.serverRootCaCert to its authority, or renew it if it has expired$/,
    );
    const wrong = await fail({ address: `localhost:${peer.port}`, tls: { serverRootCaCert: stranger } });
    assert.equal(wrong.rawMessage, error.rawMessage);
  });

  test("a certificate for another name is refused, and says so", async () => {
    const error = await fail({ address: `localhost:${named.port}`, tls: { serverRootCaCert: authority } });
    assert.match(
      error.rawMessage,
      /^the certificate of localhost:\d+ is for another name; set tls\.domain to a name it has, or check the address$/,
    );
  });

  test("domain is the name for the certificate and the authority of the calls", async () => {
    const tls = { serverRootCaCert: authority, domain: "temporal.test" };
    const headers = await reportOnce({ address: named.address, tls });
    assert.equal(headers[":authority"], "temporal.test");
    const error = await fail({ address: `localhost:${peer.port}`, tls });
    assert.match(error.rawMessage, /is for another name/);
  });

  test("verificationServerName is the name for the certificate alone", async () => {
    const tls = { serverRootCaCert: authority, verificationServerName: "temporal.test" };
    const headers = await reportOnce({ address: `localhost:${named.port}`, tls });
    assert.equal(headers[":authority"], `localhost:${named.port}`);
    const error = await fail({ address: `localhost:${peer.port}`, tls });
    assert.match(error.rawMessage, /is for another name/);
  });

  test("an expired certificate is refused, and says so", async () => {
    const error = await fail({ address: `localhost:${expired.port}`, tls: { serverRootCaCert: authority } });
    assert.match(
      error.rawMessage,
      /^the certificate of localhost:\d+ (?:is not valid at this time; renew it, or check the clock|is not trusted; .*, or renew it if it has expired)$/,
    );
  });

  test("mTLS: the client's certificate is shown", async () => {
    const clientCert = await read("client.pem");
    const clientPrivateKey = await read("client.key");
    const tls = { serverRootCaCert: authority, clientCert, clientPrivateKey };
    assert.equal((await reportOnce({ address: mutual.address, tls }))[":scheme"], "https");
  });

  test("mTLS: no certificate, or one of a stranger, is refused and says so", async () => {
    const missing = await fail({ address: mutual.address, tls: { serverRootCaCert: authority } });
    assert.match(missing.rawMessage, /^127\.0\.0\.1:\d+ .*tls\.clientCert/);
    const clientCert = await read("outsider.pem");
    const clientPrivateKey = await read("outsider.key");
    const tls = { serverRootCaCert: authority, clientCert, clientPrivateKey };
    assert.match((await fail({ address: mutual.address, tls })).rawMessage, /^127\.0\.0\.1:\d+ .*tls\.clientCert/);
  });

  test("TLS to a server without", async () => {
    const error = await fail({ address: plain.address, tls: true });
    assert.match(
      error.rawMessage,
      /^127\.0\.0\.1:\d+ does not speak TLS \(.+\); set tls: false for a server without TLS$/,
    );
  });

  test("a plaintext call to a server with TLS", async () => {
    const error = await fail({ address: peer.address });
    assert.match(
      error.rawMessage,
      /^127\.0\.0\.1:\d+ does not speak gRPC without TLS \(.+\); set tls: true if it wants TLS, or check the port$/,
    );
  });

  test("an API key turns TLS on, tls: false turns it off again", async () => {
    const error = await fail({ address: plain.address, apiKey: "key" });
    assert.match(error.rawMessage, /does not speak TLS/);
    const headers = await reportOnce({ address: plain.address, apiKey: "key", tls: false });
    assert.equal(headers.authorization, "Bearer key");
    assert.equal(headers[":scheme"], "http");
  });

  test("certificates that cannot be are noticed at once", async () => {
    const clientCert = await read("client.pem");
    const clientPrivateKey = await read("client.key");
    const open = (tls: TransportOptions["tls"]) => () => openConnection({ address: "localhost", tls });
    const refused: [TransportOptions["tls"], RegExp][] = [
      [{ clientCert }, /^tls\.clientPrivateKey is missing; give clientCert and clientPrivateKey together, or neither$/],
      [{ clientPrivateKey }, /^tls\.clientCert is missing/],
      [{ verificationServerName: "x" }, /^tls\.verificationServerName needs tls\.serverRootCaCert/],
      [{ serverRootCaCert: "./ca.pem" }, /^tls\.serverRootCaCert is not PEM; give the text of the file/],
      [
        { clientCert, clientPrivateKey: await read("outsider.key") },
        /^tls\.clientCert and tls\.clientPrivateKey are no pair/,
      ],
      [
        { serverRootCaCert: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" },
        /^tls\.serverRootCaCert cannot be/,
      ],
    ];
    for (const [tls, message] of refused) assert.throws(open(tls), (error) => isValueError(error, message));
    await open({ clientCert, clientPrivateKey })().close();
  });
});

function isValueError(error: unknown, message: RegExp): boolean {
  assert.equal(error instanceof ValueError, true);
  assert.match((error as Error).message, message);
  return true;
}

async function read(name: string): Promise<string> {
  return await readFile(new URL(`./certificates/${name}`, import.meta.url), "utf8");
}

async function reportOnce(options: TransportOptions): Promise<Record<string, string | boolean>> {
  const connection = openConnection(options);
  try {
    return await report(connection.transport);
  } finally {
    await connection.close();
  }
}

async function fail(options: TransportOptions) {
  const connection = openConnection(options);
  const error = await failure(call(connection.transport));
  await connection.close();
  assert.equal(error.code, Code.Unavailable);
  assert.equal(error.rawMessage.includes("\n"), false);
  return error;
}
