// Installs the official Python SDK (once, into the user's cache folder), for the tests that run it beside ours.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./server.mjs";

const version = "1.35.0";

/** The path of a Python that has the SDK; makes its virtual environment when it is missing. */
export function installPython() {
  // Paths inside such a folder are fixed: it is made in place, and its stamp comes last.
  const folder = join(cacheFolder(), `python-temporalio-${version}`);
  const python = join(folder, "bin", "python");
  const stamp = join(folder, "installed");
  if (existsSync(stamp)) return python;
  console.error(`installing the official Python SDK into ${folder}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cacheFolder(), { recursive: true });
  run("python3", ["-m", "venv", folder]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `temporalio==${version}`]);
  writeFileSync(stamp, version);
  return python;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error?.code === "ENOENT") {
    throw new Error(`${command} is not installed; it is needed to test beside the Python SDK`);
  }
  if (status !== 0) throw new Error(`failed (exit code ${status}): ${command} ${args.join(" ")}`);
}
