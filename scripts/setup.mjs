// Installs the dependencies and generates the API code, each only when missing or stale.
// Plain JavaScript, so that the oldest supported Node, Bun and Deno all run it before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { generate } from "./generate.mjs";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The runtimes that come as dev dependencies; the one that runs this, if it is Bun or Deno, is as good. */
export const binaries = {
  bun: process.versions.bun ? process.execPath : join(root, "node_modules", ".bin", "bun"),
  deno: globalThis.Deno ? process.execPath : join(root, "node_modules", ".bin", "deno"),
  node: join(root, "node_modules", ".bin", "node"),
};

/** Runs a command in the project's folder with its output shown; ends this process when it fails. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", ...options });
  if (error?.code === "ENOENT") fail(`${command} is not installed; it is needed to run: ${command} ${args.join(" ")}`);
  if (status !== 0) fail(`failed (exit code ${status}): ${command} ${args.join(" ")}`);
}

/** Ends this process with one line. */
export function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

/** Makes the checkout ready to run: dependencies and generated code. */
export function setUp() {
  install();
  generate();
}

function install() {
  const stamp = join(root, "node_modules", ".anywhen-installed");
  const wanted = createHash("sha256").update(readFileSync(join(root, "package.json"))).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("installing dependencies");
  const [command, ...args] = findInstaller();
  run(command, args);
  writeFileSync(stamp, wanted);
}

function findInstaller() {
  const installers = [
    // No lock file: npm writes one for the platform it runs on only. The versions are pinned in package.json.
    ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"],
    // Install scripts would want npm; without them the runtime at hand takes the place of the others.
    ["bun", "install", "--ignore-scripts", "--no-save"],
    ["deno", "install"],
  ];
  const found = installers.find(([command]) => spawnSync(command, ["--version"]).status === 0);
  return found ?? fail("npm, bun or deno is needed to install the dependencies");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
