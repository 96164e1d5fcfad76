import * as workflow from "@anywhen/temporal/workflow";

const { ApplicationError, CancelledError, ChildWorkflowError, WorkflowAlreadyStartedError } = workflow;

export const finish = workflow.defineSignal<[value: string]>("finish");
export const cancelNow = workflow.defineSignal("cancelNow");

export async function greet(name: string): Promise<string> {
  return await Promise.resolve(`Hello, ${name}!`);
}

/** Ends when it is signalled. */
export async function untilSignalled(): Promise<string> {
  let value: string | undefined;
  workflow.setHandler(finish, (given) => {
    value = given;
  });
  await workflow.waitCondition(() => value !== undefined);
  return value!;
}

export async function sleepsLong(): Promise<void> {
  await workflow.sleep("1h");
}

/** Reports why it was cancelled, after it has cleaned up for a while. */
export async function reportsCancellation(cleanUp: number = 0): Promise<string> {
  try {
    await workflow.sleep("1h");
    return "slept";
  } catch (error) {
    if (!(error instanceof CancelledError)) throw error;
    if (cleanUp > 0) await workflow.shield(() => workflow.sleep(cleanUp));
    return workflow.cancellationReason() ?? "not cancelled";
  }
}

export async function fails(): Promise<void> {
  await Promise.resolve();
  throw new ApplicationError("no luck", { type: "BadLuck", details: [7], nonRetryable: true });
}

/** Fails however often it is tried. */
export async function failsAlways(): Promise<void> {
  await Promise.resolve();
  throw new ApplicationError(`attempt ${workflow.info().attempt}`, { type: "Again" });
}

/** How an error looks to workflow code. */
function describe(error: unknown): Record<string, unknown> {
  const { name, message, cause } = error as Error;
  const described: Record<string, unknown> = { name, message };
  if (error instanceof ChildWorkflowError) {
    described.workflowId = error.workflowId;
    described.workflowType = error.workflowType;
    described.retryState = error.retryState;
    described.hasRun = error.runId !== "";
  }
  if (error instanceof ApplicationError) Object.assign(described, { type: error.type, details: error.details });
  if (error instanceof workflow.TimeoutError) described.type = error.type;
  if (error instanceof WorkflowAlreadyStartedError) {
    Object.assign(described, { workflowId: error.workflowId, workflowType: error.workflowType });
  }
  if (cause) described.cause = describe(cause);
  return described;
}

async function settle(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise;
  } catch (error) {
    return describe(error);
  }
}

/** Runs children by start and by execute. */
export async function startsAndExecutes(id: string): Promise<Record<string, unknown>> {
  const handle = await workflow.startChildWorkflow(greet, { args: ["start"], id });
  const started = await handle.result();
  const again = await handle.result();
  const executed = await workflow.executeChildWorkflow("greet", { args: ["execute"] });
  return { id: handle.id, hasRunId: handle.firstExecutionRunId.length === 36, started, again, executed };
}

/** The id of a child that was not given one. */
export async function startsWithoutId(): Promise<string[]> {
  const first = await workflow.startChildWorkflow(greet, { args: ["a"] });
  const second = await workflow.startChildWorkflow(greet, { args: ["b"] });
  return [first.id, second.id];
}

/** Starts a child whose id is taken, and catches that. */
export async function startsTwice(id: string): Promise<unknown[]> {
  const handle = await workflow.startChildWorkflow(untilSignalled, { id });
  const errors = [
    await settle(workflow.startChildWorkflow(greet, { id, args: ["x"] })),
    await settle(workflow.executeChildWorkflow(greet, { id, args: ["x"] })),
  ];
  await handle.signal(finish, "done");
  return [...errors, await handle.result()];
}

/** Lets a taken id fail the workflow. */
export async function failsByTakenId(id: string): Promise<void> {
  await workflow.startChildWorkflow(greet, { id, args: ["x"] });
}

