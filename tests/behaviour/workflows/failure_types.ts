import * as workflow from "@anywhen/temporal/workflow";

export class PaymentError extends Error {}
export class CardError extends PaymentError {}

export type Where = "workflow" | "signal" | "update";
export type What = "listed" | "derived" | "other" | "nondeterminism";

const signal = workflow.defineSignal<[what: What]>("fail");
export const update = workflow.defineUpdate<void, [what: What]>("fail");

async function fail(where: Where, what: What): Promise<void> {
  workflow.setHandler(signal, raise);
  workflow.setHandler(update, raise);
  if (where === "workflow") raise(what);
  await workflow.waitCondition(() => false, { timeout: "1h" });
}

function raise(what: What): never {
  if (what === "listed") throw new PaymentError("no money");
  if (what === "derived") throw new CardError("no card");
  if (what === "nondeterminism") throw new workflow.NondeterminismError("not the same");
  throw new RangeError("a bug");
}

/** Nothing of its own to say. */
export const plain = workflow.define({ name: "plain", run: fail });

/** Lists a class. */
export const listing = workflow.define({ name: "listing", failureExceptionTypes: [PaymentError], run: fail });

/** Lists that of nondeterminism. */
export const strict = workflow.define({
  name: "strict",
  failureExceptionTypes: [workflow.NondeterminismError],
  run: fail,
});

/** Lists all. */
export const all = workflow.define({ name: "all", failureExceptionTypes: [Error], run: fail });

/** Decides for each run. */
@workflow.defn({ dynamic: true })
export class Decided {
  seen: string;

  constructor() {
    this.seen = workflow.info().workflowType;
  }

  @workflow.run
  async run(args: { payload: { data: Uint8Array } }[]): Promise<void> {
    const what = JSON.parse(new TextDecoder().decode(args[1].payload.data)) as What;
    await fail("workflow", what);
  }

  @workflow.dynamicConfig
  config(): workflow.DynamicWorkflowConfig {
    if (this.seen === "broken") throw new Error("cannot decide");
    if (this.seen === "acting") void workflow.sleep(1);
    return { failureExceptionTypes: this.seen === "lists" ? [PaymentError] : [], versioningBehavior: "PINNED" };
  }
}

/** Does something else when it is replayed. */
async function wander(): Promise<void> {
  workflow.setHandler(update, () => workflow.sleep(1));
  if (workflow.unsafe.isReplaying()) await workflow.executeActivity("nothing", { startToCloseTimeout: "1s" });
  await workflow.sleep("10ms");
  await workflow.sleep("1h");
}

export const wanders = workflow.define({ name: "wanders", run: wander });
export const wandersOnce = workflow.define({
  name: "wandersOnce",
  failureExceptionTypes: [workflow.NondeterminismError],
  run: wander,
});

/** What `isFailureException` says. */
export const tells = workflow.define({
  name: "tells",
  failureExceptionTypes: [PaymentError],
  // deno-lint-ignore require-await -- workflows are async
  run: async () =>
    [
      new CardError(),
      new RangeError(),
      new workflow.ApplicationError("failure"),
      new workflow.TimeoutError("late"),
      new workflow.NondeterminismError("no"),
      "text",
      undefined,
    ].map((error) => workflow.isFailureException(error)),
});

/** A promise that nobody waits for. */
export async function forgets(): Promise<void> {
  void Promise.reject(new workflow.ApplicationError("forgotten", { type: "Forgotten" }));
  await workflow.sleep("1h");
}

/** Ends in several ways at once. */
export async function endsTwice(first: "main" | "handlers"): Promise<string> {
  let isDone = false;
  for (const name of ["one", "two"]) {
    workflow.setHandler(workflow.defineSignal(name), async () => {
      await workflow.waitCondition(() => isDone);
      // Whatever came with the start: the main function is to be first where it is asked to be.
      for (let i = 0; i < 20; i++) await Promise.resolve();
      throw new workflow.ApplicationError(`from ${name}`, { type: "Second" });
    });
  }
  workflow.setHandler(workflow.defineSignal("go"), () => {
    isDone = true;
  });
  if (first === "main") {
    await workflow.waitCondition(() => isDone);
    return "from main";
  }
  await workflow.waitCondition(() => false);
  return "never";
}
