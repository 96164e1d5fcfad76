import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WorkflowQueryFailedError } from "@anywhen/temporal/client";
import type { PayloadCodec } from "@anywhen/temporal/converter";
import { Worker } from "@anywhen/temporal/worker";
import { behaviour } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as memo from "./workflows/memo.ts";

const options = { workflows: new URL("./workflows/memo.ts", import.meta.url) };
const encoder = new TextEncoder();

/** Marks what it encodes, and refuses to decode what it has not marked. */
const marking: PayloadCodec = {
  encode: (payloads) =>
    Promise.resolve(payloads.map(({ data, metadata }) => ({
      metadata: { encoding: encoder.encode("test/marked"), inner: metadata.encoding },
      data,
    }))),
  decode: (payloads) =>
    Promise.resolve(payloads.map(({ data, metadata }) => {
      assert.ok(metadata.inner, "decoded what was never encoded");
      return { metadata: { encoding: metadata.inner }, data };
    })),
};

/** Gives back what it is given, the very objects. */
const passing: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads),
  decode: (payloads) => Promise.resolve(payloads),
};

describe("memo", () => {
  behaviour("META-01 the memo of the start is read whole, by key, with schema and default", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const started = { id: id(), taskQueue, memo: { text: "a note", number: 4, nothing: null } };
    const told = await client.workflow.execute(memo.readsMemo, started);
    const [all, text, hinted, fallback, unset, missing, mismatch, keys, isOwn] = told;
    assert.deepEqual(all, started.memo);
    assert.deepEqual([text, hinted, fallback, unset], ["a note", 8, "fallback", "unset"]);
    assert.match(
      missing as string,
      /^ValueError: the memo has no key "absent" \(its keys: .*text.*\); give a default$/,
    );
    assert.equal(mismatch, "ApplicationError");
    assert.deepEqual(keys, ["nothing", "number", "text"]);
    assert.equal(isOwn, true);
  });

  behaviour("META-01 upserts change, add and remove, seen at once and in describe", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const started = { id: id(), taskQueue, memo: { changed: "old", removed: 1, gone: 2, kept: [3] } };
    const handle = await client.workflow.start(memo.upsertsMemo, started);
    const first = { changed: "new", added: { deep: [1, null] }, removed: 1, gone: 2, kept: [3] };
    assert.deepEqual(await handle.query(memo.memoNow), first);
    assert.deepEqual(await (await handle.describe()).memo(), first);
    await assert.rejects(handle.query(memo.tryUpsert), (error: WorkflowQueryFailedError) => {
      return error instanceof WorkflowQueryFailedError && /upsertMemo is not allowed in a query/.test(error.message);
    });
    await handle.signal(memo.go);
    const [before, refused, unchanged, after] = await handle.result();
    assert.deepEqual(before, [first, ["added", "changed", "gone", "kept", "removed"]]);
    assert.match(refused as string, /^ValueError: /);
    assert.deepEqual(unchanged, before);
    const last = { changed: "new", added: { deep: [1, null] }, kept: [3] };
    assert.deepEqual(after, [last, ["added", "changed", "kept"]]);
    assert.deepEqual(await (await handle.describe()).memo(), last);
    const upserts = (await handle.fetchHistory()).events.filter(({ attributes }) => {
      return attributes.case === "workflowPropertiesModifiedEventAttributes";
    });
    assert.equal(upserts.length, 2);
  });

  behaviour("META-01 children have the memo they are given", options, async ({ client, taskQueue, id }) => {
    const told = await client.workflow.execute(memo.givesMemo, { id: id(), taskQueue, memo: { parent: 1 } });
    assert.deepEqual(told, [{ a: { b: [1] } }, {}]);
  });

  behaviour("META-01 the memo goes on to the next run unless that is given its own", options, async (scene) => {
    const { client, taskQueue, id } = scene;
    const inherited = { id: id(), taskQueue, memo: { first: 1, kept: true }, args: ["inherited"] as [string] };
    assert.deepEqual(await client.workflow.execute(memo.hands, inherited), { kept: true, second: "inherited" });
    const given = { ...inherited, id: id(), args: ["given"] as [string] };
    assert.deepEqual(await client.workflow.execute(memo.hands, given), { own: true });
  });

  for (
    const [name, payloadCodec] of Object.entries({ "META-02 a marking": marking, "META-03 a passthrough": passing })
  ) {
    test(`${name} codec reads and writes the memo in workflow, describe and list`, async () => {
      const client = await connect({ dataConverter: { payloadCodec } });
      const taskQueue = unique("queue");
      const worker = await Worker.create({ client, taskQueue, shutdownSignals: [], ...options });
      await worker.runUntil(async () => {
        const id = unique("workflow");
        const started = { id, taskQueue, memo: { kept: { a: 1 }, removed: "x" } };
        const handle = await client.workflow.start(memo.keepsMemo, started);
        await handle.signal(memo.go);
        const expected = { kept: { a: 1 }, added: "secret" };
        assert.deepEqual(await handle.result(), expected);
        const description = await handle.describe();
        assert.deepEqual(await description.memo(), expected);
        assert.equal(await description.memoValue("added"), "secret");
        assert.deepEqual(await findListed(() => client.workflow.list(`WorkflowId = "${id}"`)), expected);
      });
      await client.close();
    });
  }
});

/** The memo of the first listed workflow, as soon as the server lists it. */
async function findListed(
  list: () => AsyncIterable<{ status?: string; memo(): Promise<Record<string, unknown>> }>,
): Promise<Record<string, unknown>> {
  for (;;) {
    for await (const listed of list()) if (listed.status === "COMPLETED") return await listed.memo();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