/** Whether the same id may be used again once its workflow has closed. */
export async function reusesId(id: string): Promise<unknown[]> {
  return [
    await workflow.executeChildWorkflow(greet, { id, args: ["1"] }),
    await workflow.executeChildWorkflow(greet, { id, args: ["2"], idReusePolicy: "ALLOW_DUPLICATE" }),
    await settle(workflow.executeChildWorkflow(greet, { id, args: ["3"], idReusePolicy: "REJECT_DUPLICATE" })),
  ];
}

/** How a child of some type ends. */
export async function runsChild(
  type: string,
  options: Record<string, unknown> = {},
): Promise<unknown> {
  return await settle(workflow.executeChildWorkflow(type, options));
}

/** Leaves the failure of a child to itself. */
export async function failsByChild(): Promise<void> {
  await workflow.executeChildWorkflow(fails);
}

/** Nobody asks for the result of the child, which fails. */
export async function ignoresResult(): Promise<string> {
  await workflow.startChildWorkflow(fails);
  await workflow.sleep(300);
  return "unharmed";
}

export async function signalsChild(): Promise<string[]> {
  const handle = await workflow.startChildWorkflow(untilSignalled);
  await handle.signal(finish, "by definition");
  const other = await workflow.startChildWorkflow(untilSignalled);
  await other.signal("finish", "by name");
  return [await handle.result(), await other.result()];
}

/** Everything a child may be given. */
export async function givesOptions(id: string, taskQueue: string): Promise<string> {
  const priorities = { priorityKey: 2 };
  return await workflow.executeChildWorkflow<typeof greet>("greet", {
    id,
    args: ["options"],
    taskQueue,
    executionTimeout: "1h",
    runTimeout: "30m",
    taskTimeout: "7s",
    retryPolicy: { initialInterval: "2s", maximumAttempts: 3 },
    memo: { note: "for the child" },
    staticSummary: "a summary",
    staticDetails: "some *details*",
    priority: priorities,
    parentClosePolicy: "ABANDON",
    idReusePolicy: "ALLOW_DUPLICATE_FAILED_ONLY",
  });
}

/** Cancels a child by its handle. */
export async function cancelsWithReason(reason?: string): Promise<string> {
  const handle = await workflow.startChildWorkflow(reportsCancellation);
  handle.cancel(reason);
  handle.cancel("another reason");
  return await handle.result();
}

/** Cancels a child by the scope it was started in. */
export async function cancelsByScope(): Promise<string> {
  const scope = new workflow.CancellationScope();
  const child = scope.run(() => workflow.executeChildWorkflow(reportsCancellation));
  await workflow.sleep(100);
  scope.cancel("from the scope");
  return await child;
}

/** Cancels a started child when signalled; its error goes on. */
export async function cancelsStarted(executes: boolean): Promise<void> {
  const controller = new AbortController();
  let isCancelled = false;
  workflow.setHandler(cancelNow, () => {
    isCancelled = true;
  });
  const { signal } = controller;
  const id = `${workflow.info().workflowId}-child`;
  let result: Promise<void>;
  if (executes) result = workflow.executeChildWorkflow(sleepsLong, { signal, id });
  else result = (await workflow.startChildWorkflow(sleepsLong, { signal, id })).result();
  await workflow.waitCondition(() => isCancelled);
  controller.abort();
  await result;
}

/** Waits for a child for good. */
export async function waitsForChild(executes: boolean): Promise<void> {
  const id = `${workflow.info().workflowId}-child`;
  if (executes) return await workflow.executeChildWorkflow(sleepsLong, { id });
  await (await workflow.startChildWorkflow(sleepsLong, { id })).result();
}

/** Waits for a child on a queue of its own, then for good. */
export async function waitsOnOtherQueue(taskQueue: string): Promise<void> {
  const id = `${workflow.info().workflowId}-child`;
  await workflow.executeChildWorkflow(untilSignalled, { id, taskQueue });
  await workflow.sleep("1h");
}

/** Starts a child on a queue without a worker, once signalled. */
export async function startsUnserved(taskQueue: string): Promise<void> {
  let isTold = false;
  workflow.setHandler(cancelNow, () => {
    isTold = true;
  });
  await workflow.waitCondition(() => isTold);
  await workflow.startChildWorkflow(sleepsLong, { taskQueue });
  await workflow.sleep("1h");
}

