import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { runtime } from "../support/processes.ts";
import { root } from "../shape/sources.ts";

/** How a user of each runtime runs a program. */
const commands: Record<string, string[]> = {
  bun: ["main.ts"],
  deno: ["run", "-A", "main.ts"],
  node: ["main.ts"],
};

/** What a runtime needs to run a plain script. */
const scriptFlags: Record<string, string[]> = { bun: [], deno: ["run", "-A"], node: [] };

describe("the npm package", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "anywhen-package-"));
    const tarball = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root })
      .toString().trim().split("\n").at(-1)!;
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module" }));
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", join(folder, tarball)], {
      cwd: folder,
      stdio: "ignore",
    });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  test("the README's example runs in an empty folder", () => {
    for (const [name, code] of readmeFiles()) writeFileSync(join(folder, name), code);
    const output = execFileSync(process.execPath, commands[runtime], { cwd: folder }).toString();
    assert.match(output, /^Hello, World!$/m);
  });

  test("its types hold in a strict consumer without Node's types", () => {
    for (const [name, code] of readmeFiles()) writeFileSync(join(folder, name), code);
    const compilerOptions = {
      noEmit: true,
      strict: true,
      skipLibCheck: false,
      allowImportingTsExtensions: true,
      target: "es2022",
      lib: ["esnext", "dom", "dom.iterable", "dom.asynciterable"],
      module: "nodenext",
      types: [],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
    const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
    execFileSync(process.execPath, [...scriptFlags[runtime], tsc, "-p", folder], { stdio: "inherit" });
  });

  test("it installs at most 20 MB in 12 packages", () => {
    const files = readdirSync(join(folder, "node_modules"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile());
    // By inode: what is linked twice is on the disk once.
    const sizes = new Map(files.map(({ parentPath, name }) => {
      const { ino, size } = statSync(join(parentPath, name));
      return [ino, size];
    }));
    const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    const packages = files.filter(({ parentPath, name }) =>
      name === "package.json" && /node_modules\/(@[^/]+\/)?[^/]+$/.test(parentPath)
    );
    assert.ok(bytes <= 20 * 2 ** 20, `${bytes} bytes`);
    assert.ok(packages.length <= 12, packages.map(({ parentPath }) => parentPath).join(", "));
  });

  test("it holds no sources, tests or tools", () => {
    const listed = JSON.parse(
      execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root }).toString(),
    );
    const [{ files }] = Array.isArray(listed) ? listed : Object.values(listed) as [{ files: { path: string }[] }];
    const stray = files.map(({ path }: { path: string }) => path)
      .filter((path: string) => !/^(dist\/.*\.(js|d\.ts)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path));
    assert.deepEqual(stray, []);
  });
});

/** The files that the README shows: a line that names the file, then its code. */
function readmeFiles(): [name: string, code: string][] {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const blocks = readme.matchAll(/^`(\w+\.ts)`:.*\n\n```ts\n([^]*?)```/gm);
  return [...blocks].map(([, name, code]) => [name, code]);
}
