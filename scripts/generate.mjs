// Writes src/gen/ from the pinned .proto files when it is missing or older than what it is made from.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stampFile = join(root, "src", "gen", ".stamp");

/** Generates the API code unless what is there came from the same inputs. */
export function generate() {
  const inputs = fingerprint();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === inputs) return;
  console.log("generating the API code");
  const buf = join(root, "node_modules", ".bin", "buf");
  const path = [join(root, "node_modules", ".bin"), process.env.PATH, makeNodeShim()].join(delimiter);
  const { status } = spawnSync(buf, ["generate"], { cwd: root, stdio: "inherit", env: { ...process.env, PATH: path } });
  if (status !== 0) {
    console.error("error: buf generate failed; see above");
    process.exit(1);
  }
  writeFileSync(stampFile, inputs);
}

/** A folder with a `node` that is the runtime at hand: the tools are scripts for Node, which may not be installed. */
function makeNodeShim() {
  const folder = join(root, "node_modules", ".anywhen-bin");
  const command = globalThis.Deno ? `"${process.execPath}" run -A` : `"${process.execPath}"`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "node"), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  return folder;
}

function fingerprint() {
  const hash = createHash("sha256");
  for (const file of ["buf.yaml", "buf.gen.yaml", ...protoFiles()]) hash.update(readFileSync(join(root, file)));
  for (const name of ["@temporalio/core-bridge", "@bufbuild/protoc-gen-es", "@bufbuild/buf"]) {
    hash.update(JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version);
  }
  return hash.digest("hex");
}

function protoFiles() {
  const folder = join(root, "proto");
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".proto")).sort()
    .map((name) => join("proto", name));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generate();
