import * as workflow from "@anywhen/temporal/workflow";

/** Collects what it is told until it is told to stop. */
@workflow.defn
export class Collector {
  collected: string[];
  stopped = false;

  constructor(first: string) {
    this.collected = [first];
  }

  @workflow.run
  async run(_first: string): Promise<string[]> {
    await workflow.waitCondition(() => this.stopped && workflow.allHandlersFinished());
    return this.collected;
  }

  @workflow.signal
  add(item: string): void {
    this.collected.push(item);
  }

  @workflow.signal({ name: "stop-now" })
  stop(): void {
    this.stopped = true;
  }

  @workflow.query
  items(): string[] {
    return this.collected;
  }

  @workflow.query({ name: "failing" })
  fail(): never {
    throw new Error("the query failed");
  }

  @workflow.update({
    validator(this: Collector, item: string) {
      if (this.collected.includes(item)) throw new Error(`${item} is there already`);
    },
  })
  async insert(item: string): Promise<number> {
    await workflow.sleep(1);
    this.collected.push(item);
    return this.collected.length;
  }

  @workflow.update
  breaks(): never {
    throw new workflow.ApplicationError("cannot do that", { type: "Refused" });
  }
}

export const late = workflow.defineSignal<[text: string]>("late");
export const history = workflow.defineQuery<string[]>("history");
export const set = workflow.defineUpdate<string, [text: string]>("set");

/** Sets its signal handler only after a timer: signals wait for it. */
export async function lateHandler(expected: number): Promise<string[]> {
  const seen: string[] = [];
  await workflow.sleep(50);
  workflow.setHandler(late, (text) => void seen.push(text));
  await workflow.waitCondition(() => seen.length >= expected);
  return seen;
}

/** Writes down in which order things happen within one task. */
export async function ordered(): Promise<string[]> {
  const seen: string[] = [];
  workflow.setHandler(late, async (text) => {
    seen.push(`signal ${text}`);
    await Promise.resolve();
    seen.push(`after ${text}`);
  });
  workflow.setHandler(history, () => seen);
  workflow.setHandler(set, async (text) => {
    const { id, name } = workflow.currentUpdateInfo()!;
    await workflow.sleep(1);
    seen.push(`${name} ${text} ${id === workflow.currentUpdateInfo()?.id}`);
    return text.toUpperCase();
  });
  seen.push("main");
  await workflow.waitCondition(() => seen.some((line) => line.startsWith("set")));
  return seen;
}

/** Breaks the rule that a query only reads. */
export async function mutatingQuery(): Promise<void> {
  workflow.setHandler(history, () => {
    void workflow.sleep(1);
    return [];
  });
  await workflow.waitCondition(() => false, { timeout: "1h" });
}
