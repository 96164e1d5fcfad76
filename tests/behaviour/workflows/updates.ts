import * as workflow from "@anywhen/temporal/workflow";

export const stop = workflow.defineSignal("stop");
export const mark = workflow.defineSignal<[text: string]>("mark");
export const log = workflow.defineQuery<string[]>("log");
export const add = workflow.defineUpdate<string, [text: string]>("add");
export const slow = workflow.defineUpdate<string, [text: string]>("slow");
export const checked = workflow.defineUpdate<number, [box: { n: number }]>("checked");
export const about = workflow.defineUpdate<string[]>("about");
export const fails = workflow.defineUpdate<void, [kind: string]>("fails");
export const never = workflow.defineUpdate<void>("never");

/** Takes updates of all kinds until it is told to stop. */
export async function updated(): Promise<string[]> {
  const seen: string[] = [];
  let hasStopped = false;
  const proceed = new Set<string>();
  const current = () => {
    const update = workflow.currentUpdateInfo();
    return update ? `${update.id} ${update.name}` : "none";
  };
  let validated = "";
  seen.push(`outside ${current()}`);
  workflow.setHandler(stop, () => {
    hasStopped = true;
  });
  workflow.setHandler(mark, (text) => {
    proceed.add(text);
    seen.push(`mark ${text}`);
  });
  workflow.setHandler(log, () => seen);
  workflow.setHandler(add, (text) => {
    seen.push(`add ${text}`);
    return text.toUpperCase();
  });
  workflow.setHandler(slow, async (text) => {
    seen.push(`slow ${text}`);
    await workflow.waitCondition(() => proceed.has(text));
    seen.push(`slow ${text} done`);
    return text.toUpperCase();
  });
  workflow.setHandler(checked, (box) => box.n, {
    validator: (box) => {
      if (box.n < 0) throw new Error(`${box.n} is negative`);
      box.n = 100;
    },
  });
  workflow.setHandler(about, async () => {
    const before = current();
    workflow.logger.info("inside");
    const spawned = (async () => {
      await workflow.sleep(1);
      return current();
    })();
    return [validated, before, await spawned];
  }, {
    validator: () => {
      validated = current();
    },
  });
  workflow.setHandler(fails, async (kind) => {
    await workflow.sleep(1);
    throw new workflow.ApplicationError(`refused ${kind}`, { type: "Refused" });
  });
  workflow.setDynamicHandler("update", (name, args) => `${name} ${args.length}`);
  await workflow.waitCondition(() => hasStopped && workflow.allHandlersFinished());
  return seen;
}

/** Returns at once: an update that came before is answered all the same. */
export async function brief(): Promise<string[]> {
  const seen: string[] = [];
  workflow.setHandler(log, () => seen);
  workflow.setHandler(add, async (text) => {
    await Promise.resolve();
    seen.push(text);
    return text.toUpperCase();
  });
  await Promise.resolve();
  return seen;
}

/** Knows its start before an update does. */
@workflow.defn
export class Prepared {
  readonly text: string;
  isDone = false;

  constructor(text: string) {
    this.text = text;
  }

  @workflow.run
  async run(_text: string): Promise<void> {
    await workflow.waitCondition(() => this.isDone);
  }

  @workflow.update({ name: "renamed" })
  read(): string {
    this.isDone = true;
    return this.text;
  }
}

/** Sets its handlers one in another: each update is handled once, in the order that the handlers ask for. */
export async function nested(): Promise<string[]> {
  const seen: string[] = [];
  let count = 0;
  const take = (text: string) => {
    seen.push(`first ${text}`);
    count++;
    workflow.setHandler(add, undefined);
    workflow.setHandler(slow, (other) => {
      seen.push(`slow ${other}`);
      count++;
      workflow.setHandler(add, (next) => {
        seen.push(`second ${next}`);
        count++;
        return next;
      });
      return other;
    });
    return text;
  };
  workflow.setHandler(add, take);
  await workflow.waitCondition(() => count >= 3 && workflow.allHandlersFinished());
  return seen;
}

/** Handlers that are left behind at the end. */
export async function leaves(how: "return" | "fail" | "cancel" | "continue" | "stop"): Promise<void> {
  if (how === "stop") return;
  let hasStopped = false;
  workflow.setHandler(never, () => workflow.waitCondition(() => false).then(() => {}));
  workflow.setHandler(stop, () => {
    hasStopped = true;
  });
  workflow.setHandler(workflow.defineSignal("hang"), () => workflow.waitCondition(() => false).then(() => {}));
  workflow.setHandler(
    workflow.defineSignal("quiet"),
    () => workflow.waitCondition(() => false).then(() => {}),
    { unfinishedPolicy: "ABANDON" },
  );
  workflow.setHandler(workflow.defineUpdate<void>("quick"), () => {});
  workflow.setDynamicHandler("update", () => workflow.waitCondition(() => false).then(() => {}));
  await workflow.waitCondition(() => hasStopped);
  if (how === "fail") throw new workflow.ApplicationError("on purpose");
  if (how === "continue") workflow.continueAsNew<typeof leaves>({ args: ["stop"] });
}
