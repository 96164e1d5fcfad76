import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, test } from "node:test";
import { bundleWorkflows } from "../../src/realm/bundle.ts";
import { createRealmHost } from "../../src/realm/host.ts";
import { completed, openHost, start, TestRun } from "../workflow/support.ts";

function url(name: string): URL {
  return new URL(`./workflows/${name}.ts`, import.meta.url);
}

const workflow = "export async function broken(): Promise<void> {}\n";

/** Modules, most with mistakes, written to a folder of their own since no other tool should read them. */
const modules: Record<string, string> = {
  syntax: `${workflow}const = 5;`,
  throws:
    `const settings: { port?: { value: number } } = {};\n\nexport const port = settings.port!.value;\n${workflow}`,
  restricted: `export const home = process.env.HOME;\n${workflow}`,
  missing: `import { nothing } from "./not_there.ts";\nnothing();\n${workflow}`,
  missing_package: `import { nothing } from "not-installed-anywhere";\nnothing();\n${workflow}`,
  awaits: `await Promise.resolve();\n${workflow}`,
  empty: "export const answer = 42;",
  sleeps:
    `import * as workflow from "@anywhen/temporal/workflow";\nexport const asleep = workflow.sleep(1);\n${workflow}`,
  codec: 'import { createRemoteCodec } from "@anywhen/temporal/converter";\n' +
    `export const codec = createRemoteCodec({ endpoint: "http://codec" });\n${workflow}`,
  settings: 'import { valibotDataConverter } from "@anywhen/temporal/valibot";\n' +
    "export async function settings(): Promise<string> {\n  return String(valibotDataConverter.payloadConverter);\n}",
  same_one: "export async function same(): Promise<number> {\n  return 1;\n}",
  same_two:
    'export async function same(): Promise<number> {\n  return 2;\n}\nexport { same as other } from "./same_one.ts";',
};

let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "anywhen-bundle-"));
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, `${name}.ts`), text);
});

after(() => rm(folder, { recursive: true }));

async function mistake(...names: string[]): Promise<string> {
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  try {
    const bundle = await bundleWorkflows({ workflows: names.map((name) => join(folder, `${name}.ts`)) });
    await (await createRealmHost({ bundle, logger })).close();
  } catch (error) {
    assert.equal((error as Error).name, "ValueError");
    return (error as Error).message;
  }
  throw new Error("it loads");
}

describe("modules that do not load", () => {
  const mistakes: [what: string, modules: string[], message: RegExp][] = [
    ["does not parse", ["syntax"], /^workflow code cannot be bundled: \S*syntax\.ts:2:7: Expected identifier/],
    ["throws", ["throws"], /^workflow module does not load: \S*throws\.ts:3:\d+: TypeError: /],
    [
      "uses what is restricted",
      ["restricted"],
      /^workflow module does not load: .*process\.env\.HOME .*restricted\.ts:1:\d+/,
    ],
    ["imports a missing file", ["missing"], /missing\.ts:1:\d+: Could not resolve "\.\/not_there\.ts"$/],
    [
      "imports a missing package",
      ["missing_package"],
      /missing_package\.ts:1:\d+: Could not resolve "not-installed-anywhere"$/,
    ],
    [
      "awaits at top level",
      ["awaits"],
      /awaits\.ts:1:1: top-level await does not run in workflow code; .*import\.meta\.main/,
    ],
    ["has no workflow", ["empty"], /^no workflow is exported; export an async function/],
    [
      "sleeps while it loads",
      ["sleeps"],
      /sleeps\.ts:2:\d+: IllegalStateError: sleep was called while the module loads/,
    ],
    [
      "exports a type twice",
      ["same_one", "same_two"],
      /^workflow module does not load: .*workflow type "same" is exported twice/,
    ],
  ];
  for (const [what, modules, message] of mistakes) {
    test(`one that ${what}`, async () => {
      const text = await mistake(...modules);
      assert.match(text, message);
      assert.doesNotMatch(text, /\n/);
    });
  }

  test("one that is not there, and none", async () => {
    await assert.rejects(bundleWorkflows({ workflows: "./nowhere.ts" }), {
      name: "ValueError",
      message: /^workflow module not found: .*nowhere\.ts$/,
    });
    await assert.rejects(bundleWorkflows({ workflows: [] }), { name: "ValueError", message: /^workflows is empty/ });
    await assert.rejects(bundleWorkflows({ workflows: new URL("https://example.com/w.ts") }), {
      name: "ValueError",
      message: /is not a file/,
    });
  });

  test("code that is no bundle", async () => {
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    await assert.rejects(createRealmHost({ bundle: { code: "function (" }, logger }), {
      name: "ValueError",
      message: /^the workflow bundle is no script that bundleWorkflows made/,
    });
  });
});

describe("bundles", () => {
  test("may come from a file with workflow, activities, worker and client", async () => {
    const everything = await openHost(url("everything"));
    assert.deepEqual(everything.host.workflowTypes.sort(), ["hello", "misuse"]);
    const run = new TestRun(everything);
    const [command] = await run.commands(start("hello", ["World"]));
    assert.ok(command.kind === "scheduleActivity" && command.activityType === "greet");
    assert.equal(await run.result(completed(1, "Hello, World!")), "Hello, World!");
    assert.equal(await new TestRun(everything).result(start("misuse")), "IllegalStateError false false");
    await everything.host.close();
  });

  test("hold nothing of protobuf, and name no file of this machine", async () => {
    const { code, sourceMap } = await bundleWorkflows({ workflows: url("everything") });
    assert.doesNotMatch(code, /bufbuild|connectrpc/);
    assert.ok(sourceMap?.includes("everything.ts"));
  });

  test("hold nothing of protobuf where a file that they share makes a remote codec", async () => {
    const { code } = await bundleWorkflows({ workflows: join(folder, "codec.ts") });
    assert.match(code, /createRemoteCodec/);
    assert.doesNotMatch(code, /bufbuild/);
  });

  test("may name the converter of the wire schemas, which has a URL", async () => {
    const settings = await openHost(pathToFileURL(join(folder, "settings.ts")));
    assert.match(String(await new TestRun(settings).result(start("settings"))), /^file:.*payload_converter\.[jt]s$/);
    await settings.host.close();
  });

  test("are the same each time, and are taken as they are", async () => {
    const bundle = await bundleWorkflows({ workflows: url("state") });
    assert.equal((await bundleWorkflows({ workflows: [url("state").href] })).code, bundle.code);
    assert.equal(await bundleWorkflows({ workflows: bundle }), bundle);
  });
});
