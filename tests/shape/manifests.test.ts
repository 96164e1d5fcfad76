import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "./sources.ts";

interface Manifest {
  name: string;
  version: string;
  exports: Record<string, string | { "anywhen-source": string; default: string }>;
  imports?: Record<string, string>;
}

const npm: Manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const jsr: Manifest = JSON.parse(readFileSync(join(root, "deno.json"), "utf8"));

describe("manifests", () => {
  test("package.json and deno.json carry the same name, version and subpaths", () => {
    assert.equal(jsr.name, npm.name);
    assert.equal(jsr.version, npm.version);
    assert.deepEqual(Object.keys(jsr.exports), Object.keys(npm.exports));
  });

  test("every subpath points at one source file and at its build", () => {
    for (const [subpath, source] of Object.entries(jsr.exports)) {
      const entry = npm.exports[subpath];
      assert.deepEqual(entry, {
        "anywhen-source": source,
        default: String(source).replace("./", "./dist/").replace(/\.ts$/, ".js"),
      });
    }
  });

  test("the package's own name resolves to its sources on Deno", () => {
    const expected = Object.entries(jsr.exports).map(([subpath, source]) => [jsr.name + subpath.slice(1), source]);
    assert.deepEqual(Object.entries(jsr.imports ?? {}), expected);
  });

  test("the version in the code is the one that is published", async () => {
    const { version } = await import("../../src/common/version.ts");
    assert.equal(version, npm.version);
  });
});
