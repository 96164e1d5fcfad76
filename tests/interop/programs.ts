/** The official CLI and Python programs as child processes, installed once into the user's cache folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cacheFolder, installServer } from "../../scripts/server.mjs";

const TEMPORALIO = "1.35.0";
const PROGRAMS = fileURLToPath(new URL("./python/", import.meta.url));

/** What a program left behind. */
export interface Outcome {
  code: number | null;
  out: string;
  errors: string;
}

/** Runs the official `temporal` command on a server. */
export async function runTemporal(address: string, ...args: string[]): Promise<Outcome> {
  return await finish(start(installServer(), [...args, "--address", address]));
}

/** Runs a Python program to its end and gives what it printed; throws with its errors when it fails. */
export async function runPython(program: string, args: string[], input = ""): Promise<string> {
  const child = start(await installPython(), [join(PROGRAMS, program), ...args]);
  child.stdin!.end(input);
  const { code, out, errors } = await finish(child);
  if (code !== 0) throw new Error(`${program} ended with exit code ${code}:\n${errors}`);
  return out;
}

/** A Python program that runs until it is disposed of. */
export async function startPython(program: string, args: string[]): Promise<AsyncDisposable> {
  const child = start(await installPython(), [join(PROGRAMS, program), ...args]);
  const ended = finish(child);
  const [ready] = await Promise.race([once(child.stdout!, "data"), ended.then(() => [""])]);
  if (!String(ready).includes("ready")) throw new Error(`${program} is not ready:\n${(await ended).errors}`);
  return {
    async [Symbol.asyncDispose]() {
      child.stdin!.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function start(command: string, args: string[]): ChildProcess {
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  return spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
}

async function finish(child: ChildProcess): Promise<Outcome> {
  let out = "";
  let errors = "";
  child.stdout!.on("data", (chunk) => out += chunk);
  child.stderr!.on("data", (chunk) => errors += chunk);
  const [code] = await once(child, "close");
  return { code, out, errors };
}

/** A virtual environment with the Python SDK; paths inside such a folder are fixed, so that it is made in place. */
async function installPython(): Promise<string> {
  const folder = join(cacheFolder(), `python-temporalio-${TEMPORALIO}`);
  const python = join(folder, "bin", "python");
  const stamp = join(folder, "installed");
  if (existsSync(stamp)) return python;
  await rm(folder, { recursive: true, force: true });
  await mkdir(cacheFolder(), { recursive: true });
  await install("python3", ["-m", "venv", folder]);
  await install(python, ["-m", "pip", "install", "--quiet", `temporalio==${TEMPORALIO}`]);
  await mkdir(`${stamp}.draft`);
  await rename(`${stamp}.draft`, stamp);
  return python;
}

async function install(command: string, args: string[]): Promise<void> {
  const child = start(command, args);
  const failed = once(child, "error").then(([error]) => ({ code: null, out: "", errors: String(error) }));
  const { code, errors } = await Promise.race([finish(child), failed]);
  if (code !== 0) throw new Error(`failed: ${command} ${args.join(" ")}\n${errors}`);
}
