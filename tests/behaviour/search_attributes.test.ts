import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WorkflowHandle } from "@anywhen/temporal/client";
import { type SearchAttributeKey, TypedSearchAttributes, ValueError } from "@anywhen/temporal/common";
import { behaviour, type Scene } from "../support/behaviour.ts";
import { registerSearchAttributes } from "../support/search_attributes.ts";
import { connect, unique } from "../support/server.ts";
import * as attributes from "./workflows/search_attributes.ts";

const options = { workflows: new URL("./workflows/search_attributes.ts", import.meta.url) };
const { text, keyword, int, double, bool, datetime, list } = attributes;

function withAttributes(name: string, body: (scene: Scene) => Promise<void>): void {
  behaviour(name, options, async (scene) => {
    await registerSearchAttributes(scene.client);
    await body(scene);
  });
}

/** Without what the server adds. */
async function described(handle: WorkflowHandle): Promise<Record<string, unknown>> {
  const { BuildIds: _, ...own } = (await handle.describe()).searchAttributes.toObject();
  return own;
}

const moment = new Date(1_700_000_000_123);
const all = {
  AnywhenText: "some words",
  AnywhenKeyword: "new",
  AnywhenInt: 0,
  AnywhenDouble: 1.5,
  AnywhenBool: false,
  AnywhenDatetime: moment,
  AnywhenKeywordList: ["a", "b"],
};
const { AnywhenDouble: _, ...allButDouble } = all;
/** As a result in JSON. */
const plain = (value: object) => JSON.parse(JSON.stringify(value));

describe("search attributes", () => {
  withAttributes(
    "META-04 all kinds are set, kept and unset, also with none at start",
    async ({ client, taskQueue, id }) => {
      const handle = await client.workflow.start(attributes.upserts, { id: id(), taskQueue });
      assert.deepEqual(await handle.query(attributes.attributesNow), plain(all));
      assert.deepEqual(await described(handle), all);
      await handle.signal(attributes.go);
      const last = { ...allButDouble, AnywhenKeyword: "newer" };
      assert.deepEqual(await handle.result(), [{}, plain(all), plain(last)]);
      assert.deepEqual(await described(handle), last);
      const upserts = (await handle.fetchHistory()).events.filter(({ attributes }) => {
        return attributes.case === "upsertWorkflowSearchAttributesEventAttributes";
      });
      assert.equal(upserts.length, 2);
    },
  );

  withAttributes("META-04 typed and untyped ones of the start are there", async ({ client, taskQueue, id }) => {
    const started = [
      [text.valueSet("a b"), keyword.valueSet("old"), int.valueSet(7), list.valueSet(["x"]), datetime.valueSet(moment)],
      { AnywhenText: "a b", AnywhenKeyword: "old", AnywhenInt: 7, AnywhenKeywordList: ["x"], AnywhenDatetime: moment },
    ];
    for (const searchAttributes of started) {
      const handle = await client.workflow.start(attributes.upserts, { id: id(), taskQueue, searchAttributes });
      await handle.signal(attributes.go);
      const expected = new TypedSearchAttributes(started[0] as Iterable<never>).toObject();
      assert.deepEqual((await handle.result())[0], plain(expected));
      assert.deepEqual(await described(handle), { ...allButDouble, AnywhenKeyword: "newer" });
    }
  });

  withAttributes("META-04 those of a run go on to the next", async ({ client, taskQueue, id }) => {
    const searchAttributes = [keyword.valueSet("old"), int.valueSet(7), bool.valueSet(true)];
    const started = { id: id(), taskQueue, searchAttributes, args: [true] as [boolean] };
    assert.deepEqual(await client.workflow.execute(attributes.hands, started), {
      AnywhenKeyword: "upserted",
      AnywhenBool: true,
    });
  });

  withAttributes(
    "META-08 META-09 what does not fit is refused and changes nothing",
    async ({ client, taskQueue, id }) => {
      const told = await client.workflow.execute(attributes.refuses, { id: id(), taskQueue });
      assert.deepEqual(told, [
        "ValueError: search attribute AnywhenInt is of type INT and cannot hold 1.5",
        "ValueError: search attribute AnywhenDatetime is of type DATETIME and cannot hold an invalid Date",
        "ValueError: search attribute AnywhenKeywordList is of type KEYWORD_LIST and cannot hold a,1",
        'ValueError: search attribute AnywhenKeywordList is of type KEYWORD_LIST and cannot hold "a"',
        "ValueError: search attribute AnywhenInt is of type INT and cannot hold 1.5",
        'ValueError: search attribute AnywhenBool is of type BOOL and cannot hold "yes"',
        "ValueError: search attribute AnywhenKeyword is given twice; give it once",
        "ValueError: upsertSearchAttributes takes a list of updates; give [key.valueSet(value), key.valueUnset()]",
        "ValueError: upsertSearchAttributes takes a list of updates; give [key.valueSet(value), key.valueUnset()]",
        "ValueError: search attribute AnywhenKeyword is given twice; give it once",
        {},
      ]);
    },
  );

  test("META-07 an INT that is not whole is refused before the call", async () => {
    const client = await connect();
    const start = { id: unique("workflow"), taskQueue: unique("queue") };
    assert.throws(() => int.valueSet(1.5), ValueError);
    const refused = client.workflow.start("any", { ...start, searchAttributes: [{ key: int, value: 1.5 }] });
    await assert.rejects(refused, ValueError);
    await assert.rejects(client.workflow.getHandle(start.id).describe(), { code: "NOT_FOUND" });
    await client.close();
  });

  test("META-08 a container finds falsy values", () => {
    const container = new TypedSearchAttributes([int.valueSet(0), bool.valueSet(false), keyword.valueSet("")]);
    const keys: SearchAttributeKey[] = [int, bool, keyword, double];
    assert.deepEqual(keys.map((key) => container.has(key)), [true, true, true, false]);
    assert.deepEqual(keys.map((key) => container.get(key)), [0, false, "", undefined]);
  });
});
