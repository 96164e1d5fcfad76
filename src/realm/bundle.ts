/**
 * Bundles workflow modules and the workflow API into one script that each realm evaluates.
 *
 * @module
 */
import type { BuildFailure, BuildOptions, BuildResult, Message } from "esbuild";
import { ValueError } from "../common/errors.ts";
import type { DataConverterOptions } from "../converter/data.ts";
import { nodeModule } from "../platform.ts";
import { kitParts } from "./kit_parts.ts";
import { createResolver, createSourceResolver } from "./resolve.ts";
import { findOwnModule, sourcePath } from "./sources.ts";

/** Workflow code that is ready to run. */
export interface WorkflowBundle {
  /** A script. */
  code: string;
  /** Its source map, as JSON. */
  sourceMap?: string;
}

/** Options of {@link bundleWorkflows}. */
export interface BundleOptions {
  /** Modules whose exports are workflows, by URL or by path from the current folder; a bundle is returned as it is. */
  workflows?: URL | string | (URL | string)[] | WorkflowBundle;
  /** Converters by URL, which each realm evaluates for itself. */
  dataConverter?: DataConverterOptions;
}

/** Marks where the user's part of a bundle ends: source maps say nothing of what follows. */
export const kitMark = "/* the globals of a realm */";

/** What a bundle is: a function of what the host offers, which makes the functions that the host calls. */
const head = "(function (__anywhen_run, __anywhen_open, __anywhen_stub, __anywhen_load) { return { " +
  "async perform(fn, self, args) { return await Reflect.apply(fn, self, args); }, boot() {";

/**
 * Bundles workflows. Takes some tens of milliseconds, more with large dependencies.
 *
 * Throws ValueError, one line with file, line and column, for a module that is missing or does not parse.
 */
export async function bundleWorkflows(options: BundleOptions): Promise<WorkflowBundle> {
  const { workflows } = options;
  if (typeof workflows === "object" && "code" in workflows) return workflows;
  const modules = findModules(workflows);
  const entry = makeEntry(modules, findConverters(options.dataConverter));
  const { build } = await import("esbuild");
  const [user, kit] = await Promise.all([
    build(userOptions(entry)).catch((failure) => {
      throw toValueError(failure);
    }),
    build(kitOptions()),
  ]);
  const files = user.outputFiles!;
  const code = dropRedundantNames(files.find(({ path }) => path.endsWith(".js"))!.text);
  return {
    code: `${code}},\n${kitMark}\n${makeKit(kit)} }; })`,
    sourceMap: files.find(({ path }) => path.endsWith(".map"))?.text,
  };
}

function findModules(workflows: BundleOptions["workflows"]): string[] {
  const list = Array.isArray(workflows) ? workflows : workflows === undefined ? [] : [workflows as URL | string];
  if (list.length === 0) throw new ValueError("workflows is empty; give the URL or path of a module with workflows");
  return list.map(findModule);
}

function findModule(module: URL | string): string {
  const isText = typeof module === "string";
  const isURL = !isText || /^[a-z][a-z+.-]+:\/\//i.test(module);
  if (isURL && new URL(module).protocol !== "file:") {
    throw new ValueError(`workflow module ${String(module)} is not a file; give a file: URL or a path`);
  }
  const path = isURL ? nodeModule("node:url").fileURLToPath(module) : nodeModule("node:path").resolve(module as string);
  if (!nodeModule("node:fs").existsSync(path)) throw new ValueError(`workflow module not found: ${path}`);
  return path;
}

function findConverters(options: DataConverterOptions = {}): Record<string, string> {
  const { modules = {} } = options as { modules?: Partial<Record<"payloadConverter" | "failureConverter", URL>> };
  const found: Record<string, string> = {};
  for (const name of ["payloadConverter", "failureConverter"] as const) {
    const url = options[name] instanceof URL ? options[name] : modules[name];
    if (url) found[name] = findOwnModule(url) ?? findModule(url);
  }
  return found;
}

function makeEntry(modules: string[], converters: Record<string, string>): string {
  const names = modules.map((_, index) => `m${index}`);
  return [
    ...modules.map((path, index) => `import * as m${index} from ${JSON.stringify(path)};`),
    ...Object.entries(converters).map(([name, path]) => `import { ${name} } from ${JSON.stringify(path)};`),
    `__anywhen_open([${names.join(", ")}], { ${Object.keys(converters).join(", ")} });`,
  ].join("\n");
}

function userOptions(entry: string): BuildOptions {
  return {
    ...commonOptions,
    entryPoints: ["workflows"],
    outfile: "workflows.js",
    banner: { js: head },
    keepNames: true,
    sourcemap: "external",
    mainFields: ["module", "main"],
    conditions: ["import", "module"],
    define: {
      "import.meta.main": "false",
      "import.meta.url": "__anywhen_url",
      "process.env.NODE_ENV": '"production"',
    },
    plugins: [createResolver(`${entry}\n`)],
  };
}

function kitOptions(): BuildOptions {
  return {
    ...commonOptions,
    entryPoints: kitParts.map((name) => ({ in: sourcePath(`realm/kit/${name}`), out: name })),
    outdir: "kit",
    globalName: "part",
    minifyWhitespace: true,
    plugins: [createSourceResolver()],
  };
}

const commonOptions: BuildOptions = {
  bundle: true,
  write: false,
  format: "iife",
  target: "es2022",
  platform: "neutral",
  logLevel: "silent",
  charset: "utf8",
};

/** Names are kept for functions that had to be renamed; for others, to set them again costs time in each realm. */
function dropRedundantNames(code: string): string {
  return code.replace(/^[ \t]*__name\(([\w$]+), "\1"\);$/gm, "");
}

/** Each part is evaluated only when it is asked for: functions cost memory in every realm. */
function makeKit(result: BuildResult): string {
  const cases = result.outputFiles!.map(({ path, text }) => {
    const name = nodeModule("node:path").basename(path, ".js");
    return `case ${JSON.stringify(name)}: { ${text.trim()} return part; }`;
  });
  return `kit(name) { "use strict"; switch (name) {\n${cases.sort().join("\n")}\n} }`;
}

function toValueError(failure: unknown): unknown {
  const { errors } = failure as Partial<BuildFailure>;
  if (!errors?.length) return failure;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return new ValueError(`workflow code cannot be bundled: ${describe(errors[0])}${more}`, { cause: failure });
}

function describe({ text, location }: Message): string {
  const advice = text.startsWith("Top-level await")
    ? "top-level await does not run in workflow code; put it into `if (import.meta.main) { … }`"
    : text;
  return location ? `${location.file}:${location.line}:${location.column + 1}: ${advice}` : advice;
}
