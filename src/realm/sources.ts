/**
 * The files of this package that are bundled with workflow code, wherever they are: beside this file as `.ts`, as
 * built `.js`, behind a URL.
 *
 * @module
 */
import { nodeModule } from "../platform.ts";

const here = import.meta.url;
const suffix = here.slice(here.lastIndexOf("."));
const root = new URL("../", here);

/** The folders of this package whose code runs in realms, in names of bundled sources. */
export const namespace = "anywhen";

/** What the subpaths of this package are in workflow code; others are modules that may be imported but not used. */
const subpaths: Readonly<Record<string, string>> = {
  activity: "realm/activity",
  common: "common/mod",
  converter: "converter/mod",
  nexus: "nexus/mod",
  valibot: "valibot/mod",
  workflow: "workflow/mod",
};

/** Files that realms evaluate only when they are first needed, and the part of the kit that has them. */
const lazyFiles: Readonly<Record<string, string>> = {
  "common/errors": "errors",
  "common/failure_errors": "errors",
  "common/nexus_errors": "errors",
  "common/payload": "plain",
  "common/search": "search",
  "common/temporal_error": "errors",
  "converter/failure": "failures",
};

/** The part of the kit that has a file, where it is not to be bundled into the importing one. */
export function findLazyPart(path: string, importer: string): string | undefined {
  const part = lazyFiles[withoutSuffix(path)];
  const isInside = withoutSuffix(importer) === `realm/kit/${part}` || lazyFiles[withoutSuffix(importer)] === part;
  return isInside ? undefined : part;
}

function withoutSuffix(path: string): string {
  return path.slice(0, path.lastIndexOf("."));
}

/** The file that a subpath of this package is in workflow code, undefined where it is not to be used there. */
export function findSubpath(name: string): string | undefined {
  return Object.hasOwn(subpaths, name) ? sourcePath(subpaths[name]) : undefined;
}

/** A file of this package by its path without suffix. */
export function sourcePath(path: string): string {
  return path + suffix;
}

/** The file that `specifier` means in the file `importer`; both relative to the root of the sources. */
export function resolveSource(specifier: string, importer: string): string {
  const { href } = new URL(specifier, new URL(importer, root));
  return href.slice(root.href.length);
}

/** The text of a file of this package, and how to read it. */
export async function loadSource(path: string): Promise<{ contents: string; loader: "ts" | "js" }> {
  return { contents: await readText(new URL(path, root)), loader: path.endsWith(".ts") ? "ts" : "js" };
}

/** The folder of this package where it is on disk: its dependencies are found from there. */
export function sourceFolder(): string | undefined {
  return root.protocol === "file:" ? nodeModule("node:url").fileURLToPath(root) : undefined;
}

/** The text behind a URL. */
export async function readText(url: URL): Promise<string> {
  if (url.protocol === "file:") return await nodeModule("node:fs").promises.readFile(url, "utf8");
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href} answered ${response.status}`);
  return await response.text();
}