/** When a cancelled child resolves, by its cancellation type; whether it had ended by then. */
export async function cancelsByType(
  cancellationType: workflow.ChildWorkflowCancellationType,
): Promise<Record<string, unknown>> {
  const handle = await workflow.startChildWorkflow(reportsCancellation, {
    args: [2000],
    cancellationType,
    parentClosePolicy: "TERMINATE",
  });
  await workflow.sleep(100);
  const before = workflow.time();
  handle.cancel("enough");
  const outcome = await settle(handle.result());
  return { outcome, hasWaited: workflow.time() - before >= 1900, id: handle.id };
}

/** Cancelled in the task in which it was made: nothing of it reaches the server. */
export async function cancelsUnsent(): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const cancellationType of ["WAIT_CANCELLATION_COMPLETED", "TRY_CANCEL", "ABANDON"] as const) {
    const controller = new AbortController();
    const options = { id: "unsent", signal: controller.signal, cancellationType };
    const started = settle(workflow.startChildWorkflow(sleepsLong, options));
    const executed = settle(workflow.executeChildWorkflow(sleepsLong, options));
    controller.abort("not needed");
    seen.push(await started, await executed);
  }
  return seen;
}

/** A group of which only the shielded part completes. */
export async function cancelsGroup(): Promise<string[]> {
  const seen: string[] = [];
  const note = (what: string, work: Promise<unknown>) =>
    work.then(() => seen.push(`${what} success`), (error) => {
      if (!workflow.isCancelledException(error)) throw error;
      seen.push(`${what} cancelled`);
    });
  const scope = new workflow.CancellationScope();
  const group = scope.run(() =>
    Promise.all([
      note("timer", workflow.sleep("1h")),
      note("shielded timer", workflow.shield(() => workflow.sleep(500))),
      note("activity", workflow.executeActivity("untilCancelled", { startToCloseTimeout: "30s", args: [] })),
      note("child", workflow.executeChildWorkflow(sleepsLong)),
    ])
  );
  await workflow.sleep(100);
  scope.cancel();
  await group;
  return seen.sort();
}

/** A shielded child that is cancelled by its handle twice. */
export async function cancelsShieldedChild(): Promise<string> {
  const handle = await workflow.shield(() => workflow.startChildWorkflow(sleepsLong));
  await workflow.sleep(10);
  handle.cancel();
  handle.cancel();
  try {
    await handle.result();
    return "completed";
  } catch (error) {
    return workflow.isCancelledException(error) ? "child cancelled" : String(error);
  }
}

/** Runs children that outlive it or not. */
export async function leavesChild(parentClosePolicy: workflow.ParentClosePolicy, waits: boolean): Promise<string> {
  const id = `${workflow.info().workflowId}-child`;
  const start = workflow.startChildWorkflow(sleepsLong, { id, parentClosePolicy });
  if (waits) await start;
  return id;
}

export async function tellsRoot(): Promise<unknown> {
  const { root, parent } = workflow.info();
  return await Promise.resolve({ root, parent });
}

export async function asksForRoots(depth: number): Promise<unknown[]> {
  const { root, parent } = workflow.info();
  const own = { root: root?.workflowId, parent: parent?.workflowId };
  if (depth === 0) return [own];
  const below = await workflow.executeChildWorkflow(asksForRoots, {
    args: [depth - 1],
    id: `${workflow.info().workflowId}-${depth}`,
  });
  return [own, ...below];
}

/** Continues as new once, then reports why it was cancelled. */
export async function reportsInSecondRun(run: number = 1): Promise<string> {
  if (run === 1) workflow.continueAsNew({ args: [2] });
  return await reportsCancellation();
}

/** Cancels a child that is no longer in its first run. */
export async function cancelsContinued(): Promise<string> {
  const handle = await workflow.startChildWorkflow(reportsInSecondRun, { executionTimeout: "8s" });
  await workflow.sleep(1000);
  handle.cancel("in whatever run");
  return await handle.result();
}
