import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "./sources.ts";

/** What each subpath exports at run time. A change here is a change of the public API. */
const expected: Record<string, string[]> = JSON.parse(readFileSync(join(root, "tests/shape/exports.json"), "utf8"));
const { exports } = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));

describe("public exports", () => {
  test("every subpath is listed", () => assert.deepEqual(Object.keys(expected), Object.keys(exports)));

  for (const [subpath, names] of Object.entries(expected)) {
    test(subpath, async () => {
      const module = await import(new URL(`../../${exports[subpath]}`, import.meta.url).href);
      assert.deepEqual(Object.keys(module).sort(), names);
    });
  }
});
