import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readSources, resolveImport, type SourceFile } from "./sources.ts";

const ranks: Record<string, number> = {
  gen: 0,
  platform: 0,
  api: 1,
  common: 1,
  converter: 2,
  transport: 2,
  activity: 3,
  nexus: 3,
  workflow: 4,
  core: 5,
  realm: 5,
  client: 5,
  server: 5,
  worker: 6,
  testing: 7,
  opentelemetry: 7,
  valibot: 7,
  cli: 7,
  mod: 8,
};

/** Rooms whose imports are narrower than their rank allows. */
const allowed: Record<string, (target: string) => boolean> = {
  server: (target) => ["gen", "platform", "common"].includes(room(target)),
  workflow: (target) =>
    room(target) === "common" ||
    ["src/converter/payload.ts", "src/converter/failure.ts", "src/converter/context.ts"].includes(target),
};

const sources = readSources();

function room(path: string): string {
  return path.replace(/^src\//, "").split("/")[0].replace(/\.ts$/, "");
}

function relativeImports(file: SourceFile): string[] {
  return file.imports.flatMap(({ specifier }) => resolveImport(file.path, specifier) ?? []);
}

function findCycle(edges: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  function visit(file: string): string[] | undefined {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    path.push(file);
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return undefined;
  }
  for (const file of edges.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return undefined;
}

describe("layers", () => {
  test("every room has a rank", () => {
    for (const { path } of sources) assert.ok(room(path) in ranks, `${path} is in no known room`);
  });

  test("a file imports only its own room or a lower rank", () => {
    const upward = sources.flatMap((file) =>
      relativeImports(file)
        .filter((target) => room(target) !== room(file.path) && ranks[room(target)] >= ranks[room(file.path)])
        .map((target) => `${file.path} -> ${target}`)
    );
    assert.deepEqual(upward, []);
  });

  test("the server and the workflow room reach only what they may", () => {
    const strayed = sources.flatMap((file) => {
      const own = room(file.path);
      const may = allowed[own];
      if (!may) return [];
      return relativeImports(file).filter((target) => room(target) !== own && !may(target))
        .map((target) => `${file.path} -> ${target}`);
    });
    assert.deepEqual(strayed, []);
  });

  test("core takes only the activation types of the workflow room", () => {
    const strayed = sources.filter(({ path }) => room(path) === "core").flatMap((file) =>
      file.imports.filter(({ specifier, typeOnly }) => {
        const target = resolveImport(file.path, specifier);
        return target && room(target) === "workflow" && (target !== "src/workflow/activation.ts" || !typeOnly);
      }).map(({ specifier }) => `${file.path} -> ${specifier}`)
    );
    assert.deepEqual(strayed, []);
  });

  test("no room imports another room's mod.ts", () => {
    const barrels = sources.filter(({ path }) => path !== "mod.ts").flatMap((file) =>
      relativeImports(file).filter((target) => target.endsWith("/mod.ts") && room(target) !== room(file.path))
        .map((target) => `${file.path} -> ${target}`)
    );
    assert.deepEqual(barrels, []);
  });

  test("there are no import cycles, not even of types", () => {
    const edges = new Map(sources.map((file) => [file.path, relativeImports(file)]));
    assert.equal(findCycle(edges)?.join(" -> "), undefined);
  });

  test("only the platform knows the runtimes", () => {
    const known = sources.filter(({ path }) => room(path) !== "platform").flatMap((file) => {
      const named = file.imports.filter(({ specifier, typeOnly }) => specifier.startsWith("node:") && !typeOnly);
      return named.map(({ specifier }) => `${file.path} -> ${specifier}`);
    });
    assert.deepEqual(known, []);
  });
});
