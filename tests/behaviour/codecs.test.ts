import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ActivityError, type ApplicationError, ValueError, type WorkflowFailureError } from "@anywhen/temporal/common";
import { DefaultFailureConverter, type Payload, type PayloadCodec } from "@anywhen/temporal/converter";
import { createLog } from "../activity/support.ts";
import { behaviour, runScene, type Scene } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as activities from "./activities.ts";
import { takeTour, tourActivities, type TourRun, tourSource } from "./tour.ts";
import * as basics from "./workflows/basics.ts";
import * as codecs from "./workflows/codecs.ts";
import * as handlers from "./workflows/handlers.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const encoding = "test/reversed";

/** Wraps each payload and turns its bytes around; refuses what it has not made. */
const reversing: PayloadCodec = {
  encode: (payloads) =>
    Promise.resolve(payloads.map(({ data, metadata }) => ({
      metadata: { encoding: encoder.encode(encoding), inner: metadata.encoding },
      data: data.toReversed(),
    }))),
  decode: (payloads) =>
    Promise.resolve(payloads.map(({ data, metadata }) => {
      assert.equal(decoder.decode(metadata.encoding), encoding);
      return { metadata: { encoding: metadata.inner }, data: data.toReversed() };
    })),
};

/** Gives back the very objects that it got. */
const identity: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads),
  decode: (payloads) => Promise.resolve(payloads),
};

const connection = { dataConverter: { payloadCodec: reversing } };
const encoded = { workflows: tourSource, activities: tourActivities, connection };
const workflows = new URL("./workflows/codecs.ts", import.meta.url);

interface FoundPayload {
  path: string;
  encoding: string;
}

/** All payloads in a history, with the names of the fields on the way to them. */
function findPayloads(value: unknown, path = ""): FoundPayload[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  const { metadata, data } = value as Partial<Payload>;
  if (metadata && data instanceof Uint8Array) return [{ path, encoding: decoder.decode(metadata.encoding) }];
  return Object.entries(value).flatMap(([name, inner]) => findPayloads(inner, `${path}.${name}`));
}

/** What the codec leaves as it is: headers, search attributes, the data of markers that are not the user's. */
const plainPaths = /\.(header|searchAttributes)\.|\.details\.(data|patch-data)\./;

async function assertEncoded({ client }: Scene, runs: TourRun[]): Promise<number> {
  let count = 0;
  for (const { id, runId } of runs) {
    const { events } = await client.workflow.getHandle(id, { runId }).fetchHistory();
    for (const { path, encoding: found } of findPayloads(events)) {
      if (plainPaths.test(path)) assert.notEqual(found, encoding, path);
      else assert.equal(found, encoding, path);
      count += 1;
    }
  }
  return count;
}

describe("codecs", () => {
  behaviour("DATA-13 DC-09 are on every path there is", encoded, async (scene) => {
    const runs = await takeTour(scene);
    assert.ok(await assertEncoded(scene, runs) >= 40);
  });

  behaviour(
    "META-03 that return what they get change nothing",
    { ...encoded, connection: { dataConverter: { payloadCodec: identity } } },
    async (scene) => void await takeTour(scene),
  );

  const suite = { workflows: new URL("./workflows/basics.ts", import.meta.url), activities, connection };

  behaviour("DATA-13 basics with a codec", suite, async (scene) => {
    const { client, taskQueue, id } = scene;
    const ids = ["hello", "echo", "fails", "activity", "caught", "again"].map((name) => id(name));
    const [hello, echo, fails, activity, caught, again] = ids.map((id) => ({ id, taskQueue }));
    assert.equal(await client.workflow.execute(basics.hello, { ...hello, args: ["World"] }), "Hello, World!");
    const args = ["text", 1.5, true, null, { nested: [1, { ünïcode: "☃" }] }, [], ""];
    assert.deepEqual(await client.workflow.execute(basics.echo, { ...echo, args }), args);
    await assert.rejects(client.workflow.execute(basics.fails, { ...fails, args: ["no"] }), (error) => {
      assert.deepEqual(((error as WorkflowFailureError).cause as ApplicationError).details, [1, { two: 2 }]);
      return true;
    });
    await assert.rejects(client.workflow.execute(basics.activityFails, activity), (error) => {
      const { cause } = error as WorkflowFailureError;
      assert.ok(cause instanceof ActivityError);
      assert.equal((cause.cause as ApplicationError).type, "BadLuck");
      return true;
    });
    assert.deepEqual(await client.workflow.execute(basics.catches, caught), [
      "ActivityError",
      "ApplicationError",
      "true",
    ]);
    assert.deepEqual(await client.workflow.execute(basics.continues, { ...again, args: [3] }), [3, 2, 1]);
    await assertEncoded(scene, ids.map((id) => ({ id })));
  });

  behaviour(
    "DATA-13 handlers with a codec",
    { workflows: new URL("./workflows/handlers.ts", import.meta.url), connection },
    async (scene) => {
      const { client, taskQueue, id } = scene;
      const handle = await client.workflow.start(handlers.Collector, { id: id(), taskQueue, args: ["a"] });
      await handle.signal("add", "b");
      assert.deepEqual(await handle.query("items"), ["a", "b"]);
      assert.equal(await handle.executeUpdate("insert", { args: ["c"] }), 3);
      await assert.rejects(handle.executeUpdate("insert", { args: ["a"] }), ({ cause }: { cause: Error }) => {
        assert.match(cause.message, /a is there already/);
        return true;
      });
      await handle.signal({ kind: "signal", name: "stop-now" });
      assert.deepEqual(await handle.result(), ["a", "b", "c"]);
      await assertEncoded(scene, [handle]);
    },
  );

  behaviour(
    "FAIL-06 FAIL-11 with encoded attributes no message and no stack trace can be read",
    {
      ...encoded,
      connection: {
        dataConverter: {
          payloadCodec: reversing,
          failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: true }),
        },
      },
    },
    async (scene) => {
      const [, ...runs] = await takeTour(scene);
      for (const { id, runId } of runs) {
        const { events } = await scene.client.workflow.getHandle(id, { runId }).fetchHistory();
        const text = JSON.stringify(events, (_, value) => typeof value === "bigint" ? String(value) : value);
        for (const word of ["activity failed", "cause of", "child failed", "tour.ts:"]) {
          assert.ok(!text.includes(word), `${JSON.stringify(word)} is in the history`);
        }
        assert.equal(text.includes("Encoded failure"), runId !== undefined);
      }
    },
  );
});

