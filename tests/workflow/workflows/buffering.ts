import * as workflow from "@anywhen/temporal/workflow";

const a = workflow.defineSignal<[text: string]>("a");
const b = workflow.defineSignal<[text: string]>("b");
const u = workflow.defineUpdate<string, [text: string]>("u");
const v = workflow.defineUpdate<string, [text: string]>("v");

/** Sets handlers one after the other, the dynamic one last. */
export async function oneByOne(): Promise<string[]> {
  const seen: string[] = [];
  await workflow.sleep(1);
  workflow.setHandler(b, (text) => void seen.push(`b ${text}`));
  seen.push("b is set");
  workflow.setHandler(a, (text) => {
    seen.push(`a ${text}`);
    if (text === "1") workflow.setHandler(a, undefined);
  });
  seen.push("a was cleared");
  workflow.setDynamicHandler("signal", (name, args) => void seen.push(`dynamic ${name} ${args.length}`));
  seen.push("dynamic is set");
  await workflow.sleep(1);
  return seen;
}

/** Handlers that clear themselves and set each other while they are given what has arrived. */
export async function takingTurns(): Promise<string[]> {
  const seen: string[] = [];
  const setA = () =>
    workflow.setHandler(a, (text) => {
      seen.push(`a ${text}`);
      workflow.setHandler(a, undefined);
      setB();
    });
  const setB = () =>
    workflow.setHandler(b, (text) => {
      seen.push(`b ${text}`);
      workflow.setHandler(b, undefined);
      setA();
    });
  await workflow.sleep(1);
  setA();
  await workflow.sleep(1);
  return seen;
}

/** The same for updates, in the task in which they come. */
export async function updatesTakingTurns(): Promise<string[]> {
  const seen: string[] = [];
  const setU = () =>
    workflow.setHandler(u, (text) => {
      seen.push(`u ${text}`);
      workflow.setHandler(u, undefined);
      setV();
      return text;
    });
  const setV = () =>
    workflow.setHandler(v, (text) => {
      seen.push(`v ${text}`);
      workflow.setHandler(v, undefined);
      setU();
      return text;
    });
  setU();
  await workflow.sleep(1);
  return seen;
}

/** Updates, the dynamic handler last. */
export async function updatesOneByOne(): Promise<string[]> {
  const seen: string[] = [];
  workflow.setHandler(v, (text) => (seen.push(`v ${text}`), text));
  seen.push("v is set");
  workflow.setHandler(u, (text) => (seen.push(`u ${text}`), text));
  seen.push("u is set");
  workflow.setDynamicHandler("update", (name, args) => void seen.push(`dynamic ${name} ${args.length}`));
  await workflow.sleep(1);
  return seen;
}

/** What was pending before does not run between a signal and an update of one task. */
export async function together(): Promise<string[]> {
  const seen: string[] = [];
  let isTouched = false;
  workflow.setHandler(a, async (text) => {
    seen.push(`signal ${text}`);
    isTouched = true;
    await Promise.resolve();
    seen.push("after the signal");
  });
  workflow.setHandler(u, async (text) => {
    seen.push(`update ${text}`);
    await Promise.resolve();
    seen.push("after the update");
    return text;
  });
  await workflow.waitCondition(() => isTouched);
  seen.push("main");
  await workflow.sleep(1);
  return seen;
}

/** Ends while a handler has a step to go. */
export async function endsBeside(first: "main" | "update"): Promise<string> {
  let isTouched = false;
  const steps = async (count: number) => {
    for (let i = 0; i < count; i++) await Promise.resolve();
  };
  workflow.setHandler(u, async (text) => {
    isTouched = true;
    await steps(first === "main" ? 50 : 0);
    return text;
  });
  await workflow.waitCondition(() => isTouched);
  await steps(first === "main" ? 0 : 50);
  return "done";
}

/** Goes on after its end. */
// deno-lint-ignore require-await -- workflows are async
export async function outlives(): Promise<string> {
  void (async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await workflow.executeActivity("late", { startToCloseTimeout: 1 });
  })();
  void (async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    workflow.continueAsNew();
  })().catch(() => {});
  return "done";
}

/** What names and handlers cannot be. */
export async function badHandlers(): Promise<string[]> {
  const seen: string[] = [];
  const set = workflow.setHandler as (definition: object, handler: unknown, options?: object) => void;
  const faulty: [definition: object, handler: unknown, options?: object][] = [
    [{ kind: "signal", name: "__temporal_x" }, () => {}],
    [{ kind: "query", name: "__stack_trace" }, () => {}],
    [{ kind: "update", name: "" }, () => {}],
    [{ kind: "signal", name: "x" }, "no function", { unfinishedPolicy: "NO" }],
    [{ kind: "update", name: "x" }, () => {}, { validator: 1 }],
  ];
  for (const [definition, handler, options] of faulty) {
    try {
      set(definition, handler, options);
    } catch (error) {
      seen.push(`${(error as Error).name}: ${(error as Error).message}`);
    }
  }
  workflow.setDynamicHandler("signal", (name) => void seen.push(name));
  await workflow.sleep(1);
  return seen;
}

/** Sets a handler that its class declares. */
@workflow.defn
export class OwnHandler {
  seen: string[] = [];

  constructor() {
    workflow.setHandler(a, (text) => void this.seen.push(`own ${text}`));
  }

  @workflow.run
  async run(): Promise<string[]> {
    await workflow.sleep(1);
    return this.seen;
  }

  @workflow.signal
  a(text: string): void {
    this.seen.push(`declared ${text}`);
  }

  @workflow.signal
  b(text: string): void {
    this.seen.push(`declared ${text}`);
  }
}
