// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

const { greet, slow } = workflow.proxyActivities<{
  greet(name: string): Promise<string>;
  slow(): Promise<void>;
}>({ startToCloseTimeout: "10s", retryPolicy: { maximumAttempts: 3, initialInterval: "2s" }, summary: "says hello" });

export async function hello(name: string): Promise<string> {
  return await greet(name);
}

export async function nothing(): Promise<void> {}

export async function timers(): Promise<string[]> {
  const order: string[] = [];
  await Promise.all([
    workflow.sleep("2s", { summary: "the long one" }).then(() => order.push("long")),
    workflow.sleep(1000).then(() => order.push("short")),
    workflow.sleep(0).then(() => order.push("none")),
  ]);
  return order;
}

export async function badTimer(): Promise<string> {
  const messages: string[] = [];
  for (const duration of [-1, NaN, "soon"]) {
    await workflow.sleep(duration).catch((error) => messages.push(`${error.name} ${error instanceof Error}`));
  }
  return messages.join();
}

export async function globalTimers(): Promise<string[]> {
  const order: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const cleared = setTimeout(() => order.push("cleared"), 5);
  setTimeout((text: string) => (order.push(text), resolve()), 10, "fired");
  clearTimeout(cleared);
  await promise;
  return order;
}

export async function conditions(): Promise<unknown[]> {
  let count = 0;
  workflow.setHandler(workflow.defineSignal<[number]>("add"), (n) => {
    count += n;
  });
  const order: string[] = [];
  const atOnce = await workflow.waitCondition(() => true, { timeout: "1h" });
  const waits = Promise.all([
    workflow.waitCondition(() => order.includes("second")).then(() => order.push("first")),
    workflow.waitCondition(() => count >= 2).then(() => order.push("second")),
  ]);
  const inTime = await workflow.waitCondition(() => count >= 2, { timeout: "1 minute", timeoutSummary: "two of them" });
  await waits;
  const late = await workflow.waitCondition(() => count >= 100, { timeout: 0 });
  return [atOnce, inTime, late, ...order];
}

export async function badCondition(): Promise<void> {
  await workflow.waitCondition(() => {
    throw new workflow.ApplicationError("the condition is broken", { type: "Broken" });
  });
}

export async function buffered(): Promise<string[]> {
  const seen: string[] = [];
  const first = workflow.defineSignal<[string]>("first");
  const second = workflow.defineSignal<[string]>("second");
  await workflow.sleep("1s");
  workflow.setHandler(second, (text) => {
    seen.push(`second ${text}`);
  });
  workflow.setHandler(first, (text) => {
    seen.push(`first ${text}`);
    workflow.setHandler(first, undefined);
    workflow.setHandler(first, (next) => {
      seen.push(`then ${next}`);
    });
  });
  workflow.setDynamicHandler("signal", (name, args) => {
    seen.push(`${name} ${workflow.payloadConverter().fromPayload(args[0].payload)} ${Array.isArray(args)}`);
  });
  return seen;
}

export async function early(): Promise<string[]> {
  const seen: string[] = [];
  workflow.setHandler(workflow.defineSignal<[string]>("early"), (text) => {
    seen.push(text);
  });
  seen.push("main");
  return seen;
}

export async function badSignal(): Promise<void> {
  workflow.setHandler(workflow.defineSignal("fail"), () => {
    throw new workflow.ApplicationError("from the signal", { type: "SignalFault" });
  });
  workflow.setHandler(workflow.defineSignal("failLater"), async () => {
    await workflow.sleep(1);
    throw new TypeError("a bug");
  });
  await workflow.waitCondition(() => false);
}

export async function updates(): Promise<number> {
  let total = 0;
  let isDone = false;
  workflow.setHandler(workflow.defineUpdate<number, [number]>("add"), async (n) => {
    await workflow.sleep(1);
    total += n;
    return total;
  }, {
    validator: (n) => {
      if (n < 0) throw new Error("must not be negative");
    },
  });
  workflow.setHandler(workflow.defineUpdate<number, [{ n: number }]>("mutate"), (value) => value.n, {
    validator: (value) => {
      value.n = 0;
    },
  });
  workflow.setHandler(workflow.defineUpdate<void, [string]>("fail"), (kind) => {
    if (kind === "failure") throw new workflow.ApplicationError("refused", { type: "Refused" });
    throw new TypeError("a bug");
  });
  workflow.setHandler(workflow.defineUpdate<void>("cheat"), () => {}, {
    validator: () => {
      void workflow.sleep(1);
    },
  });
  workflow.setHandler(workflow.defineUpdate<void>("patience"), () => {}, {
    validator: (async () => {
      await Promise.resolve();
      throw new Error("too late");
    }) as () => void,
  });
  workflow.setHandler(workflow.defineUpdate<string>("who"), async () => {
    const { id, name } = workflow.currentUpdateInfo()!;
    await workflow.sleep(1);
    return `${id} ${name} ${workflow.currentUpdateInfo()?.id}`;
  });
  workflow.setHandler(workflow.defineSignal("done"), () => {
    isDone = true;
  });
  workflow.setHandler(workflow.defineQuery<boolean>("finished"), () => workflow.allHandlersFinished());
  await workflow.waitCondition(() => isDone && workflow.allHandlersFinished());
  return total;
}