describe("headers and the codec", () => {
  /** Starts a workflow by hand, with a header whose payload is plain, and asks what of it the workflow sees. */
  async function readHeader(scene: Scene, header: Payload): Promise<string> {
    const { client, taskQueue, id } = scene;
    const workflowId = id();
    await client.workflowService.startWorkflowExecution({
      namespace: client.namespace,
      workflowId,
      workflowType: { name: "readsHeader" },
      taskQueue: { name: taskQueue },
      requestId: crypto.randomUUID(),
      header: { fields: { given: header } },
    });
    return await client.workflow.getHandle<typeof codecs.readsHeader>(workflowId).result();
  }

  const plain: Payload = { metadata: { encoding: encoder.encode("json/plain") }, data: encoder.encode('"tracing"') };
  const cases = [["NO_CODEC", plain], ["CODEC", undefined], ["WORKFLOW_ONLY_CODEC", undefined]] as const;

  for (const [headerCodecBehavior, header] of cases) {
    behaviour(
      `META-10 with ${headerCodecBehavior} workflows see them decoded`,
      { workflows, connection: { ...connection, headerCodecBehavior } },
      async (scene) => {
        const [sent] = header ? [header] : await reversing.encode([plain]);
        assert.equal(await readHeader(scene, sent), '"tracing"');
      },
    );
  }

  test("META-10 the setting is checked", async () => {
    await assert.rejects(connect({ headerCodecBehavior: "ALWAYS" as "CODEC" }), (error) => {
      assert.ok(error instanceof ValueError);
      assert.match(error.message, /^headerCodecBehavior is "ALWAYS"; give "NO_CODEC"/);
      return true;
    });
  });
});

describe("codecs that fail", () => {
  test("a workflow task fails while the codec does, and goes on when it works again", async () => {
    let faults = 2;
    const flaky: PayloadCodec = {
      encode: (payloads) => Promise.resolve(payloads),
      decode: (payloads, context) => {
        if (context?.kind === "workflow" && faults-- > 0) return Promise.reject(new Error("no key"));
        return Promise.resolve(payloads);
      },
    };
    const { logger, lines } = createLog();
    const connection = { dataConverter: { payloadCodec: flaky }, telemetry: { logger } };
    await runScene({ workflows, connection }, async ({ client, taskQueue }) => {
      const options = { id: unique("flaky"), taskQueue, taskTimeout: "1s", args: ["x"] as [string] };
      assert.equal(await client.workflow.execute(codecs.echoes, options), "x");
    });
    assert.ok(
      lines.some((line) => /workflow task of echoes .* failed on attempt 1: no key/.test(JSON.stringify(line))),
    );
  });

  test("DATA-12 of several, encoding runs first to last and decoding last to first", async () => {
    const order: string[] = [];
    const named = (name: string): PayloadCodec => ({
      encode: (payloads) => (order.push(`encode ${name}`), Promise.resolve(payloads)),
      decode: (payloads) => (order.push(`decode ${name}`), Promise.resolve(payloads)),
    });
    const payloadCodec = [named("a"), named("b")];
    await runScene(
      { workflows, connection: { dataConverter: { payloadCodec } } },
      async ({ client, taskQueue, id }) => {
        await client.workflow.execute(codecs.echoes, { id: id(), taskQueue, args: ["x"] });
        const once = ["encode a", "encode b", "decode b", "decode a"];
        assert.deepEqual(order, [...once, ...once]);
      },
    );
  });
});

describe("converters that cannot be used", () => {
  test("DATA-14 a module that does not load, or lacks the export", async () => {
    const payloadConverter = new URL("./workflows/converters/missing.ts", import.meta.url);
    await assert.rejects(
      connect({ dataConverter: { payloadConverter } }),
      /payloadConverter file:.*missing\.ts cannot be loaded/,
    );
    const failureConverter = new URL("./workflows/converters/money.ts", import.meta.url);
    await assert.rejects(connect({ dataConverter: { failureConverter } }), /money\.ts has no export of that name/);
  });
});
