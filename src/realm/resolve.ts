/**
 * How imports of workflow code are resolved: this package to its own files, what cannot run in a workflow to stubs.
 *
 * @module
 */
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { nodeModule } from "../platform.ts";
import {
  findLazyPart,
  findSubpath,
  loadSource,
  namespace,
  ownScheme,
  readModule,
  resolveSource,
  sourceFolder,
} from "./sources.ts";

const stubNamespace = "stub";
const entryNamespace = "entry";
const lazyNamespace = "lazy";
const packageName = "@anywhen/temporal";

/** Schemes of modules that only some runtime has. */
const runtimeScheme = /^(?:node|bun|deno|cloudflare|ext):/;

/** Resolves and loads the modules of a bundle; the entry has the text `entry`. */
export function createResolver(entry: string): Plugin {
  const builtins = new Set([...nodeModule("node:module").builtinModules, "bun"]);
  return {
    name: "workflows",
    setup(build) {
      build.onResolve({ filter: /^workflows$/, namespace: "" }, ({ kind }) => {
        return kind === "entry-point" ? { path: "workflows", namespace: entryNamespace } : undefined;
      });
      build.onResolve({ filter: /./ }, (args) => resolve(build, args, builtins));
      build.onLoad(
        { filter: /./, namespace: entryNamespace },
        () => ({ contents: entry, loader: "js", resolveDir: "/" }),
      );
      build.onLoad(
        { filter: /./, namespace: stubNamespace },
        ({ path }) => ({ contents: stubText(path), loader: "js" }),
      );
      loadSources(build);
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/, namespace: "file" }, ({ path }) => loadUserFile(path));
      build.onLoad(
        { filter: /\.node$/, namespace: "file" },
        ({ path }) => ({ contents: stubText(path), loader: "js" }),
      );
    },
  };
}

/** Resolves the files of this package alone. */
export function createSourceResolver(): Plugin {
  return {
    name: "sources",
    setup(build) {
      build.onResolve({ filter: /./ }, ({ path, importer }) => {
        return importer ? source(resolveSource(path, importer), importer) : source(path, "");
      });
      loadSources(build);
    },
  };
}

function loadSources(build: PluginBuild): void {
  build.onLoad({ filter: /./, namespace }, ({ path }) => loadSource(path));
  build.onLoad({ filter: /./, namespace: lazyNamespace }, ({ path }) => ({
    contents: `module.exports = __anywhen_load(${JSON.stringify(path)});`,
    loader: "js",
  }));
}

async function resolve(
  build: PluginBuild,
  args: OnResolveArgs,
  builtins: ReadonlySet<string>,
): Promise<OnResolveResult | undefined> {
  const { path, importer } = args;
  if (args.pluginData === "resolved" || args.kind === "entry-point") return undefined;
  if (runtimeScheme.test(path) || builtins.has(path)) return stub(path);
  if (path === packageName || path.startsWith(`${packageName}/`)) return resolvePackage(path);
  if (args.namespace === entryNamespace && path.startsWith(ownScheme)) return source(path.slice(ownScheme.length), "");
  if (args.namespace === namespace) {
    return path.startsWith(".")
      ? source(resolveSource(path, importer), importer)
      : await resolveDependency(build, args);
  }
  const isOptional = importer.includes("node_modules") && !path.startsWith(".");
  return isOptional ? await resolveOrStub(build, args, args.resolveDir) : undefined;
}

function resolvePackage(path: string): OnResolveResult {
  const found = findSubpath(path.slice(packageName.length + 1));
  return found === undefined ? stub(path) : source(found, "");
}

/** What this package's own files import of others. */
async function resolveDependency(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const folder = sourceFolder();
  if (!folder) return stub(args.path);
  return await resolveOrStub(build, args, folder);
}

/** What is not installed may be imported all the same: it is refused when used. */
async function resolveOrStub(build: PluginBuild, args: OnResolveArgs, folder: string): Promise<OnResolveResult> {
  const { importer, kind, path } = args;
  const found = await build.resolve(path, { importer, kind, resolveDir: folder, pluginData: "resolved" });
  return found.errors.length > 0 ? stub(path) : found;
}

function source(path: string, importer: string): OnResolveResult {
  const part = findLazyPart(path, importer);
  return part ? { path: part, namespace: lazyNamespace, sideEffects: false } : { path, namespace, sideEffects: false };
}

function stub(path: string): OnResolveResult {
  return { path, namespace: stubNamespace, sideEffects: false };
}

function stubText(path: string): string {
  return `module.exports = __anywhen_stub(${JSON.stringify(path)});`;
}

async function loadUserFile(path: string): Promise<{ contents: string; loader: "default" } | undefined> {
  if (path.includes("node_modules")) return undefined;
  return { contents: await readModule(nodeModule("node:url").pathToFileURL(path)), loader: "default" };
}
