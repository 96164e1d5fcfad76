/** Workflows with scopes in scopes, shielded and not, and what a cancellation does to them. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  greet(greeting: string, name: string): Promise<string>;
  /** Has its workflow cancelled; returns once the server has written that down. */
  cancelsCaller(): Promise<string>;
  untilCancelled(): Promise<string>;
}

const { CancellationScope, shield, sleep } = workflow;
const { greet, cancelsCaller, untilCancelled } = workflow.proxyActivities<Activities>({
  startToCloseTimeout: "30s",
  heartbeatTimeout: "5s",
});

export const open = workflow.defineSignal("open");
export const steps = workflow.defineQuery<unknown[]>("steps");

function nameOf(error: unknown): string {
  const { name, cause } = error as Error;
  return cause ? `${name} (${nameOf(cause)})` : name;
}

/** Asks for the reason before, after a scope of its own was cancelled, and once it is cancelled itself. */
export async function reasons(): Promise<(string | undefined)[]> {
  const seen = [workflow.cancellationReason()];
  const scope = new CancellationScope();
  const nap = scope.run(() => sleep("1h"));
  scope.cancel("of a scope");
  await nap.catch(() => {});
  seen.push(workflow.cancellationReason());
  workflow.setHandler(steps, () => seen);
  await sleep("1h").catch(() => {});
  seen.push(workflow.cancellationReason());
  return seen;
}

/** Waits for a condition, then for two timers. */
export async function waits(timeout?: string): Promise<unknown[]> {
  let isOpen = false;
  workflow.setHandler(open, () => void (isOpen = true));
  const seen: unknown[] = ["waits"];
  workflow.setHandler(steps, () => seen);
  for (const wait of [() => workflow.waitCondition(() => isOpen, { timeout }), () => sleep(1), () => sleep(1)]) {
    await wait().then(() => seen.push("went on"), (error) => seen.push(nameOf(error)));
  }
  return seen;
}

/** Cancels timers before they were sent, and after. */
export async function cancelsTimers(): Promise<string[]> {
  const seen: string[] = [];
  const unsent = new CancellationScope();
  const first = unsent.run(() => sleep("1h")).catch((error) => seen.push(nameOf(error)));
  unsent.cancel();
  await first;
  const sent = new CancellationScope();
  const second = sent.run(() => sleep("2h")).catch((error) => seen.push(nameOf(error)));
  await sleep(1);
  sent.cancel();
  await second;
  return seen;
}

/** Runs one short activity after another until it is cancelled. */
export async function loops(): Promise<number> {
  let count = 0;
  workflow.setHandler(steps, () => [count]);
  while (count < 500) {
    await greet("Hello", String(count));
    count++;
  }
  return count;
}

/** Is cancelled within a shield, between two activities; a third is asked for there and awaited outside. */
export async function shields(): Promise<string[]> {
  const seen: string[] = [];
  let outside: Promise<string>;
  await shield(async () => {
    seen.push(await cancelsCaller());
    outside = greet("Hello", "outside");
    seen.push(await greet("Hello", "inside"));
  });
  seen.push(await outside!);
  await sleep("1h").catch((error) => seen.push(nameOf(error)));
  return seen;
}

/** Cancels scopes around shields, shields in shields among them. */
export async function partialShields(): Promise<string[]> {
  const seen: string[] = [];
  const scope = new CancellationScope();
  const group = scope.run(() =>
    Promise.allSettled([
      sleep("1h").catch((error) => seen.push(`plain ${nameOf(error)}`)),
      shield(() => sleep("1s")).then(() => seen.push("shielded")),
      shield(() => shield(() => sleep("1s"))).then(() => seen.push("shielded twice")),
    ])
  );
  await greet("Hello", "meanwhile");
  scope.cancel();
  await group;
  const own = new CancellationScope({ shielded: true });
  const nap = own.run(() => sleep("1h"));
  own.cancel();
  await nap.catch((error) => seen.push(`its own ${nameOf(error)}`));
  return seen;
}

/** Has a scope end before its time, one that does not, and code that waits in a scope for what began outside. */
export async function limits(): Promise<string[]> {
  const seen: string[] = [];
  await new CancellationScope({ timeout: "3h" }).run(() => sleep(1));
  await new CancellationScope({ timeout: 2 }).run(() => sleep("2h")).catch((error) => seen.push(nameOf(error)));
  const begun = [greet("Hello", "root"), sleep(30).then(() => "rested")];
  const scope = new CancellationScope();
  const waiting = scope.run(() => Promise.all(begun));
  scope.cancel();
  seen.push(...await waiting);
  return seen;
}

/** Sets up, calls and cleans up, each in the scope that fits. */
export async function transaction(timeout: string): Promise<string> {
  await shield(() => greet("set", "up"));
  try {
    return await new CancellationScope({ timeout }).run(async () => {
      workflow.setHandler(steps, () => ["called"]);
      return await untilCancelled();
    });
  } catch (error) {
    await shield(() => greet("clean", "up"));
    if (error instanceof workflow.TimeoutError) return "too late";
    throw error;
  }
}

/** Wraps a callback in a promise that its scope can reject. */
export async function callbacks(): Promise<string> {
  const scope = new CancellationScope();
  const wait = scope.run(() =>
    new Promise<string>((resolve, reject) => {
      const timer = setTimeout(resolve, 3_600_000, "late");
      scope.signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(scope.signal.reason);
      });
    })
  );
  await sleep(1);
  scope.cancel();
  return await wait.catch(nameOf);
}

/** Continues as new once, then waits. */
export async function continues(isNext: boolean = false): Promise<void> {
  if (!isNext) workflow.continueAsNew<typeof continues>({ args: [true] });
  await sleep("1h");
}

export async function child(): Promise<void> {
  await sleep("1h");
}

/** Waits for several children, one of which it does not wait for. */
export async function parent(): Promise<void> {
  const { workflowId } = workflow.info();
  const started = await Promise.all([1, 2, 3].map((n) => {
    return workflow.startChildWorkflow(child, { id: `${workflowId}-${n}`, parentClosePolicy: "REQUEST_CANCEL" });
  }));
  workflow.setHandler(steps, () => started.map(({ id }) => id));
  await Promise.all(started.slice(1).map((handle) => handle.result()));
}
