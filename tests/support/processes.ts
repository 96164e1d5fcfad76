/** Runs TypeScript programs as processes of their own, on the runtime that runs the tests. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** What starts a program unbuilt, by runtime. */
const launchers: Record<string, string[]> = {
  bun: ["--conditions=anywhen-source"],
  deno: ["run", "-A", "--no-check"],
  node: ["--conditions=anywhen-source", "--import=./tests/support/decorators.mjs"],
};

/** The runtime that runs the tests. */
export const runtime: string = process.versions.bun ? "bun" : process.versions.deno ? "deno" : "node";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Starts a program; its standard output can be read, its errors are shown. */
export function startProgram(program: URL, args: string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [...launchers[runtime], fileURLToPath(program), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}

/** Waits until a program has printed `text`; throws when it ends before. */
export async function waitForOutput(child: ChildProcess, text: string): Promise<string> {
  let output = "";
  for await (const chunk of child.stdout!) {
    output += chunk;
    if (output.includes(text)) return output;
  }
  throw new Error(`the program ended without printing ${JSON.stringify(text)}; it printed ${JSON.stringify(output)}`);
}

/** Ends a program by a signal and waits until it is gone. */
export async function endProgram(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

/** Runs a program to its end and gives what it printed; throws when it fails. */
export async function runProgram(program: URL, args: string[] = [], env: Record<string, string> = {}): Promise<string> {
  const child = startProgram(program, args, env);
  let output = "";
  child.stdout!.on("data", (chunk) => output += chunk);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${program} ended with exit code ${code}: ${output}`);
  return output;
}
