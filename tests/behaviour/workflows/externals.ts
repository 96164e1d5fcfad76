import * as workflow from "@anywhen/temporal/workflow";

export const greeting = workflow.defineSignal<[text: string, count: number]>("greeting");
export const greetingAgain = workflow.defineSignal<[text: string]>("greetingAgain");

/** Ends with the first signal it gets. */
export async function takesSignal(): Promise<unknown[]> {
  let given: unknown[] | undefined;
  workflow.setHandler(greeting, (...args) => {
    given = args;
  });
  await workflow.waitCondition(() => given !== undefined);
  return given!;
}

/** Takes signals by its methods. */
@workflow.defn
export class Counter {
  #count = 0;
  #isDone = false;

  @workflow.run
  async run(): Promise<number> {
    await workflow.waitCondition(() => this.#isDone);
    return this.#count;
  }

  @workflow.signal
  add(count: number): void {
    this.#count += count;
  }

  @workflow.signal
  finish(): void {
    this.#isDone = true;
  }
}

/** Tells why it was cancelled. */
export async function reportsReason(): Promise<string> {
  try {
    await workflow.sleep("1h");
    return "slept";
  } catch (error) {
    if (!workflow.isCancelledException(error)) throw error;
    return workflow.cancellationReason() ?? "none";
  }
}

function describe(error: unknown): Record<string, unknown> {
  const { name, message } = error as Error;
  return { name, message, type: (error as workflow.ApplicationError).type };
}

async function settle(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise ?? "done";
  } catch (error) {
    return describe(error);
  }
}

/** Signals another workflow by its id, or by id and run. */
export async function signals(id: string, runId?: string): Promise<unknown> {
  const handle = workflow.getExternalWorkflowHandle(id, { runId });
  return await settle(handle.signal(greeting, "hello", 7));
}

/** Signals another workflow by the names of its methods. */
export async function signalsByName(id: string): Promise<void> {
  const handle = workflow.getExternalWorkflowHandle(id, { workflow: Counter });
  await handle.signal("add", 2);
  await handle.signal("add", 3);
  await handle.signal("finish");
}

/** What nobody handles fails the workflow. */
export async function failsToSignal(id: string): Promise<void> {
  await workflow.getExternalWorkflowHandle(id).signal(greetingAgain, "hello");
}

/** Cancels another workflow. */
export async function cancels(id: string, runId?: string, reason?: string): Promise<unknown> {
  return await settle(workflow.getExternalWorkflowHandle(id, { runId }).cancel(reason));
}

/** Calls with ids that are none. */
export async function callsNobody(): Promise<unknown[]> {
  return [
    await settle(workflow.getExternalWorkflowHandle("").signal(greetingAgain, "hello")),
    await settle(workflow.getExternalWorkflowHandle(undefined as never).cancel()),
    await settle(workflow.getExternalWorkflowHandle("x").signal("" as never)),
  ];
}

/** Stops waiting for the outcome of what it asked for. */
export async function stopsWaiting(id: string): Promise<unknown> {
  const scope = new workflow.CancellationScope();
  const cancelled = settle(scope.run(() => workflow.getExternalWorkflowHandle(id).cancel("stop")));
  scope.cancel("enough of waiting");
  const outcome = await cancelled;
  await workflow.sleep(200);
  return outcome;
}

/** Takes a signal back before it is sent. */
export async function takesBack(id: string): Promise<unknown> {
  const scope = new workflow.CancellationScope();
  const sent = settle(scope.run(() => workflow.getExternalWorkflowHandle(id).signal(greeting, "hello", 1)));
  scope.cancel();
  return await sent;
}

/** Cancelled while a shielded signal is on its way: the signal is sent once, and waited for. */
export async function shieldsSignal(id: string): Promise<unknown> {
  const scope = new workflow.CancellationScope();
  const sent = scope.run(() =>
    workflow.shield(() => settle(workflow.getExternalWorkflowHandle(id).signal(greeting, "shielded", 1)))
  );
  scope.cancel();
  return await sent;
}

/** Cancelled when the signal is sent already: too late. */
export async function cancelsTooLate(id: string): Promise<unknown> {
  const scope = new workflow.CancellationScope();
  const sent = scope.run(() => settle(workflow.getExternalWorkflowHandle(id).signal(greeting, "late", 1)));
  const other = workflow.getExternalWorkflowHandle(id, { runId: "00000000-0000-0000-0000-000000000000" });
  await settle(other.signal(greeting, "nobody", 1));
  scope.cancel();
  return await sent;
}
