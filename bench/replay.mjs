// Replay of histories that the official SDK wrote on the official dev server, from the JSON of its command.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installServer } from "../scripts/server.mjs";
import { format, median, printTable, runProgram, runtimes } from "./programs.mjs";

/** Measures replays and prints the table. */
export function measureReplay({ rounds, server }) {
  const folder = mkdtempSync(join(tmpdir(), "anywhen-histories-"));
  try {
    const { workflowIds } = runProgram("official", "record.ts", { env: { BENCH_ADDRESS: server.address } });
    const rows = workflowIds.flatMap((name) => measureHistory(name, saveHistory(name, folder, server), rounds));
    const columns = ["events", "events/s", "CPU an event, µs"];
    printTable(`replay: medians of ${rounds}; in brackets the ratio to the official SDK`, columns, rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function saveHistory(workflowId, folder, { address }) {
  const args = ["workflow", "show", "--workflow-id", workflowId, "--output", "json", "--address", address];
  const { stdout } = spawnSync(installServer(), args, { encoding: "utf8", maxBuffer: 2 ** 30 });
  const file = join(folder, `${workflowId}.json`);
  writeFileSync(file, stdout);
  return file;
}

function measureHistory(name, file, rounds) {
  const samples = Object.fromEntries(Object.keys(runtimes).map((runtime) => [runtime, []]));
  for (let round = 0; round < rounds; round++) {
    for (const runtime of Object.keys(runtimes)) {
      samples[runtime].push(runProgram(runtime, "replay.ts", { args: [file] }));
    }
  }
  const speed = (runtime) => median(samples[runtime], ({ eventsPerSecond }) => eventsPerSecond);
  const cpu = (runtime) => median(samples[runtime], ({ cpuPerEvent }) => cpuPerEvent);
  const ratio = (value, official) => `${format(value)} (${format(value / official)}×)`;
  return Object.entries(samples).map(([runtime, [{ events }]]) => [
    `${name}: ${runtime === "official" ? "official, Node" : `ours, ${runtime}`}`,
    events,
    ratio(speed(runtime), speed("official")),
    ratio(cpu(runtime), cpu("official")),
  ]);
}
