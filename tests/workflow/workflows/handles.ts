import * as workflow from "@anywhen/temporal/workflow";

type Handle = workflow.ActivityHandle<unknown>;

const starts: Record<string, () => Handle> = {
  activity: () => workflow.startActivity("work", { startToCloseTimeout: "1m" }),
  local: () => workflow.startLocalActivity("work", { startToCloseTimeout: "1m" }),
};

/** What a scope does not reach: whoever waits for it sees no cancellation. */
function open(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  workflow.setHandler(workflow.defineSignal("go"), resolve);
  return promise;
}

function nameOf(error: unknown): string {
  return (error as Error).name;
}

/** Starts an activity and asks for its result later, or never; whether a timer is cancelled then. */
export async function startsFirst(kind: string, asks: boolean): Promise<string[]> {
  const handle = starts[kind]();
  await open();
  return await see(handle, asks);
}

/** The same in a workflow that was cancelled while it waited for nothing that can be. */
export async function startsLast(kind: string, asks: boolean): Promise<string[]> {
  await open();
  return await see(starts[kind](), asks);
}

/** Asks for the result in a handler alone. */
export async function asksInHandler(kind: string): Promise<string[]> {
  const handle = starts[kind]();
  workflow.setHandler(workflow.defineSignal("ask"), () => handle.result().then(() => {}, () => {}));
  await open();
  return await see(handle, false);
}

async function see(handle: Handle, asks: boolean): Promise<string[]> {
  const seen: string[] = [];
  if (asks) await handle.result().catch((error) => seen.push(nameOf(error)));
  for (let turn = 0; turn < 5; turn++) await undefined;
  await workflow.sleep(1000).catch((error) => seen.push(nameOf(error)));
  return seen;
}

/** Calls activities with a signal that their proxy was given. */
export async function callsProxied(): Promise<string[]> {
  const signal = AbortSignal.abort();
  const options = { startToCloseTimeout: "1m", signal };
  const { work } = workflow.proxyActivities<{ work(): Promise<void> }>(options);
  const { local } = workflow.proxyLocalActivities<{ local(): Promise<void> }>(options);
  const calls = [
    work(),
    local(),
    workflow.executeActivity(work, { startToCloseTimeout: "2m" }),
    workflow.executeLocalActivity(local, { startToCloseTimeout: "2m" }),
    workflow.startActivity(work, { startToCloseTimeout: "2m" }).result(),
  ];
  const settled = await Promise.allSettled(calls);
  return settled.map((result) => result.status === "rejected" ? nameOf(result.reason) : result.status);
}

/** Leaves out what a call cannot do without. */
export async function callsWithoutOptions(): Promise<string[]> {
  const calls = [
    () => workflow.executeActivity("work", undefined as never),
    () => Promise.resolve().then(() => workflow.startActivity("work", undefined as never).result()),
  ];
  const settled = await Promise.allSettled(calls.map((call) => call()));
  return settled.map((result) => result.status === "rejected" ? result.reason.message : result.status);
}
