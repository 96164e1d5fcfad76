import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { type Connection, openConnection } from "../../src/transport/connection.ts";
import { createTransport } from "../../src/transport/mod.ts";
import { computeDelay, createRetryingTransport, isRetryable, planRetries } from "../../src/transport/retry.ts";
import { call, failure, until } from "./calls.ts";
import { type Peer, startPeer } from "./peer_process.ts";

describe("retries", () => {
  let peer: Peer;
  let connection: Connection;
  before(async () => {
    peer = await startPeer();
    connection = openConnection({ address: peer.address, retryConfig: { initialInterval: 1, maxInterval: 2 } });
  });
  after(async () => {
    await connection.close();
    await peer[Symbol.asyncDispose]();
  });

  async function count(key: string): Promise<number> {
    return (await peer.stats()).byKey[key];
  }

  test("a status that passes is retried until the call succeeds", async () => {
    for (const status of [2, 10, 11, 13, 14, 15]) {
      const key = `passing ${status}`;
      assert.equal(await call(connection.retryingTransport, { key, status, times: 3 }), "text");
      assert.equal(await count(key), 4, key);
    }
  });

  test("a status that stays is not", async () => {
    for (const status of [1, 3, 4, 5, 6, 7, 9, 12, 16]) {
      const key = `staying ${status}`;
      const error = await failure(call(connection.retryingTransport, { key, status, times: 3 }));
      assert.equal(error.code, status);
      assert.equal(await count(key), 1, key);
    }
  });

  test("ten tries are made by default, with the last error as the outcome", async () => {
    const error = await failure(call(connection.retryingTransport, { key: "ten", status: 14, message: "down" }));
    assert.equal(error.rawMessage, "down");
    assert.equal(await count("ten"), 10);
  });

  test("maxRetries counts all tries, 0 is no limit", async () => {
    const three = createRetryingTransport(connection.transport, { initialInterval: 1, maxRetries: 3 });
    await failure(call(three, { key: "three", status: 14 }));
    assert.equal(await count("three"), 3);
    const endless = createRetryingTransport(connection.transport, {
      initialInterval: 1,
      maxInterval: 1,
      maxRetries: 0,
      maxElapsedTime: false,
    });
    assert.equal(await call(endless, { key: "endless", status: 14, times: 30 }), "text");
  });

  test("no retry starts after maxElapsedTime, or after the call's timeout", async () => {
    const short = createRetryingTransport(connection.transport, { initialInterval: 100, maxElapsedTime: 50 });
    await failure(call(short, { key: "short", status: 14 }));
    assert.equal(await count("short"), 1);
    const long = createRetryingTransport(connection.transport, { initialInterval: 60_000, maxInterval: 60_000 });
    assert.equal((await failure(call(long, { key: "long", status: 14, timeout: 5_000 }))).code, Code.Unavailable);
    assert.equal(await count("long"), 1);
  });

  test("a wait that ends late leaves the least time, not all", async () => {
    const given: (number | undefined)[] = [];
    const failing: Transport = {
      unary: (_method, _signal, timeout) => {
        given.push(timeout);
        setTimeout(() => {
          for (const end = performance.now() + 60; performance.now() < end;);
        });
        return Promise.reject(new ConnectError("down", Code.Unavailable));
      },
      stream: () => Promise.reject(new Error("unused")),
    };
    const plan = { initialInterval: 40, randomizationFactor: 0 };
    await failure(call(createRetryingTransport(failing, plan), { timeout: 50 }));
    assert.deepEqual(given, [50, 1]);
  });

  test("a long poll that is cut off now and again is no call that fails", async () => {
    const { now } = performance;
    let skipped = 0;
    performance.now = () => now.call(performance) + skipped;
    const durations = [50, 30_000, 12_000, 20_000];
    const given: (number | undefined)[] = [];
    const cut: Transport = {
      unary: (_method, _signal, timeout) => {
        given.push(timeout);
        const duration = durations[given.length - 1];
        skipped += duration ?? 0;
        return Promise.reject(new ConnectError("cut off", duration ? Code.Unavailable : Code.DeadlineExceeded));
      },
      stream: () => Promise.reject(new Error("unused")),
    };
    const retrying = createRetryingTransport(cut, { initialInterval: 1, maxRetries: 2 });
    try {
      const error = await failure(call(retrying, { timeout: 70_000 }));
      assert.equal(error.code, Code.DeadlineExceeded);
    } finally {
      performance.now = now;
    }
    const seconds = given.map((timeout) => Math.round(timeout! / 1_000));
    assert.deepEqual(seconds, [70, 70, 40, 28, 8]);
  });

  test("a message over the limit is never retried", async () => {
    const message = "grpc: received message larger than max (5000000 vs. 4194304)";
    const error = await failure(call(connection.retryingTransport, { key: "large", status: 8, message }));
    assert.equal(error.rawMessage, message);
    assert.equal(await count("large"), 1);
    assert.equal(isRetryable(new ConnectError("rate limit", Code.ResourceExhausted)), true);
  });

  test("an abort ends the wait before a retry", async () => {
    const slow = createRetryingTransport(connection.transport, { initialInterval: 9_000 });
    const controller = new AbortController();
    const waiting = failure(call(slow, { key: "slow", status: 14, signal: controller.signal }));
    await until(async () => await count("slow") === 1);
    controller.abort("enough");
    const error = await waiting;
    assert.equal(error.code, Code.Canceled);
    assert.equal(error.cause, "enough");
  });

  test("without retries each call is made once", async () => {
    await failure(call(connection.transport, { key: "once", status: 14 }));
    assert.equal(await count("once"), 1);
    const never = openConnection({ address: peer.address, retryConfig: false });
    await failure(call(never.retryingTransport, { key: "never", status: 14 }));
    assert.equal(await count("never"), 1);
    await never.close();
    await failure(call(createTransport({ address: peer.address }), { key: "bare", status: 14 }));
    assert.equal(await count("bare"), 1);
    const retrying = createTransport({ address: peer.address, retryConfig: { initialInterval: 1, maxRetries: 2 } });
    await failure(call(retrying, { key: "asked", status: 14 }));
    assert.equal(await count("asked"), 2);
  });
});

describe("delays", () => {
  const plan = planRetries();

  test("grow by 1.5 from 100 ms to 5 s", () => {
    const delays = [1, 2, 3, 4, 20].map((tries) => computeDelay(plan, tries, Code.Unavailable, 0.5));
    assert.deepEqual(delays.map(Math.round), [100, 150, 225, 338, 5_000]);
  });

  test("vary by a fifth", () => {
    assert.equal(computeDelay(plan, 1, Code.Unavailable, 0), 80);
    assert.equal(computeDelay(plan, 1, Code.Unavailable, 1), 120);
  });

  test("are longer where the server asks for less: from 1 s, doubled, to 10 s", () => {
    const delays = [1, 2, 3, 10].map((tries) => computeDelay(plan, tries, Code.ResourceExhausted, 0.5));
    assert.deepEqual(delays, [1_000, 2_000, 4_000, 10_000]);
    const slow = planRetries({ initialInterval: "20s", maxInterval: "1m" });
    assert.equal(computeDelay(slow, 1, Code.ResourceExhausted, 0.5), 20_000);
  });
});
