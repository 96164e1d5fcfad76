// The benchmark: ours, as built for npm, beside the official TypeScript SDK, in one run, medians, one table.
//
//   node bench/run.mjs            five rounds
//   node bench/run.mjs --rounds 1
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { binaries, fail, root, run, setUp } from "../scripts/setup.mjs";
import { startServer } from "../scripts/server.mjs";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" } } });
const rounds = Number(values.rounds);
const bench = join(root, "bench");

/** Every program that is measured: what starts it, and on which server it runs. */
const programs = {
  "official, Node": { command: [binaries.node, "official/main.ts"], server: "real" },
  "ours, Bun": { command: [binaries.bun, "anywhen/main.ts"], server: "real" },
  "ours, Node": { command: [binaries.node, "anywhen/main.ts"], server: "real" },
  "ours, Deno": { command: denoCommand(), server: "real" },
  "ours in process, Bun": { command: [binaries.bun, "anywhen/main.ts"] },
  "ours in process, Node": { command: [binaries.node, "anywhen/main.ts"] },
  "ours in process, Deno": { command: denoCommand() },
};

const columns = [
  ["start to polling, ms", ({ polling }) => polling],
  ["start to first result, ms", ({ firstResult }) => firstResult],
  ["CPU per workflow, ms", ({ cpuPerWorkflow }) => cpuPerWorkflow],
  ["workflows/s, 30 in flight", ({ workflowsPerSecond }) => workflowsPerSecond],
  ["one alone, ms", ({ latency }) => latency],
  ["memory, MB", ({ memory }) => memory],
];

setUp();
run(process.execPath, [join(root, "scripts", "build.mjs")]);
if (!existsSync(join(bench, "official", "node_modules"))) {
  run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"], {
    cwd: join(bench, "official"),
  });
}
const server = await startServer({ port: 0 });
try {
  const samples = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, program] of Object.entries(programs)) samples[name].push(runProgram(name, program));
  }
  printTable(samples);
} finally {
  await server.stop();
}
printInstalls();

function denoCommand() {
  return [binaries.deno, "run", "-A", "--no-check", "--config", join(root, "deno.json"), "anywhen/main.ts"];
}

function runProgram(name, { command: [binary, ...args], server: kind }) {
  const begun = Date.now();
  const env = { ...process.env, ...(kind === "real" ? { BENCH_ADDRESS: server.address } : {}) };
  const { stdout, stderr, status } = spawnSync(binary, args, { cwd: bench, env, encoding: "utf8" });
  const line = stdout.trim().split("\n").at(-1);
  if (status !== 0 || !line?.startsWith("{")) fail(`${name} failed (exit code ${status}):\n${stderr}`);
  const measures = JSON.parse(line);
  return { ...measures, polling: measures.pollingAt - begun, firstResult: measures.firstResultAt - begun };
}

function printTable(samples) {
  const names = Object.keys(samples);
  const official = medians(samples[names[0]]);
  console.log(`\nmedians of ${rounds}; in brackets the ratio to the official SDK\n`);
  console.log(`| | ${columns.map(([title]) => title).join(" | ")} |`);
  console.log(`|---|${columns.map(() => "---:").join("|")}|`);
  for (const name of names) {
    const row = medians(samples[name]);
    const cells = row.map((value, i) =>
      name === names[0] ? format(value) : `${format(value)} (${format(value / official[i])}×)`
    );
    console.log(`| ${name} | ${cells.join(" | ")} |`);
  }
}

function medians(runs) {
  return columns.map(([, read]) => runs.map(read).sort((a, b) => a - b)[Math.floor(runs.length / 2)]);
}

function format(value) {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function printInstalls() {
  run("npm", ["pack", "--silent", "--pack-destination", bench]);
  const tarball = readdirSync(bench).find((name) => name.endsWith(".tgz"));
  const official = ["worker", "client", "workflow", "activity"].map((name) => `@temporalio/${name}@1.24.0`);
  console.log(`\n| install | MB | packages |\n|---|---:|---:|`);
  for (const [name, packages] of [["official", official], ["ours", [join(bench, tarball)]]]) {
    const { megabytes, count } = measureInstall(packages);
    console.log(`| ${name} | ${megabytes.toFixed(1)} | ${count} |`);
  }
  rmSync(join(bench, tarball));
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
  return { megabytes: bytes / 2 ** 20, count };
}
