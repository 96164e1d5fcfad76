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

/** Files that are others in workflow code. */
const replacements: Readonly<Record<string, string>> = {
  "converter/default_converters": "realm/default_converters",
  "converter/default_registry": "realm/default_registry",
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

/** Begins the specifier of a file of this package in a bundle's entry. */
export const ownScheme = "anywhen:";

/** The specifier of a module of this package by its URL; undefined for other modules. */
export function findOwnModule({ href }: URL): string | undefined {
  return href.startsWith(root.href) ? ownScheme + href.slice(root.href.length) : undefined;
}

/** A file of this package by its path without suffix. */
export function sourcePath(path: string): string {
  return path + suffix;
}

/** The file that `specifier` means in the file `importer`; both relative to the root of the sources. */
export function resolveSource(specifier: string, importer: string): string {
  const { href } = new URL(specifier, new URL(importer, root));
  const path = href.slice(root.href.length);
  const replacement = replacements[withoutSuffix(path)];
  return replacement === undefined ? path : sourcePath(replacement);
}

/** The text of a file of this package, and how to read it. */
export async function loadSource(path: string): Promise<{ contents: string; loader: "ts" | "js" }> {
  return { contents: await readModule(new URL(path, root)), loader: path.endsWith(".ts") ? "ts" : "js" };
}

/** The folder of this package where it is on disk: its dependencies are found from there. */
export function sourceFolder(): string | undefined {
  return root.protocol === "file:" ? nodeModule("node:url").fileURLToPath(root) : undefined;
}

/** The text of a module; where it asks for its URL, with that on its first line so that all others keep their numbers. */
export async function readModule(url: URL): Promise<string> {
  const text = await readText(url);
  if (!text.includes("import.meta")) return text;
  const declaration = `const __anywhen_url = ${JSON.stringify(url.href)};`;
  const firstLine = text.startsWith("#!") ? text.indexOf("\n") + 1 : 0;
  return text.slice(0, firstLine) + declaration + text.slice(firstLine);
}

/** The text behind a URL. */
async function readText(url: URL): Promise<string> {
  if (url.protocol === "file:") return await nodeModule("node:fs").promises.readFile(url, "utf8");
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url.href} answered ${response.status}`);
  return await response.text();
}
