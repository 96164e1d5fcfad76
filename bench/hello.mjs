// Start, CPU, throughput and latency of hello workflows: on the official dev server, and ours in process.
import { format, median, printTable, runProgram } from "./programs.mjs";

/** Every program that is measured: on which runtime, and whether on the official dev server. */
const programs = {
  "official, Node": { runtime: "official", onServer: true },
  "ours, Bun": { runtime: "Bun", onServer: true },
  "ours, Node": { runtime: "Node", onServer: true },
  "ours, Deno": { runtime: "Deno", onServer: true },
  "ours in process, Bun": { runtime: "Bun" },
  "ours in process, Node": { runtime: "Node" },
  "ours in process, Deno": { runtime: "Deno" },
};

const columns = {
  "start to polling, ms": ({ polling }) => polling,
  "start to first result, ms": ({ firstResult }) => firstResult,
  "CPU per workflow, ms": ({ cpuPerWorkflow }) => cpuPerWorkflow,
  "workflows/s, 30 in flight": ({ workflowsPerSecond }) => workflowsPerSecond,
  "one alone, ms": ({ latency }) => latency,
  "memory, MB": ({ memory }) => memory,
};

/** Measures hello workflows and prints the table. */
export function measureHello({ rounds, server }) {
  const samples = Object.fromEntries(Object.keys(programs).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, program] of Object.entries(programs)) samples[name].push(measure(program, server));
  }
  const reads = Object.values(columns);
  const official = reads.map((read) => median(samples["official, Node"], read));
  const rows = Object.entries(samples).map(([name, runs]) => [
    name,
    ...reads.map((read, i) => {
      const value = median(runs, read);
      return runs === samples["official, Node"] ? format(value) : `${format(value)} (${format(value / official[i])}×)`;
    }),
  ]);
  printTable(
    `hello: medians of ${rounds}; in brackets the ratio to the official SDK`,
    Object.keys(columns),
    rows,
  );
}

function measure({ runtime, onServer }, server) {
  const begun = Date.now();
  const measures = runProgram(runtime, "main.ts", { env: onServer ? { BENCH_ADDRESS: server.address } : {} });
  return { ...measures, polling: measures.pollingAt - begun, firstResult: measures.firstResultAt - begun };
}