export async function leaves(): Promise<void> {
  workflow.setHandler(workflow.defineUpdate<void>("never"), () => workflow.waitCondition(() => false).then(() => {}));
  workflow.setHandler(workflow.defineSignal("quiet"), () => workflow.sleep("1h"), { unfinishedPolicy: "ABANDON" });
  await workflow.sleep(1);
}

export async function queries(): Promise<void> {
  let state = "new";
  let woken = false;
  workflow.setHandler(workflow.defineQuery<string, [string]>("state"), (suffix) => state + suffix);
  workflow.setHandler(workflow.defineQuery<void>("wake"), () => {
    state = "touched";
  });
  workflow.setHandler(workflow.defineQuery<void>("fail"), () => {
    throw new TypeError("no answer");
  });
  workflow.setHandler(workflow.defineQuery<unknown>("promise"), () => Promise.resolve(1));
  const forbidden: Record<string, () => unknown> = {
    sleep: () => workflow.sleep(1),
    wait: () => workflow.waitCondition(() => true),
    activity: () => greet("nobody"),
    startActivity: () => workflow.startActivity("greet", { startToCloseTimeout: 1 }),
    random: () => Math.random(),
    uuid4: () => workflow.uuid4(),
    setTimeout: () => setTimeout(() => {}, 1),
    continueAsNew: () => workflow.continueAsNew(),
    setHandler: () => workflow.setHandler(workflow.defineSignal("x"), () => {}),
    scope: () => new workflow.CancellationScope(),
  };
  workflow.setHandler(workflow.defineQuery<void, [string]>("forbidden"), (name) => void forbidden[name]());
  await workflow.waitCondition(() => (woken = state === "touched"));
  state = `woken ${woken}`;
}

export async function cancelled(how: string): Promise<string> {
  try {
    await Promise.all([workflow.sleep("1h"), workflow.waitCondition(() => false), slow()]);
  } catch (error) {
    if (how === "rethrow") throw error;
    if (how === "swallow") return `${(error as Error).name} ${workflow.cancellationReason()}`;
    const early = await workflow.sleep(1).then(() => "slept", (again) => again.name);
    const { shield } = workflow;
    const cleaned = await shield(() => greet("clean-up"));
    return `${early} ${cleaned} ${workflow.cancellationSignal().aborted}`;
  }
  return "not cancelled";
}

/** A handler waits while the main function is shielded: the cancellation is still there for the main function. */
export async function cancelledBesideHandler(): Promise<string> {
  const seen: string[] = [];
  workflow.setHandler(workflow.defineSignal("wait"), async () => {
    await workflow.sleep("1h").catch((error) => seen.push(`handler ${error.name}`));
  });
  await workflow.shield(() => greet("clean-up"));
  await workflow.sleep(1).catch((error) => seen.push(`main ${error.name}`));
  return seen.join();
}

/** Cancelled while only shielded work is in progress: the next wait sees it, the one after does not. */
export async function cancelledWhileShielded(): Promise<string> {
  const shielded = await workflow.shield(() => greet("clean-up"));
  const first = await workflow.sleep(1).then(() => "slept", (error) => error.name);
  await workflow.sleep(1);
  return `${shielded} ${first}`;
}

export async function cancellationTypes(): Promise<string> {
  const ways = ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] as const;
  const handles = ways.map((cancellationType) =>
    workflow.startActivity("slow", { scheduleToCloseTimeout: "1m", cancellationType, activityId: cancellationType })
  );
  await workflow.sleep(1);
  for (const handle of handles) {
    handle.cancel();
    handle.cancel("twice");
  }
  const outcomes = await Promise.allSettled(handles.map((handle) => handle.result()));
  return outcomes.map((outcome) => outcome.status === "rejected" ? outcome.reason.name : "fulfilled").join();
}

