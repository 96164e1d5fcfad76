/** A workflow that sends and receives values on every path there is. */
import * as workflow from "@anywhen/temporal/workflow";

export const note = workflow.defineSignal<[text: string]>("note");
export const finish = workflow.defineSignal<[text: string]>("finish");
export const notes = workflow.defineQuery<string[], [prefix: string]>("notes");
export const add = workflow.defineUpdate<number, [text: string]>("add");

const once = { maximumAttempts: 1 };

/** What a failure says of itself at each level. */
export function describeChain(error: unknown): unknown[] {
  const { name, message, cause } = error as Error;
  const { details = [] } = error as { details?: unknown[] };
  return [name, message, [...details], ...(cause ? describeChain(cause) : [])];
}

async function describeFailure(work: Promise<unknown>): Promise<unknown[]> {
  try {
    return ["no failure", await work];
  } catch (error) {
    return describeChain(error);
  }
}

/** Runs an activity, with and without an id of its own, and one whose second attempt reads what the first reported. */
async function runActivities(): Promise<unknown[]> {
  const options = { startToCloseTimeout: "10s", summary: "an echo" };
  return await Promise.all([
    workflow.executeActivity("echo", { ...options, args: ["activity"] }),
    workflow.executeActivity("echo", { ...options, args: ["named"], activityId: "my-id" }),
    workflow.executeActivity("resumes", { ...options, args: [], retryPolicy: { initialInterval: 1 } }),
    describeFailure(workflow.executeActivity("fails", { ...options, args: ["activity"], retryPolicy: once })),
    workflow.executeActivity("external", { ...options, args: [] }),
  ]);
}

async function runLocalActivities(): Promise<unknown[]> {
  const options = { startToCloseTimeout: "10s", retryPolicy: once };
  const failure = await describeFailure(workflow.executeLocalActivity("fails", { ...options, args: ["local"] }));
  return [await workflow.executeLocalActivity("echo", { ...options, args: ["local"] }), failure.slice(-6)];
}

async function runChildren(): Promise<unknown[]> {
  const { workflowId } = workflow.info();
  const child = (name: string, text: string) =>
    workflow.executeChildWorkflow(name, {
      id: `${workflowId}-${text}`,
      args: [text],
      memo: { of: text },
      staticSummary: `summary of ${text}`,
    });
  return await Promise.all([
    child("echoes", "one"),
    child("echoes", "two"),
    describeFailure(child("failsWith", "child")),
  ]);
}

async function signalOthers(listener: string): Promise<unknown[]> {
  await workflow.getExternalWorkflowHandle(listener).signal(note, "from outside");
  const nobody = workflow.getExternalWorkflowHandle(`${listener}-nobody`);
  const outcomes = [await describeFailure(nobody.signal(note, "lost")), await describeFailure(nobody.cancel("why"))];
  return outcomes.map(([name]) => name);
}

/** Goes all ways in its first run and tells of it at the end of its second. */
export async function tour(listener: string, before?: unknown[]): Promise<unknown[]> {
  const heard: string[] = [];
  let end: string | undefined;
  workflow.setHandler(note, (text) => void heard.push(text));
  workflow.setHandler(finish, (text) => {
    end = text;
  });
  workflow.setHandler(notes, (prefix) => heard.map((text) => prefix + text));
  workflow.setHandler(add, (text) => heard.push(text), {
    validator: (text) => {
      if (text === "") throw new workflow.ApplicationError("nothing to add", { details: ["refused"] });
    },
  });
  const memo = { ...workflow.memo() };
  if (before) return [...before, memo];
  workflow.upsertMemo({ changed: "upserted", added: ["more"] });
  workflow.setCurrentDetails("on its way");
  const results = [
    await runActivities(),
    await runLocalActivities(),
    await runChildren(),
    await signalOthers(listener),
  ];
  await workflow.sleep(1, { summary: "a nap" });
  await workflow.waitCondition(() => end !== undefined, { timeout: "1m", timeoutSummary: "patience" });
  workflow.continueAsNew<typeof tour>({ args: [listener, [...results, memo, heard, end]], memo: { next: "run" } });
}

/** A child: gives back what it got, and its memo. */
export async function echoes(text: string): Promise<unknown[]> {
  return await Promise.resolve([text, workflow.memoValue("of")]);
}

/** Fails with details and a cause that has some too. */
export async function failsWith(text: string): Promise<void> {
  await Promise.resolve();
  throw new workflow.ApplicationError(`${text} failed`, {
    details: [text],
    cause: new workflow.ApplicationError(`cause of ${text}`, { details: [{ of: text }] }),
  });
}

/** Waits for a note from another workflow. */
export async function listens(): Promise<string> {
  let heard: string | undefined;
  workflow.setHandler(note, (text) => {
    heard = text;
  });
  await workflow.waitCondition(() => heard !== undefined);
  return heard!;
}
