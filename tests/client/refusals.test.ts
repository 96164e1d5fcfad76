/** Why there is no connection, in one line of what, where and what to do, whatever the protocol. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Client, type ConnectOptions, NotFoundError, RPCError } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { createGateway } from "@anywhen/temporal/transport";
import { type Peer, startPeer } from "../transport/peer_process.ts";
import { startRelay } from "../transport/relay.ts";

/** How each protocol is asked for, by host and port. */
const protocols: Record<string, (address: string, isSecure?: boolean) => ConnectOptions> = {
  "grpc": (address, isSecure) => ({ address, tls: isSecure }),
  "grpc-web": (address, isSecure) => ({ address: `http${isSecure ? "s" : ""}://${address}` }),
  "connect": (address, isSecure) => ({ address: `http${isSecure ? "s" : ""}://${address}`, protocol: "connect" }),
};

async function assertOneLine(
  promise: Promise<unknown>,
  kind: abstract new (...args: never[]) => Error,
  expected: { status: string; message: RegExp },
): Promise<void> {
  await assert.rejects(promise, (error: RPCError) => {
    assert.ok(error instanceof kind, `${error.name}: ${error.message}`);
    assert.equal(error.status, expected.status, error.message);
    assert.match(error.message, expected.message);
    assert.ok(!error.message.includes("\n"), `more than one line: ${error.message}`);
    return true;
  });
}

for (const [protocol, reach] of Object.entries(protocols)) {
  describe(`Client.connect by ${protocol}`, () => {
    let server: DevServer, secure: Peer, guarded: Peer;
    before(async () => {
      [server, secure, guarded] = await Promise.all([
        DevServer.start({ port: 0 }),
        startPeer({ certificate: "server" }),
        startPeer({ apiKey: "right" }),
      ]);
    });
    after(async () => {
      await Promise.all([server, secure, guarded].map((each) => each[Symbol.asyncDispose]()));
    });

    test("nobody at the address", async () => {
      const gone = await startRelay(1);
      await gone.close();
      await assertOneLine(Client.connect(reach(gone.address)), RPCError, {
        status: "UNAVAILABLE",
        message:
          /^no Temporal server at (?:http:\/\/)?127\.0\.0\.1:\d+ \(connection refused\); start one .* or pass its address$/,
      });
    });

    test("TLS to a server without", async () => {
      await assertOneLine(Client.connect(reach(server.address!, true)), RPCError, {
        status: "UNAVAILABLE",
        message: protocol === "grpc"
          ? /^127\.0\.0\.1:\d+ does not speak TLS \(.+\); set tls: false for a server without TLS$/
          : /^no TLS connection to https:\/\/127\.0\.0\.1:\d+ \(.+\); use http:\/\/ if it has no TLS, or let this runtime trust/,
      });
    });

    test("no TLS to a server with", async () => {
      await assertOneLine(Client.connect(reach(secure.address)), RPCError, {
        status: "UNAVAILABLE",
        message: protocol === "grpc"
          ? /^127\.0\.0\.1:\d+ does not speak gRPC without TLS \(.+\); set tls: true if it wants TLS, or check the port$/
          : /^no connection to http:\/\/127\.0\.0\.1:\d+ \(.+\); use https:\/\/ if it wants TLS, or check the address/,
      });
    });

    test("a certificate that is not trusted", async () => {
      await assertOneLine(Client.connect(reach(`localhost:${secure.port}`, true)), RPCError, {
        status: "UNAVAILABLE",
        message: protocol === "grpc"
          ? /^the certificate of localhost:\d+ is not trusted; set tls\.serverRootCaCert/
          : /^no TLS connection to https:\/\/localhost:\d+ \(.+\); .*let this runtime trust its certificate$/,
      });
    });

    test("a wrong API key", async () => {
      // The server speaks native gRPC alone: the other protocols reach it through a gateway.
      const way = protocol === "grpc"
        ? { address: guarded.address, tls: false }
        : { fetch: createGateway({ address: guarded.address }), protocol: protocol as "grpc-web" | "connect" };
      await assertOneLine(Client.connect({ ...way, apiKey: "wrong" }), RPCError, {
        status: "UNAUTHENTICATED",
        message:
          /^(?:127\.0\.0\.1:\d+|the given fetch function) did not accept the credentials \(Request unauthorized\); check apiKey$/,
      });
      const client = await Client.connect({ ...way, apiKey: "right" });
      client.apiKey = "wrong";
      await assertOneLine(client.workflow.count(), RPCError, { status: "UNAUTHENTICATED", message: /check apiKey$/ });
      await client.close();
    });

    test("an unknown namespace", async () => {
      await using client = await Client.connect({ ...reach(server.address!), namespace: "nowhere" });
      await assertOneLine(client.workflow.start("greet", { id: "w", taskQueue: "q" }), NotFoundError, {
        status: "NOT_FOUND",
        message:
          /^namespace "nowhere" does not exist on (?:http:\/\/)?127\.0\.0\.1:\d+; create it \(.+\) or pass another/,
      });
    });
  });
}