export async function scopes(): Promise<string[]> {
  const order: string[] = [];
  const note = (name: string) => (error: unknown) => void order.push(`${name} ${(error as Error).name}`);
  const scope = new workflow.CancellationScope();
  const inner = scope.run(async () => {
    const nested = new workflow.CancellationScope();
    const shielded = new workflow.CancellationScope({ shielded: true });
    await Promise.all([
      workflow.sleep("1h").catch(note("own")),
      nested.run(() => workflow.sleep("2h")).catch(note("nested")),
      shielded.run(() => workflow.sleep("3h")).then(() => order.push("shielded fired")),
    ]);
  });
  const outside = workflow.sleep("4h").then(() => order.push("outside fired"));
  scope.signal.addEventListener("abort", () => order.push(`aborted ${scope.signal.reason.name}`));
  await workflow.sleep(1);
  scope.cancel("enough");
  await Promise.all([inner, outside]);
  return order;
}

export async function scopeTimeout(): Promise<string[]> {
  const order: string[] = [];
  const quick = new workflow.CancellationScope({ timeout: "1m" });
  order.push(await quick.run(async () => "in time"));
  const scope = new workflow.CancellationScope({ timeout: "5s", timeoutSummary: "limit" });
  await scope.run(() => workflow.sleep("1h")).catch((error) =>
    order.push(`${error.name} ${error instanceof workflow.TimeoutError} ${error.constructor === workflow.TimeoutError}`)
  );
  return order;
}

export async function signals(): Promise<string[]> {
  const order: string[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  const waits = [
    workflow.sleep("1h", { signal }),
    workflow.waitCondition(() => false, { signal }),
    workflow.executeActivity("slow", { startToCloseTimeout: 1000, signal, cancellationType: "ABANDON" }),
  ];
  await workflow.sleep(1);
  controller.abort(new Error("because"));
  for (const outcome of await Promise.allSettled(waits)) {
    if (outcome.status === "rejected") order.push(`${outcome.reason.name}: ${outcome.reason.cause?.message}`);
  }
  order.push(await workflow.sleep(1, { signal }).catch((error) => `at once ${error.name}`) ?? "slept");
  const timeout = AbortSignal.timeout(20);
  await workflow.sleep("1h", { signal: timeout }).catch((error) => order.push(error.cause.name));
  return order;
}

export async function calls(): Promise<string> {
  const direct = await workflow.executeActivity(greet, { args: ["override"], startToCloseTimeout: "1m" });
  const handle = workflow.startActivity("greet", {
    args: ["handle"],
    scheduleToCloseTimeout: "1h",
    activityId: "mine",
    taskQueue: "other",
    priority: { priorityKey: 1 },
  });
  const faults: string[] = [];
  for (const options of [{}, { startToCloseTimeout: "soon" }, { startToCloseTimeout: 1, cancellationType: "NO" }]) {
    try {
      workflow.startActivity("greet", options as workflow.ActivityOptions & { args: [] });
    } catch (error) {
      faults.push((error as Error).name);
    }
  }
  return `${direct} ${handle.activityId} ${await handle.result()} ${faults}`;
}

export async function failing(kind: string): Promise<void> {
  class PaymentError extends Error {}
  if (kind === "application") {
    throw new workflow.ApplicationError("no money", { type: "Poor", details: [{ left: 0 }], nonRetryable: true });
  }
  if (kind === "subclass") {
    throw new (class extends workflow.ApplicationError {})("still a failure");
  }
  if (kind === "activity") await greet("nobody");
  if (kind === "text") throw "just a text";
  throw new PaymentError("a bug", { cause: new RangeError("deep") });
}

export async function again(count: number): Promise<string> {
  if (count > 0) {
    workflow.continueAsNew<typeof again>({ args: [count - 1], runTimeout: "1h", memo: { count }, taskQueue: "next" });
  }
  return "the last one";
}

export async function logs(): Promise<void> {
  workflow.logger.info("through the logger", { more: 1 });
  console.log("through", "the console", { a: 1 });
  workflow.setHandler(workflow.defineQuery<void>("log"), () => workflow.logger.warn("from a query"));
  await workflow.sleep(1);
  workflow.logger.debug("later");
}

export async function about(): Promise<unknown> {
  const info = workflow.info();
  return {
    id: info.workflowId,
    runId: info.runId,
    type: info.workflowType,
    started: info.startTime.toISOString(),
    accepted: info.workflowStartTime instanceof Date,
    length: info.getCurrentHistoryLength(),
    buildId: info.getCurrentBuildId(),
    plain: info.rawMemo instanceof Object && info.rawMemo.note.data instanceof Uint8Array,
    customer: info.searchAttributes.toObject(),
    inWorkflow: workflow.inWorkflow(),
    time: workflow.time(),
    ns: String(workflow.timeNs()),
    now: workflow.now().getTime(),
    missing: info.parent === undefined && !("cronSchedule" in info),
  };
}
