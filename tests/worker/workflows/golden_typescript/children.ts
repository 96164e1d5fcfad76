/** The workflows of tests/histories/programs/typescript/children.js in this SDK's words. */
import * as workflow from "@anywhen/temporal/workflow";

interface Activities {
  echo(value: unknown): Promise<unknown>;
}

const { echo } = workflow.proxyActivities<Activities>({ startToCloseTimeout: "30s" });
const release = workflow.defineSignal<[by: string]>("release");

function causeOf(error: unknown): Error {
  return (error as Error).cause as Error;
}

export async function giver(value: string): Promise<string> {
  await workflow.sleep(5);
  return value;
}

export async function faulty(): Promise<never> {
  await workflow.sleep(1);
  throw new workflow.ApplicationError("the child's own", { type: "Faulty", nonRetryable: true });
}

export async function holder(): Promise<string> {
  let by: string | undefined;
  workflow.setHandler(release, (name) => void (by = name));
  try {
    await workflow.waitCondition(() => by !== undefined);
  } catch (error) {
    await workflow.shield(() => workflow.sleep(1_000));
    throw error;
  }
  return by!;
}

export async function children(): Promise<unknown[]> {
  const { workflowId } = workflow.info();
  const first = await workflow.executeChildWorkflow(giver, { args: ["first"] });
  const handle = await workflow.startChildWorkflow(giver, {
    args: ["second"],
    id: `${workflowId}-second`,
    memo: { of: workflowId },
  });
  const results = await Promise.all([
    handle.result(),
    workflow.executeChildWorkflow(giver, { args: ["third"] }),
    echo("beside"),
    workflow.executeChildWorkflow(giver, {
      args: ["fourth"],
      id: `${workflowId}-fourth`,
      retryPolicy: { maximumAttempts: 2 },
    }),
  ]);
  const failure = await workflow.executeChildWorkflow(faulty)
    .catch((error) => `ChildWorkflowFailure: ${causeOf(error).message}`);
  const late = await workflow.executeChildWorkflow(holder, { runTimeout: 1000 })
    .catch((error) => causeOf(error) instanceof workflow.TimeoutError ? "TimeoutFailure" : error);
  return [first, ...results, failure, late];
}

export async function childTaken(): Promise<unknown[]> {
  const id = `${workflow.info().workflowId}-child`;
  const child = await workflow.startChildWorkflow(holder, { id, parentClosePolicy: "REQUEST_CANCEL" });
  const error = await workflow.startChildWorkflow(holder, { id }).catch((error) => error);
  await child.signal(release, "its parent");
  return [
    error instanceof workflow.WorkflowAlreadyStartedError && "WorkflowExecutionAlreadyStartedError",
    await child.result(),
  ];
}

export async function childCancellation(type: workflow.ChildWorkflowCancellationType): Promise<string> {
  const scope = new workflow.CancellationScope();
  const child = await scope.run(() => workflow.startChildWorkflow(holder, { cancellationType: type }));
  const result = scope.run(() => child.result());
  await workflow.sleep(50);
  scope.cancel();
  const ending = await result.then(
    () => "completed",
    (error) => `${error instanceof workflow.ChildWorkflowError} ${workflow.isCancelledException(error)}`,
  );
  await echo(`${type} is over`);
  return ending;
}

export async function childCancelledEarly(): Promise<unknown[]> {
  const first = new workflow.CancellationScope();
  const never = await first.run(async () => {
    const child = workflow.startChildWorkflow(holder);
    first.cancel();
    return await child;
  }).catch((error) => workflow.isCancelledException(error));
  const scope = new workflow.CancellationScope();
  const id = `${workflow.info().workflowId}-early`;
  const starting = scope.run(() => workflow.executeChildWorkflow(holder, { id }));
  const timer = workflow.sleep(1);
  scope.cancel();
  const early = await starting.catch((error) => workflow.isCancelledException(error));
  await timer;
  return [never, early];
}

export async function parentCancelled(): Promise<void> {
  const child = workflow.executeChildWorkflow(holder);
  const ended = child.catch(() => {});
  try {
    await Promise.all([child, workflow.sleep("1h")]);
  } finally {
    await workflow.shield(async () => {
      await ended;
      await echo("cleaned up");
    });
  }
}

export async function external(target: string): Promise<unknown[]> {
  const kindOf = (error: unknown) => error instanceof workflow.ApplicationError ? "ApplicationFailure" : error;
  const handle = workflow.getExternalWorkflowHandle(target);
  await handle.signal("nothing special", 1);
  const none = await workflow.getExternalWorkflowHandle("no such workflow").signal("anything").catch(kindOf);
  const noneToCancel = await workflow.getExternalWorkflowHandle("no such workflow").cancel().catch(kindOf);
  await handle.cancel();
  return [none, noneToCancel];
}
