// Measures ours alone: CPU of a step early and late in a long workflow, time of a job among few and among many.
import { Client, type WorkflowHistory } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Replayer, Worker } from "@anywhen/temporal/worker";

const steps = 1_000;
const longRuns = 12;
/** Steps at the beginning and at the end over which a mean is taken. */
const early = { from: 10, to: 110 };
const late = { from: steps - 100, to: steps };

const silent = { debug() {}, info() {}, warn: console.error, error: console.error };
const server = await DevServer.start();
const client = await Client.connect(server, { telemetry: { logger: silent } });
const workflows = new URL("./workflows.ts", import.meta.url);

console.log(JSON.stringify({ ...await measureSteps(), ...await measureJobs() }));
process.exit(0);

/** CPU microseconds of a step: workflow task, activity and the embedded server's part. */
async function measureSteps(): Promise<{ earlyStep: number; lateStep: number }> {
  const taskQueue = "steps";
  let marks: number[] = [];
  const composeGreeting = () => {
    const { user, system } = process.cpuUsage();
    marks.push(user + system);
  };
  const worker = await Worker.create({ client, taskQueue, workflows, activities: { composeGreeting } });
  const samples: { earlyStep: number; lateStep: number }[] = [];
  await worker.runUntil(async () => {
    for (let i = 0; i < longRuns; i++) {
      marks = [];
      await client.workflow.execute("fan", { id: `steps-${i}`, taskQueue, args: [{ rounds: steps + 1, width: 1 }] });
      samples.push({ earlyStep: mean(marks, early), lateStep: mean(marks, late) });
    }
  });
  // The first runs warm the runtime's compilers up.
  const settled = samples.slice(2);
  return {
    earlyStep: middle(settled.map(({ earlyStep }) => earlyStep)),
    lateStep: middle(settled.map(({ lateStep }) => lateStep)),
  };
}

function mean(marks: number[], { from, to }: { from: number; to: number }): number {
  return (marks[to] - marks[from]) / (to - from);
}

/** Microseconds of a replay for each of the results that come in one activation. */
async function measureJobs(): Promise<{ jobOf100: number; jobOf1000: number }> {
  const replayer = await Replayer.create({ workflows });
  const few = await recordBurst(100);
  const many = await recordBurst(1_000);
  await timeReplays(replayer, few, 100);
  await timeReplays(replayer, many, 20);
  return {
    jobOf100: await timeReplays(replayer, few, 200) / 100,
    jobOf1000: await timeReplays(replayer, many, 20) / 1_000,
  };
}

/** A history in which the results of all activities came while no worker took workflow tasks. */
async function recordBurst(width: number): Promise<WorkflowHistory> {
  const taskQueue = `burst-${width}`;
  const handle = await client.workflow.start("fan", { id: taskQueue, taskQueue, args: [{ rounds: 1, width }] });
  const options = { client, taskQueue };
  const first = await Worker.create({ ...options, workflows });
  await first.runUntil(() => waitFor(async () => (await countEvents(handle.id)) > width));
  const activities = { composeGreeting: () => "" };
  const second = await Worker.create({ ...options, activities, maxConcurrentActivities: 50 });
  await second.runUntil(() => waitFor(async () => (await countEvents(handle.id)) >= 3 * width));
  const third = await Worker.create({ ...options, workflows });
  await third.runUntil(() => handle.result());
  return await handle.fetchHistory();
}

async function countEvents(id: string): Promise<number> {
  return (await client.workflow.getHandle(id).fetchHistory()).events.length;
}

async function waitFor(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Median microseconds of a replay. */
async function timeReplays(replayer: Replayer, history: WorkflowHistory, count: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const begun = performance.now();
    await replayer.replayWorkflow(history);
    times.push((performance.now() - begun) * 1_000);
  }
  return middle(times);
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
