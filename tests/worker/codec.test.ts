import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Client, type WorkflowFailureError } from "@anywhen/temporal/client";
import { ApplicationError, ValueError } from "@anywhen/temporal/common";
import type { PayloadCodec, PayloadConverter, SerializationContext } from "@anywhen/temporal/converter";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import { createLog } from "../activity/support.ts";
import * as replayed from "./workflows/replayed.ts";

const workflows = new URL("./workflows/replayed.ts", import.meta.url);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Wraps each payload and turns its bytes around; refuses what it has not made. */
const codec: PayloadCodec = {
  encode: (payloads) =>
    Promise.resolve(payloads.map(({ data, metadata }) => ({
      metadata: { encoding: encoder.encode("test/reversed"), inner: metadata.encoding },
      data: data.toReversed(),
    }))),
  decode: (payloads) =>
    Promise.resolve(payloads.map(({ data, metadata }) => {
      assert.equal(decoder.decode(metadata.encoding), "test/reversed");
      return { metadata: { encoding: metadata.inner }, data: data.toReversed() };
    })),
};

/** Writes down whose value it encodes, and refuses to decode it as another's. */
const bound: PayloadCodec = {
  encode: (payloads, context) =>
    Promise.resolve(
      payloads.map(({ data, metadata }) => ({ data, metadata: { ...metadata, owner: describeOwner(context) } })),
    ),
  decode: (payloads, context) =>
    Promise.resolve(payloads.map(({ data, metadata: { owner, ...metadata } }) => {
      assert.equal(decoder.decode(owner), decoder.decode(describeOwner(context)));
      return { data, metadata };
    })),
};

function describeOwner(context: SerializationContext | undefined): Uint8Array {
  return encoder.encode(JSON.stringify(context, Object.keys(context ?? {}).sort()));
}

describe("codec", () => {
  test("is told of the same owner where a value is encoded and where it is decoded", async () => {
    const telemetry = { logger: createLog().logger };
    await using server = await DevServer.start({ telemetry });
    const client = await Client.connect(server, { telemetry, dataConverter: { payloadCodec: bound } });
    const taskQueue = "bound";
    const outcomes = [
      (name: string) => `Hello, ${name}!`,
      () => {
        throw new ApplicationError("no", { nonRetryable: true, details: ["secret"] });
      },
    ];
    for (const greet of outcomes) {
      const options = { client, taskQueue, workflows, activities: { greet }, shutdownSignals: [] };
      const worker = await Worker.create(options);
      const result = await worker.runUntil(async () => {
        const handle = await client.workflow.start(replayed.greeting, { id: "w", taskQueue, args: ["Ada"] });
        await handle.signal(replayed.rename, "Grace");
        assert.equal(await handle.query(replayed.name), "Grace");
        return await handle.result().catch(({ cause }: WorkflowFailureError) => (cause as Error).cause);
      });
      if (result instanceof ApplicationError) assert.deepEqual(result.details, ["secret"]);
      else assert.equal(result, "Hello, Grace!");
    }
  });

  test("nothing readable reaches the server: arguments, results, signals, queries, updates, failures", async () => {
    const telemetry = { logger: createLog().logger };
    await using server = await DevServer.start({ telemetry });
    const client = await Client.connect(server, { telemetry, dataConverter: { payloadCodec: codec } });
    const taskQueue = "codec";
    const activities = { greet: (name: string) => `Hello, ${name}!` };
    for (const maxCachedWorkflows of [1_000, 0]) {
      const options = { client, taskQueue, workflows, activities, maxCachedWorkflows, shutdownSignals: [] };
      const worker = await Worker.create(options);
      await worker.runUntil(async () => {
        const handle = await client.workflow.start(replayed.greeting, { id: "w", taskQueue, args: ["Ada"] });
        assert.equal(await handle.query(replayed.name), "Ada");
        assert.equal(await handle.executeUpdate(replayed.setName, { args: ["Grace"] }), "Ada");
        assert.equal(await handle.result(), "Hello, Grace!");
        const failed = await client.workflow.start(replayed.failing, { id: "f", taskQueue });
        await assert.rejects(failed.result(), (error: WorkflowFailureError) => {
          assert.ok(error.cause instanceof ApplicationError);
          assert.deepEqual(error.cause.details, ["secret"]);
          return true;
        });
        for (const { fetchHistory } of [handle, failed]) {
          const text = JSON.stringify(await fetchHistory.call(handle));
          for (const word of ['"Ada"', '"Grace"', "Hello, Grace!", '"secret"']) {
            assert.ok(!text.includes(btoa(word)), `${word} is in the history`);
          }
        }
      });
    }
  });

  test("a converter by value cannot reach isolated workflows and is refused", async () => {
    const telemetry = { logger: createLog().logger };
    await using server = await DevServer.start({ telemetry });
    const payloadConverter: PayloadConverter = {
      toPayload: () => ({ metadata: {}, data: new Uint8Array() }),
      fromPayload: () => undefined as never,
    };
    const client = await Client.connect(server, { telemetry, dataConverter: { payloadConverter } });
    await assert.rejects(Worker.create({ client, taskQueue: "q", workflows, shutdownSignals: [] }), (error: Error) => {
      assert.ok(error instanceof ValueError);
      assert.match(error.message, /cannot use a payloadConverter given by value; give the URL of a module/);
      return true;
    });
  });
});
