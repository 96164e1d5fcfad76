/** The workload both sides run, and what is measured of it. */

const total = Number(process.env.BENCH_WORKFLOWS ?? 300);
const inFlight = Number(process.env.BENCH_IN_FLIGHT ?? 30);
const alone = Number(process.env.BENCH_ALONE ?? 20);

/** What one process reports on its last line, as JSON. */
export interface Measures {
  /** Milliseconds since the epoch. */
  pollingAt: number;
  firstResultAt: number;
  /** CPU milliseconds (user and system) of this process for one workflow. */
  cpuPerWorkflow: number;
  workflowsPerSecond: number;
  /** Median milliseconds of one workflow with nothing beside it. */
  latency: number;
  /** Resident memory at the end, in MB. */
  memory: number;
}

/** Runs hello workflows through `execute` and prints the measures. */
export async function measure(execute: (workflowId: string) => Promise<unknown>): Promise<void> {
  const pollingAt = Date.now();
  await execute(`first-${crypto.randomUUID()}`);
  const firstResultAt = Date.now();
  if (process.env.BENCH_ONLY_START) return report({ pollingAt, firstResultAt });

  await runMany(execute, inFlight * 2);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await runMany(execute, total);
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);

  report({
    pollingAt,
    firstResultAt,
    cpuPerWorkflow: (user + system) / 1000 / total,
    workflowsPerSecond: total / seconds,
    latency: await measureAlone(execute),
    memory: process.memoryUsage().rss / 2 ** 20,
  });
}

async function runMany(execute: (workflowId: string) => Promise<unknown>, count: number): Promise<void> {
  let started = 0;
  async function runSome(): Promise<void> {
    while (started++ < count) await execute(crypto.randomUUID());
  }
  await Promise.all(Array.from({ length: inFlight }, runSome));
}

async function measureAlone(execute: (workflowId: string) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < alone; i++) {
    const begun = performance.now();
    await execute(crypto.randomUUID());
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b)[Math.floor(alone / 2)];
}

function report(measures: Partial<Measures>): void {
  console.log(JSON.stringify(measures));
}
