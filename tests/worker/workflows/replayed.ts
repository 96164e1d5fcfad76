import * as workflow from "@anywhen/temporal/workflow";

const { greet } = workflow.proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: "10s" });

export const rename = workflow.defineSignal<[name: string]>("rename");
export const name = workflow.defineQuery<string>("name");
export const setName = workflow.defineUpdate<string, [name: string]>("setName");

export async function greeting(who: string): Promise<string> {
  let current = who;
  workflow.setHandler(rename, (next) => {
    current = next;
  });
  workflow.setHandler(name, () => current);
  workflow.setHandler(setName, (next) => {
    const old = current;
    current = next;
    return old;
  });
  await workflow.sleep(1);
  await workflow.waitCondition(() => current !== who);
  return await greet(current);
}

export async function failing(): Promise<void> {
  await workflow.sleep(1);
  throw new workflow.ApplicationError("in its own way", { type: "Own", details: ["secret"] });
}

interface Audit extends Record<string, Record<string, (text: string) => void>> {
  audit: { always(text: string): void; once(text: string): void };
}

/** Tells everybody what it does, and waits. */
export async function chatty(): Promise<void> {
  const { audit } = workflow.proxySinks<Audit>();
  const tell = (text: string) => {
    workflow.logger.info(text);
    audit.always(text);
    audit.once(text);
  };
  workflow.setHandler(rename, tell);
  tell("started");
  await workflow.sleep("1h");
}
