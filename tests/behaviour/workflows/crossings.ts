/** Workflows whose tasks are under way while something else reaches their run. */
import * as workflow from "@anywhen/temporal/workflow";

/** Local activities, which run within a workflow task. */
interface Meanwhile {
  /** Sends the signal `poke` to the calling workflow, once in its life. */
  pokes(): Promise<void>;
  /** Has the update `ask` sent to the calling workflow, once in its life; returns when the server has it. */
  asks(): Promise<void>;
  /** Ends once a query of the calling workflow was answered. */
  untilAnswered(): Promise<void>;
}

const { pokes, asks, untilAnswered } = workflow.proxyLocalActivities<Meanwhile>({ startToCloseTimeout: "30s" });
const soon = { startToCloseTimeout: "30s" } as const;
const { updatesItself, echo } = workflow.proxyActivities<{
  updatesItself(): Promise<string>;
  echo(text: string): Promise<string>;
}>(soon);
const local = workflow.proxyLocalActivities<{ echo(text: string): Promise<string> }>(soon);

export const poke = workflow.defineSignal<[index: number]>("poke");
export const finish = workflow.defineSignal("finish");
export const ask = workflow.defineUpdate<string>("ask");
export const set = workflow.defineUpdate<void, [text: string]>("set");
export const refuse = workflow.defineUpdate<void>("refuse");
export const seen = workflow.defineQuery<unknown>("seen");

/** Is signalled while a task of its is under way, and goes on. */
export async function goesOn(): Promise<string[]> {
  const order: string[] = [];
  workflow.setHandler(poke, () => void order.push("signal"));
  await pokes();
  order.push("local activity");
  await workflow.waitCondition(() => order.includes("signal"));
  return order;
}

/** Is signalled while the task is under way in which it ends. */
export async function ends(): Promise<number> {
  let count = 0;
  workflow.setHandler(poke, () => void count++);
  await pokes();
  return count;
}

/** Is signalled while the task is under way in which it continues as new. */
export async function continues(before: number = 0): Promise<number> {
  let count = 0;
  workflow.setHandler(poke, () => void count++);
  if (workflow.info().continuedRunId) return before + count;
  await pokes();
  return workflow.continueAsNew<typeof continues>({ args: [count] });
}

/** Is asked while the task is under way in which it continues as new: the next run answers. */
export async function passesOn(): Promise<void> {
  if (!workflow.info().continuedRunId) {
    await asks();
    workflow.continueAsNew<typeof passesOn>({ args: [] });
  }
  let isAsked = false;
  workflow.setHandler(ask, () => {
    isAsked = true;
    return workflow.info().runId;
  });
  await workflow.waitCondition(() => isAsked && workflow.allHandlersFinished());
}

/** Runs a local activity for as long as nobody asks it anything. */
export async function stalls(): Promise<void> {
  workflow.setHandler(seen, () => "still here");
  await untilAnswered();
}

/** Has an activity update the workflow that called it. */
export async function asksItself(): Promise<string[]> {
  const texts: string[] = [];
  workflow.setHandler(set, async (text) => {
    await workflow.sleep(1);
    texts.push(text);
  });
  texts.push(await updatesItself());
  return texts;
}

/** Refuses updates, and keeps the indexes of its signals, until it is told to finish. */
export async function collects(): Promise<number[]> {
  const indexes: number[] = [];
  let isOver = false;
  workflow.setHandler(poke, (index) => void indexes.push(index));
  workflow.setHandler(seen, () => indexes);
  workflow.setHandler(refuse, () => {}, {
    validator: () => {
      throw new Error("never");
    },
  });
  workflow.setHandler(finish, () => void (isOver = true));
  await workflow.waitCondition(() => isOver);
  return indexes;
}

/** Draws a random number before and after it is told to finish. */
export async function draws(): Promise<[before: number, after: number]> {
  let isOver = false;
  workflow.setHandler(finish, () => void (isOver = true));
  const before = Math.random();
  await workflow.sleep(1);
  await workflow.waitCondition(() => isOver);
  return [before, Math.random()];
}

/** Takes a timer and an activity. */
export async function short(text: string): Promise<string> {
  await workflow.sleep(1);
  return await echo(text);
}

/** Does a bit of everything, again and again; signals and updates come as they like. */
export async function mixed(rounds: number): Promise<string[]> {
  const results: string[] = [];
  let signals = 0;
  let isOver = false;
  workflow.setHandler(poke, async (index) => {
    await local.echo(`signal ${index}`);
    signals++;
  });
  workflow.setHandler(set, async (text) => void results.push(await echo(text)));
  workflow.setHandler(finish, () => void (isOver = true));
  const { workflowId } = workflow.info();
  for (let round = 0; round < rounds; round++) {
    const together = await Promise.all([
      echo(`activity ${round}`),
      local.echo(`local ${round}`),
      workflow.executeChildWorkflow(short, { id: `${workflowId}-${round}`, args: [`child ${round}`] }),
      workflow.sleep(1).then(() => `timer ${round}`),
    ]);
    results.push(...together);
    workflow.upsertMemo({ round });
    if (workflow.patched(`round ${round}`)) await workflow.sleep(1);
  }
  await workflow.waitCondition(() => isOver && workflow.allHandlersFinished());
  return [...results, `${signals} signals`];
}
