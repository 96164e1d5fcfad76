// deno-lint-ignore-file require-await -- workflows are async
/** Workflows whose outcome depends on order, time and random numbers. */
import * as workflow from "@anywhen/temporal/workflow";

const { greet } = workflow.proxyActivities<{ greet(greeting: string, name: string): Promise<string> }>({
  startToCloseTimeout: "1m",
});

export const poke = workflow.defineSignal<[name: string]>("poke");
export const finish = workflow.defineSignal("finish");
export const raise = workflow.defineUpdate<string, [name: string]>("raise");
export const view = workflow.defineQuery<unknown>("view");

/** Logs what happens in the order in which its code sees it. */
export async function ordering(): Promise<string[]> {
  const order: string[] = [];
  let isFinished = false;
  workflow.setHandler(view, () => order);
  workflow.setHandler(poke, async (name) => {
    order.push(`signal ${name}`);
    await greet("signal", name);
    order.push(`signal ${name} done`);
  });
  workflow.setHandler(raise, async (name) => {
    order.push(`update ${name}`);
    await workflow.sleep(1);
    order.push(`update ${name} done`);
    return name;
  });
  workflow.setHandler(finish, () => void (isFinished = true));
  await Promise.all([
    workflow.sleep(5).then(() => order.push("timer")),
    greet("main", "activity").then(() => order.push("activity")),
    workflow.waitCondition(() => isFinished).then(() => order.push("condition")),
  ]);
  await workflow.waitCondition(workflow.allHandlersFinished);
  return order;
}

/** Promise jobs come in one order wherever they run. */
export async function microtasks(): Promise<string[]> {
  const order: string[] = [];
  const note = (name: string) => () => void order.push(name);
  const chain = async (name: string, length: number) => {
    for (let i = 0; i < length; i++) await Promise.resolve().then(note(`${name}${i}`));
  };
  await Promise.all([chain("a", 3), chain("b", 2), Promise.race([chain("c", 1), workflow.sleep(1)])]);
  await Promise.allSettled([workflow.sleep(2).then(note("slow")), workflow.sleep(1).then(note("fast"))]);
  queueMicrotask(note("queued"));
  await Promise.any([Promise.reject(new Error("no")), Promise.resolve().then(note("any"))]);
  void workflow.sleep("1h");
  return order;
}

/** Two handlers fail in the task that starts them; with `first` the main function returns before. */
export async function failingHandlers(first: boolean): Promise<string> {
  workflow.setHandler(poke, async (name) => {
    await workflow.waitCondition(() => true);
    throw new workflow.ApplicationError(`handler ${name} failed`);
  });
  if (first) return "main";
  await workflow.sleep("1h");
  return "late";
}

/** Asks for more in the task in which it ends. */
export async function afterTheEnd(how: "returns" | "fails"): Promise<string> {
  const more = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    void workflow.sleep("1h");
    void greet("too", "late");
    workflow.continueAsNew();
  };
  void more().catch(() => {});
  if (how === "fails") throw new workflow.ApplicationError("over");
  return "over";
}

/** Random numbers of every kind. */
export async function randomNumbers(): Promise<{ values: unknown[]; time: number; seed: string }> {
  const bytes = workflow.random().fill(new Uint8Array(4));
  const values: unknown[] = [
    Math.random(),
    workflow.random().random(),
    [...bytes],
    crypto.randomUUID(),
    workflow.uuid4(),
  ];
  values.push(workflow.uuid7());
  const { time } = { time: workflow.time() };
  await workflow.sleep(1);
  values.push(workflow.newRandom("mine").random(), Math.random(), workflow.uuid7());
  return { values, time, seed: String(workflow.randomSeed()) };
}

/** Named streams leave each other and the main one alone. */
export async function streams(isNamed: boolean): Promise<{ main: number[]; named: number[] }> {
  const main = [Math.random()];
  const named: number[] = [];
  if (isNamed) {
    const library = workflow.newRandom("library");
    named.push(library.random(), workflow.newRandom("other").random());
    await library.with(async () => {
      named.push(Math.random());
      await workflow.sleep(1);
      named.push(Math.random(), Number.parseInt(workflow.uuid4().slice(0, 8), 16));
      main.push(workflow.random().random());
    });
    named.push(workflow.newRandom("library").random());
  } else {
    await workflow.sleep(1);
    main.push(Math.random());
  }
  main.push(Math.random());
  return { main, named };
}

/** Draws before and after the place to which it is reset. */
export async function reseeded(): Promise<{ seeds: string[]; before: number; after: number[] }> {
  const seeds: string[] = [];
  let isFinished = false;
  workflow.registerRandomSeedCallback((seed) => seeds.push(String(seed)));
  let isPoked = false;
  workflow.setHandler(poke, () => void (isPoked = true));
  workflow.setHandler(finish, () => void (isFinished = true));
  workflow.setHandler(view, () => seeds);
  const stream = workflow.newRandom("mine");
  const before = Math.random() + stream.random();
  await workflow.waitCondition(() => isPoked);
  await workflow.waitCondition(() => isFinished);
  return { seeds, before, after: [Math.random(), stream.random()] };
}

/** Time stands still within a task, and forms of Date with arguments are as ever. */
export async function dates(): Promise<unknown> {
  const first = Date.now();
  for (let i = 0; i < 1e5; i++);
  const isConstant = Date.now() === first && new Date().getTime() === first && workflow.now().getTime() === first;
  await workflow.sleep(30);
  return {
    isConstant,
    isLater: Date.now() >= first + 30,
    isTaskStart: Math.floor(workflow.time()) === Date.now() && Number(workflow.timeNs() / 1_000_000n) === Date.now(),
    parsed: new Date("2020-01-02T03:04:05.678Z").toISOString(),
    parts: new Date(Date.UTC(2020, 1, 2)).toISOString(),
    text: typeof Date() === "string",
  };
}

/** What garbage collection would decide is refused. */
export async function weakReferences(): Promise<string[]> {
  const messages: string[] = [];
  for (const make of [() => new WeakRef({}), () => new FinalizationRegistry(() => {})]) {
    try {
      make();
    } catch (error) {
      messages.push((error as Error).message);
    }
  }
  return messages;
}

/** Writes one line a task. */
export async function logging(): Promise<string> {
  let isFinished = false;
  workflow.setHandler(finish, () => void (isFinished = true));
  for (let i = 0; i < 3; i++) {
    workflow.logger.info(`line ${i}`);
    await workflow.sleep(1);
  }
  console.log("printed");
  await workflow.waitCondition(() => isFinished);
  workflow.logger.info("last line");
  return "done";
}

/** Notes whether it replays, at the first new line after a signal. */
export async function replaying(): Promise<unknown[]> {
  const notes: unknown[] = [];
  let isFinished = false;
  workflow.setHandler(view, () => "answer");
  workflow.setHandler(
    poke,
    () => void notes.push([workflow.unsafe.isReplaying(), workflow.info().getCurrentHistoryLength() > 0]),
  );
  workflow.setHandler(finish, () => void (isFinished = true));
  await workflow.waitCondition(() => isFinished);
  return workflow.unsafe.isReplaying() ? ["replayed"] : notes;
}

/** Real time and real random numbers, for telemetry alone. */
export async function realities(): Promise<boolean[]> {
  const real = workflow.unsafe.now();
  const random = [workflow.unsafe.random(), workflow.unsafe.random()];
  return [Math.abs(real - Date.now()) < 60_000, random.every((number) => number >= 0 && number < 1)];
}
