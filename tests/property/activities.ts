/** What happens around programs: their activities, and the messages that they and the driver have sent to them. */
import * as activity from "@anywhen/temporal/activity";
import {
  type Client,
  NotFoundError,
  RPCError,
  WorkflowAlreadyStartedError,
  type WorkflowHandle,
  WorkflowQueryFailedError,
  WorkflowUpdateFailedError,
} from "@anywhen/temporal/client";
import { onRealServer } from "../support/server.ts";
import type { Message, Work } from "./program.ts";
import { bump, change, count, stumbling, wake } from "./workflows/interpreter.ts";

/** The updates under way, and what went wrong in calls that nobody waits for. */
export class Calls {
  readonly #open: Set<Promise<void>> = new Set();
  readonly #faults: unknown[] = [];
  /** The runs that resets have made, by workflow; undefined while the first is under way. */
  readonly resets: Map<string, string | undefined> = new Map();
  readonly #stumbled: Set<string> = new Set();

  /** Goes on while the call does; a workflow that has ended, or that refuses, is no fault. */
  async watch(call: Promise<unknown>, what: string): Promise<void> {
    const watched = call.then(() => {}, (error) => {
      if (!isExpected(error)) this.#faults.push(new Error(`${what}: ${error}`, { cause: error }));
    });
    this.#open.add(watched);
    await watched;
    this.#open.delete(watched);
  }

  /** Whether a workflow has not stumbled yet; now it has. */
  stumble(workflowId: string): boolean {
    const { size } = this.#stumbled;
    return this.#stumbled.add(workflowId).size > size;
  }

  /** Waits for the calls under way; throws the first thing that went wrong. */
  async settle(): Promise<void> {
    await Promise.all(this.#open);
    if (this.#faults.length > 0) throw this.#faults[0];
  }
}

/** Sends messages to a workflow, one after the other; what becomes of updates is left to `calls`. */
export async function send(client: Client, id: string, messages: Message[], calls: Calls): Promise<void> {
  const handle = client.workflow.getHandle(id);
  for (const message of messages) {
    const call = message.send === "reset" ? reset(client, handle, message.back, calls) : sendOne(message, handle);
    const sent = calls.watch(call, `${message.send} to ${handle.id}`);
    if (message.send !== "update") await sent;
  }
}

async function sendOne(message: Exclude<Message, { send: "reset" }>, handle: WorkflowHandle): Promise<void> {
  if (message.send === "signal") await handle.signal(bump, message.block);
  else if (message.send === "cancel") await handle.cancel(message.reason);
  else if (message.send === "terminate") await handle.terminate("enough");
  else if (message.send === "query") await handle.query(count);
  else if (message.send === "update") {
    await handle.executeUpdate(change, { args: [message.block, message.reject === true] });
  }
}

/** Resets a workflow once: the code that asks for it may be run again by it. */
async function reset(client: Client, handle: WorkflowHandle, back: number, { resets }: Calls): Promise<void> {
  if (resets.has(handle.id)) return;
  resets.set(handle.id, undefined);
  const { events, runId } = await handle.fetchHistory();
  const completed = events.filter(({ attributes: { case: kind } }) => kind === "workflowTaskCompletedEventAttributes");
  const target = completed.at(Math.max(-completed.length, -1 - back));
  if (!target) return;
  const answer = await client.workflowService.resetWorkflowExecution({
    namespace: client.namespace,
    workflowExecution: { workflowId: handle.id, runId },
    workflowTaskFinishEventId: target.eventId,
    requestId: crypto.randomUUID(),
    reason: "property",
  });
  resets.set(handle.id, answer.runId);
}

/** Whether a call failed for what may happen to any caller, on the official server too. */
function isExpected(error: unknown): boolean {
  // The task that brought an update was in vain, for want of news that came meanwhile.
  if (error instanceof RPCError && error.status === "FAILED_PRECONDITION") return true;
  // A start with an update is tried again, and by then another run goes on.
  if (error instanceof WorkflowAlreadyStartedError) return true;
  // The workflow stumbles at its start.
  if (error instanceof WorkflowQueryFailedError) return error.message === stumbling;
  // The official server loses queries of a task in progress when the workflow is terminated.
  if (onRealServer && error instanceof RPCError && error.status === "DEADLINE_EXCEEDED") return true;
  return error instanceof NotFoundError || error instanceof WorkflowUpdateFailedError;
}

/** The activities of a worker. */
export function createActivities(calls: Calls): Record<string, (...args: never[]) => unknown> {
  const client = () => activity.client<Client>();
  const id = () => activity.info().workflowId!;
  return {
    echo: (digest: number) => digest,
    fails: () => {
      throw new activity.ApplicationError("no luck", { type: "Luck", details: [activity.info().attempt] });
    },
    flaky: (_: number, { failures = 0 }: Work) => {
      const { attempt } = activity.info();
      if (attempt <= failures) throw new Error(`attempt ${attempt}`);
      return attempt;
    },
    slow,
    wakeUp: (path: string) => calls.watch(client().workflow.getHandle(id()).signal(wake, path), "wake"),
    drive: (messages: Message[]) => send(client(), id(), messages, calls),
  };
}

/** Takes its time; hears of a cancellation by its heartbeats. */
async function slow(digest: number, { ms = 1, onCancel = "give up" }: Work): Promise<number> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, Math.min(4, ms)));
    if (!activity.info().isLocal) activity.heartbeat(digest);
    if (!activity.isCancelled()) continue;
    if (onCancel === "succeed") return digest;
    if (onCancel === "fail") throw new activity.ApplicationError("too late", { nonRetryable: true });
    activity.cancellationSignal().throwIfAborted();
  }
  return digest;
}
