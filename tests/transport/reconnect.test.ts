import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Code } from "@connectrpc/connect";
import { openConnection } from "../../src/transport/connection.ts";
import { call, failure, until } from "./calls.ts";
import { startPeer } from "./peer_process.ts";
import { startRelay, startSilence } from "./relay.ts";

describe("a connection that is lost", () => {
  test("amid a call: the call fails as UNAVAILABLE, the next one connects anew", async () => {
    await using peer = await startPeer();
    const connection = openConnection({ address: peer.address });
    const error = await failure(call(connection.transport, { drop: true }));
    assert.equal(error.code, Code.Unavailable);
    assert.match(error.rawMessage, /^the connection to 127\.0\.0\.1:\d+ was lost/);
    assert.equal(await call(connection.transport), "text");
    const half = await failure(call(connection.transport, { half: true }));
    assert.equal(half.code, Code.Unavailable);
    assert.equal(await call(connection.transport), "text");
    assert.equal((await peer.stats()).sessions, 3);
    await connection.close();
  });

  test("amid long polls: all fail at once, the next ones succeed", async () => {
    await using peer = await startPeer();
    const connection = openConnection({ address: peer.address });
    const polls = Array.from(
      { length: 15 },
      (_, index) => failure(call(connection.transport, { hang: true, key: `poll ${index}`, timeout: 70_000 })),
    );
    await until(async () => (await peer.stats()).calls === 15);
    await peer.drop();
    for (const error of await Promise.all(polls)) assert.equal(error.code, Code.Unavailable);
    const again = Array.from(
      { length: 15 },
      (_, index) => call(connection.transport, { hang: true, key: `again ${index}`, timeout: 70_000 }),
    );
    await until(async () => (await peer.stats()).calls === 30);
    for (let index = 0; index < 15; index++) assert.equal(await peer.release(`again ${index}`), true);
    assert.deepEqual(new Set(await Promise.all(again)), new Set(["text"]));
    assert.equal((await peer.stats()).sessions, 2);
    await connection.close();
  });

  test("retrying calls survive it", async () => {
    await using peer = await startPeer();
    const connection = openConnection({ address: peer.address, retryConfig: { initialInterval: 5 } });
    assert.equal(await call(connection.retryingTransport, { key: "dropped", drop: true, times: 3 }), "text");
    assert.equal((await peer.stats()).byKey.dropped, 4);
    await connection.close();
  });

  test("while the server restarts, retrying calls wait for it", async () => {
    await using peer = await startPeer();
    const connection = openConnection({ address: peer.address, retryConfig: { initialInterval: 20, maxRetries: 0 } });
    assert.equal(await call(connection.retryingTransport), "text");
    await peer.stop();
    assert.equal((await failure(call(connection.transport))).code, Code.Unavailable);
    const waiting = call(connection.retryingTransport, { text: "back" });
    await peer.listen();
    assert.equal(await waiting, "back");
    await connection.close();
  });

  test("GOAWAY: open calls end well, new ones take a new session", async () => {
    await using peer = await startPeer();
    const connection = openConnection({ address: peer.address });
    const open = call(connection.transport, { hang: true, key: "open" });
    await until(async () => (await peer.stats()).calls === 1);
    await peer.goaway();
    await until(async () => {
      await call(connection.transport);
      return (await peer.stats()).sessions === 2;
    });
    assert.equal(await peer.release("open"), true);
    assert.equal(await open, "text");
    await until(async () => (await peer.stats()).openSessions === 1);
    await connection.close();
  });

  test("GOAWAY with an error: calls fail as UNAVAILABLE, new ones take a new session", async () => {
    await using peer = await startPeer();
    const connection = openConnection({ address: peer.address });
    const open = failure(call(connection.transport, { hang: true, key: "open" }));
    await until(async () => (await peer.stats()).calls === 1);
    await peer.shed();
    assert.equal((await open).code, Code.Unavailable);
    assert.equal(await call(connection.transport), "text");
    await connection.close();
  });

  test("silently: a ping without an answer ends its calls, the next one connects anew", async () => {
    await using peer = await startPeer();
    const relay = await startRelay(peer.port);
    const keepAliveConfig = { interval: 50, timeout: 1_000 };
    const connection = openConnection({ address: relay.address, keepAliveConfig });
    assert.equal(await call(connection.transport), "text");
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal((await peer.stats()).openSessions, 1, "answered pings keep the session");
    relay.freeze();
    const error = await failure(call(connection.transport));
    assert.equal(error.code, Code.Unavailable);
    assert.match(error.rawMessage, /was lost \(no answer to a ping within 1000 ms\)$/);
    await connection.close();
    await relay.close();
  });
});

describe("sessions", () => {
  test("one that is being opened is given up when the connection is closed", async () => {
    const silent = await startSilence();
    const connection = openConnection({ address: silent.address });
    const waiting = failure(call(connection.transport));
    await until(() => Promise.resolve(silent.openSockets() === 1));
    await connection.close();
    assert.match((await waiting).rawMessage, /is closed; open a new one$/);
    await until(() => Promise.resolve(silent.openSockets() === 0));
    await silent.close();
  });

  test("the server's limit on calls opens more sessions, one of which stays", async () => {
    await using peer = await startPeer({ maxConcurrentStreams: 10 });
    const connection = openConnection({ address: peer.address, keepAliveConfig: { interval: 100 } });
    const open = Array.from({ length: 35 }, (_, index) => call(connection.transport, { hang: true, key: `${index}` }));
    await until(async () => (await peer.stats()).calls === 35);
    assert.equal((await peer.stats()).sessions, 4);
    for (let index = 0; index < 35; index++) await peer.release(`${index}`);
    await Promise.all(open);
    await until(async () => (await peer.stats()).openSessions === 1);
    assert.equal(await call(connection.transport), "text");
    assert.equal((await peer.stats()).sessions, 4);
    await connection.close();
  });

  test("more calls than all sessions allow wait for their turn", async () => {
    await using peer = await startPeer({ maxConcurrentStreams: 2 });
    const connection = openConnection({ address: peer.address });
    const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
    assert.deepEqual(await Promise.all(texts.map((text) => call(connection.transport, { text, delay: 2 }))), texts);
    const { mostOpenCalls, sessions } = await peer.stats();
    assert.equal(mostOpenCalls <= 32, true, `${mostOpenCalls} at once`);
    assert.equal(sessions <= 40, true, `${sessions} sessions`);
    await connection.close();
  });

  test("an idle connection does not hold the process, an open call does", async () => {
    await using peer = await startPeer();
    const script = fileURLToPath(new URL("./idle_program.ts", import.meta.url));
    const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
    const child = spawn(process.execPath, [...runtime, script, peer.address], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (chunk) => output += chunk);
    await until(async () => (await peer.stats()).byKey.held === 1);
    assert.equal(await peer.release("held"), true);
    const code = await new Promise((resolve) => child.on("close", resolve));
    assert.equal(code, 0);
    assert.equal(output.trim(), "held");
  });
});
