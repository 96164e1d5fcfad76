import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Payload, PayloadCodec, SerializationContext } from "@anywhen/temporal/converter";
import { behaviour, runScene } from "../support/behaviour.ts";
import * as shared from "./activities.ts";
import { takeTour, tourActivities, tourSource } from "./tour.ts";
import * as basics from "./workflows/basics.ts";
import { checkOwner, describeContext } from "./workflows/converters/bound.ts";

const encoder = new TextEncoder();

/** Writes down whose values it encodes, and refuses to decode them as another's. */
const bound: PayloadCodec = {
  encode: (payloads, context) => Promise.resolve(payloads.map((payload) => sign(payload, context))),
  decode: (payloads, context) =>
    Promise.resolve(payloads.map(({ metadata: { coded, ...metadata }, data }) => {
      checkOwner(coded, context);
      return { metadata, data };
    })),
};

function sign({ metadata, data }: Payload, context: SerializationContext | undefined): Payload {
  return { metadata: { ...metadata, coded: encoder.encode(describeContext(context)) }, data };
}

const converters = new URL("./workflows/converters/bound.ts", import.meta.url);
const basicsSource = new URL("./workflows/basics.ts", import.meta.url);
const options = { workflows: tourSource, activities: tourActivities };

describe("serialization contexts", () => {
  behaviour(
    "SCTX-02 SCTX-03 SCTX-04 SCTX-05 SCTX-06 SCTX-07 converters decode in the context in which they encoded",
    { ...options, connection: { dataConverter: { payloadConverter: converters } } },
    async (scene) => void await takeTour(scene),
  );

  behaviour(
    "SCTX-02 META-02 codecs decode in the context in which they encoded",
    { ...options, connection: { dataConverter: { payloadCodec: bound } } },
    async (scene) => {
      const [, { id }] = await takeTour(scene);
      const { client } = scene;
      let memos: unknown[] = [];
      while (memos.length < 2) {
        // What was started just now may take a moment to be listed.
        memos = [];
        for await (const found of client.workflow.list(`WorkflowId = '${id}'`)) memos.push(await found.memo());
      }
      assert.deepEqual(memos, [{ next: "run" }, { given: { a: 1 }, changed: "upserted", added: ["more"] }]);
    },
  );

  behaviour(
    "SCTX-08 failure converters get the context, sub-classes of the default one too",
    { ...options, connection: { dataConverter: { failureConverter: converters } } },
    async (scene) => void await takeTour(scene),
  );
});

describe("the calls of a codec", () => {
  test("SCTX-01 of a workflow with one activity, in their order", async () => {
    const calls: [operation: string, kind: string | undefined, of: string][] = [];
    const spy = (operation: "encode" | "decode") => (payloads: Payload[], context?: SerializationContext) => {
      const of = context?.kind === "activity" ? `${context.activityType} ${context.activityId}` : context?.workflowId;
      calls.push([operation, context?.kind, of ?? "nobody"]);
      return Promise.resolve(payloads);
    };
    const payloadCodec: PayloadCodec = { encode: spy("encode"), decode: spy("decode") };
    const connection = { dataConverter: { payloadCodec } };
    await runScene({ workflows: basicsSource, activities: shared, connection }, async ({ client, taskQueue, id }) => {
      const own = id();
      assert.equal(await client.workflow.execute(basics.hello, { id: own, taskQueue, args: ["Ada"] }), "Hello, Ada!");
      assert.deepEqual(calls, [
        ["encode", "workflow", own],
        ["decode", "workflow", own],
        ["encode", "activity", "greet 1"],
        ["decode", "activity", "greet 1"],
        ["encode", "activity", "greet 1"],
        ["decode", "activity", "greet 1"],
        ["encode", "workflow", own],
        ["decode", "workflow", own],
      ]);
    });
  });
});
