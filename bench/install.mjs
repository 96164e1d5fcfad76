// What a user's installation takes.
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../scripts/setup.mjs";
import { format, printTable } from "./programs.mjs";

/** Installs both SDKs into empty folders and prints the table. */
export function measureInstalls() {
  const bench = join(root, "bench");
  run("npm", ["pack", "--silent", "--pack-destination", bench]);
  const tarball = join(bench, readdirSync(bench).find((name) => name.endsWith(".tgz")));
  const official = ["worker", "client", "workflow", "activity"].map((name) => `@temporalio/${name}@1.24.0`);
  const rows = [["official", ...measureInstall(official)], ["ours", ...measureInstall([tarball])]];
  rmSync(tarball);
  printTable("install", ["MB", "packages"], rows);
}

function measureInstall(packages) {
  const folder = mkdtempSync(join(tmpdir(), "anywhen-install-"));
  writeFileSync(join(folder, "package.json"), "{}");
  run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", ...packages], { cwd: folder });
  const files = readdirSync(join(folder, "node_modules"), { recursive: true, encoding: "utf8" });
  // What is on the disk, as `du` counts it: blocks, and what is linked twice once.
  const blocks = new Map();
  for (const name of files) {
    const stat = statSync(join(folder, "node_modules", name), { throwIfNoEntry: false });
    if (stat) blocks.set(stat.ino, stat.blocks);
  }
  const bytes = [...blocks.values()].reduce((sum, count) => sum + count * 512, 0);
  const count =
    files.filter((name) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(`node_modules/${name}`)).length;
  rmSync(folder, { recursive: true, force: true });
  return [format(bytes / 2 ** 20), count];
}
