// How programs are run and their figures are shown.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { binaries, fail, root } from "../scripts/setup.mjs";

const bench = join(root, "bench");

/** What starts a program of the official SDK, and of ours on each runtime. */
export const runtimes = {
  official: [binaries.node, "official"],
  Bun: [binaries.bun, "anywhen"],
  Node: [binaries.node, "anywhen"],
  Deno: [binaries.deno, "run", "-A", "--no-check", "--config", join(root, "deno.json"), "anywhen"],
};

/** Runs the program `file` of one side; gives what it reports as JSON on its last line. */
export function runProgram(runtime, file, { args = [], env = {} } = {}) {
  const [binary, ...rest] = runtimes[runtime];
  const path = `${rest.pop()}/${file}`;
  const { stdout, stderr, status } = spawnSync(binary, [...rest, path, ...args], {
    cwd: bench,
    env: { ...process.env, ...env },
    encoding: "utf8",
  });
  const line = stdout.trim().split("\n").at(-1);
  if (status !== 0) fail(`${path} on ${runtime} failed (exit code ${status}):\n${stdout}\n${stderr}`);
  return line.startsWith("{") ? JSON.parse(line) : undefined;
}

/** The median of what `read` finds in samples. */
export function median(samples, read) {
  return samples.map(read).sort((a, b) => a - b)[Math.floor(samples.length / 2)];
}

/** A figure with as many digits as it is worth. */
export function format(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** Prints a table of Markdown. */
export function printTable(title, columns, rows) {
  console.log(`\n${title}\n`);
  console.log(`| | ${columns.join(" | ")} |`);
  console.log(`|---|${columns.map(() => "---:").join("|")}|`);
  for (const [name, ...cells] of rows) console.log(`| ${name} | ${cells.join(" | ")} |`);
}
