/** The official CLI and Python programs as child processes, installed once into the user's cache folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { installPython } from "../../scripts/python.mjs";
import { installServer } from "../../scripts/server.mjs";

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
  const child = start(installPython(), [join(PROGRAMS, program), ...args]);
  child.stdin!.end(input);
  const { code, out, errors } = await finish(child);
  if (code !== 0) throw new Error(`${program} ended with exit code ${code}:\n${errors}`);
  return out;
}

/** A Python program that runs until it is disposed of. */
export async function startPython(program: string, args: string[]): Promise<AsyncDisposable> {
  const child = start(installPython(), [join(PROGRAMS, program), ...args]);
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
