import * as workflow from "@anywhen/temporal/workflow";

declare function child(): Promise<string>;

function nameOf(error: unknown): string {
  const { name, cause } = error as Error;
  return cause ? `${name} (${(cause as Error).name})` : name;
}

/** Starts a child, then goes on to something else. */
export async function startsAndSleeps(): Promise<void> {
  await workflow.startChildWorkflow<typeof child>("child");
  await workflow.sleep("1h");
}

/** Waits for the result, then for a timer even though it was cancelled. */
export async function awaitsResult(): Promise<string[]> {
  const handle = await workflow.startChildWorkflow<typeof child>("child");
  const seen: string[] = [];
  await handle.result().catch((error) => seen.push(nameOf(error)));
  await workflow.sleep(1000).catch((error) => seen.push(nameOf(error)));
  return seen;
}

/** Waits for the child in one go, then for a timer. */
export async function executesAndSleeps(): Promise<void> {
  await workflow.executeChildWorkflow<typeof child>("child");
  await workflow.sleep("1h");
}

/** How the start goes. */
export async function settlesStart(type: workflow.ChildWorkflowCancellationType): Promise<string> {
  const scope = new workflow.CancellationScope();
  const started = scope.run(() => workflow.startChildWorkflow<typeof child>("child", { cancellationType: type }));
  await workflow.sleep(1);
  scope.cancel("enough");
  try {
    return `started ${(await started).firstExecutionRunId}`;
  } catch (error) {
    return nameOf(error);
  }
}

/** A child that is told and not waited for. */
export async function waitsForRequest(): Promise<void> {
  await workflow.executeChildWorkflow<typeof child>("child", { cancellationType: "WAIT_CANCELLATION_REQUESTED" });
}

/** The ids of children are drawn from the stream that everything else is drawn from. */
export async function drawsIds(): Promise<string> {
  void workflow.executeChildWorkflow<typeof child>("child").catch(() => {});
  const drawn = workflow.uuid4();
  void workflow.executeChildWorkflow<typeof child>("child").catch(() => {});
  await workflow.waitCondition(() => false);
  return drawn;
}

/** Gives up waiting for a request to cancel another workflow. */
export async function cancelsOther(): Promise<string> {
  const scope = new workflow.CancellationScope();
  const outcome = scope.run(() => workflow.getExternalWorkflowHandle("other").cancel())
    .then(() => "delivered", nameOf);
  await workflow.sleep(1);
  scope.cancel();
  return await outcome;
}

/** Tries in queries what they may not do. */
export async function refusesInQueries(): Promise<void> {
  const handle = await workflow.startChildWorkflow<typeof child>("child");
  const other = workflow.getExternalWorkflowHandle("other");
  let seen: string[] = [];
  workflow.setHandler(workflow.defineQuery<string[]>("seen"), () => seen);
  workflow.setHandler(workflow.defineQuery<string>("cancelChild"), () => {
    try {
      handle.cancel();
      return "cancelled";
    } catch (error) {
      return nameOf(error);
    }
  });
  workflow.setHandler(workflow.defineQuery<string>("tryOthers"), () => {
    seen = [];
    const attempt = (work: () => unknown) => {
      try {
        work();
        seen.push("allowed");
      } catch (error) {
        seen.push(nameOf(error));
      }
    };
    attempt(() => workflow.startChildWorkflow<typeof child>("child"));
    attempt(() => workflow.executeChildWorkflow<typeof child>("child"));
    attempt(() => handle.signal("x"));
    attempt(() => other.signal("x"));
    attempt(() => other.cancel());
    return "tried";
  });
  await workflow.sleep("1h");
}
