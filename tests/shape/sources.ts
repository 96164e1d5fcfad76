/** Reads this project's own source files and what they import, for the tests of its structure. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

/** One import or re-export: where it points, and whether it is for types only. */
export interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** A source file by its path from the root, with what it imports. */
export interface SourceFile {
  path: string;
  text: string;
  imports: Import[];
}

/** Every hand-written source file: mod.ts and src without the generated code. */
export function readSources(): SourceFile[] {
  const inSrc = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.startsWith("gen/"))
    .map((name) => join("src", name));
  return ["mod.ts", ...inSrc.sort()].map((path) => {
    const text = readFileSync(join(root, path), "utf8");
    return { path, text, imports: findImports(text) };
  });
}

/** A relative specifier as a path from the root; undefined for packages. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return relative(root, join(root, dirname(from), specifier));
}

function findImports(text: string): Import[] {
  const code = text.replace(/\/\*[^]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const statements = code.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^;"']*?\sfrom\s+)?["']([^"']+)["']/gm);
  const dynamic = code.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g);
  return [
    ...[...statements].map(([, type, specifier]) => ({ specifier, typeOnly: type !== undefined })),
    ...[...dynamic].map(([, specifier]) => ({ specifier, typeOnly: false })),
  ];
}
