/**
 * The server at TEMPORAL_ADDRESS, else one of its own, with workers of all kinds, on which programs run until they, and
 * all that they have started, have closed.
 */
import {
  Client,
  WithStartWorkflowOperation,
  type WorkflowHandle,
  type WorkflowHistory,
} from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Worker, type WorkerOptions, type WorkflowBundle } from "@anywhen/temporal/worker";
import { WorkflowTaskFailedCause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryEvent } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { registerSearchAttributes } from "../support/search_attributes.ts";
import { unique } from "../support/server.ts";
import { Calls, createActivities, send } from "./activities.ts";
import type { Case, WorkerKind } from "./program.ts";
import { bump, change, count, interpret, stumbling } from "./workflows/interpreter.ts";

/** What a program did wrong while it ran. */
export class LiveFault extends Error {
  override name = "LiveFault";
}

/** Patches that go live. */
export function decidePatch({ patchId }: { patchId: string }): boolean {
  return !patchId.startsWith("off");
}

/** How workers of each kind keep runs; two take turns where there are two. */
const caches: Readonly<Record<WorkerKind, Partial<WorkerOptions>[]>> = {
  cached: [{ workflowThreads: 1 }],
  uncached: [{ maxCachedWorkflows: 0 }],
  small: [{ maxCachedWorkflows: 2, maxConcurrentWorkflowTasks: 2 }],
  mixed: [{ maxCachedWorkflows: 0 }, { stickyQueueScheduleToStartTimeout: 2_000 }],
};

/** How long a program may take, in milliseconds; those that go on are stuck. */
const patience = 60_000;

/** Causes of failed tasks that are no faults: the server has news that the worker did not know. */
const harmless: ReadonlySet<WorkflowTaskFailedCause> = new Set([
  WorkflowTaskFailedCause.UNHANDLED_COMMAND,
  WorkflowTaskFailedCause.FORCE_CLOSE_COMMAND,
]);

/** A run and what is known of it; of one that was reset, the history begins with another run. */
export interface RecordedRun {
  runId: string;
  history: WorkflowHistory;
}

/** Where programs run. */
export class Farm implements AsyncDisposable {
  readonly client: Client;
  readonly #server: DevServer | undefined;
  readonly #queue: string;
  readonly #workers: Worker[];
  readonly #running: Promise<unknown>;
  readonly #calls: Calls;

  private constructor(client: Client, server: DevServer | undefined, queue: string, workers: Worker[], calls: Calls) {
    this.client = client;
    this.#queue = queue;
    this.#server = server;
    this.#workers = workers;
    this.#calls = calls;
    this.#running = Promise.all(workers.map((worker) => worker.run()));
  }

  /** Starts server and workers. */
  static async start(workflows: WorkflowBundle): Promise<Farm> {
    const telemetry = { logger: { debug() {}, info() {}, warn() {}, error() {} } };
    const address = process.env.TEMPORAL_ADDRESS;
    const server = address ? undefined : await DevServer.start({ telemetry });
    const client = await Client.connect(server ?? address, { telemetry });
    await registerSearchAttributes(client);
    const queue = unique("property");
    const calls = new Calls();
    const options = {
      client,
      workflows,
      activities: createActivities(calls),
      patchActivationCallback: decidePatch,
      externFunctions: { stumble: (workflowId: string) => calls.stumble(workflowId) },
      shutdownSignals: [],
      workflowThreads: 0,
      maxHeartbeatThrottleInterval: 4,
    };
    const workers = Object.entries(caches).flatMap(([kind, all]) =>
      all.map((cache) => Worker.create({ ...options, ...cache, taskQueue: `${queue}-${kind}` }))
    );
    return new Farm(client, server, queue, await Promise.all(workers), calls);
  }

  /**
   * Runs a case and gives the histories of all runs that came of it. Throws LiveFault where a run is stuck or one of its
   * tasks failed.
   */
  async run(name: string, subject: Case): Promise<RecordedRun[]> {
    const id = `${name}-${crypto.randomUUID()}`;
    await this.#start(id, subject);
    const { runId } = await this.client.workflow.getHandle(id).describe();
    await send(this.client, id, subject.early, this.#calls);
    const runs = await this.#collect({ id, runId });
    await this.#checkQuery(id, runs[0]);
    return runs;
  }

  /** A run that has completed says the same as its result. */
  async #checkQuery(id: string, { runId, history }: RecordedRun): Promise<void> {
    const { attributes } = history.events.at(-1)!;
    if (attributes.case !== "workflowExecutionCompletedEventAttributes") return;
    const handle = this.client.workflow.getHandle(id, { runId, workflow: interpret });
    const { trace } = await handle.result({ followRuns: false });
    const marks = await handle.query(count);
    if (marks !== trace.length) throw new LiveFault(`${id} has made ${trace.length} marks, and ${marks} when queried`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.shutdown()));
    await this.#running;
    await this.client.close();
    await this.#server?.shutdown();
  }

  /** Throws the first fault of calls that nobody waited for. */
  async settle(): Promise<void> {
    await within(patience, this.#calls.settle(), () => Promise.resolve("calls do not come back"));
  }

  async #start(id: string, { program, start, first }: Case): Promise<void> {
    const { worker = "cached", taskTimeout, runTimeout, attempts } = program;
    const args: [typeof program] = [program];
    const options = {
      id,
      taskQueue: `${this.#queue}-${worker}`,
      args,
      taskTimeout,
      runTimeout,
      retryPolicy: attempts ? { maximumAttempts: attempts, initialInterval: 1 } : undefined,
    };
    const { workflow } = this.client;
    if (start === "signal") {
      await workflow.signalWithStart(interpret, { ...options, startSignal: bump, startSignalArgs: [first] });
    } else if (start === "update") {
      const startWorkflowOperation = new WithStartWorkflowOperation(interpret, {
        ...options,
        idConflictPolicy: "FAIL",
      });
      const sent = workflow.startUpdateWithStart(change, {
        startWorkflowOperation,
        args: [first, false],
        waitForStage: "ACCEPTED",
      });
      await this.#calls.watch(sent, `update with start of ${id}`);
    } else {
      await workflow.start(interpret, options);
    }
  }

  async #collect(root: RunName): Promise<RecordedRun[]> {
    const recorded: RecordedRun[] = [];
    const pending = [root];
    const seen = new Set<string>();
    for (let next = pending.pop(); next; next = pending.pop()) {
      if (seen.has(next.runId)) continue;
      seen.add(next.runId);
      const handle = this.client.workflow.getHandle(next.id, { runId: next.runId });
      await within(patience, untilClosed(handle), () => this.#describeStuck(handle));
      const history = await handle.fetchHistory();
      checkTasks(history.events);
      recorded.push({ runId: next.runId, history });
      const reset = this.#calls.resets.get(next.id);
      pending.push(...findSuccessors(next.id, history.events), ...(reset ? [{ id: next.id, runId: reset }] : []));
    }
    return recorded;
  }

  async #describeStuck(handle: WorkflowHandle): Promise<string> {
    const { events } = await handle.fetchHistory();
    await handle.terminate("stuck").catch(() => {});
    return `${handle.id} is stuck:\n  ${events.slice(-20).map(describeEvent).join("\n  ")}`;
  }
}

function describeEvent({ eventId, attributes: { case: kind, value } }: HistoryEvent): string {
  const { failure } = (value ?? {}) as { failure?: { message: string } };
  return `${eventId} ${kind?.replace("EventAttributes", "")}${failure ? `: ${failure.message}` : ""}`;
}

interface RunName {
  id: string;
  runId: string;
}

/** Runs that came of a run: its children, and the one that it continued as or was tried again as. */
function findSuccessors(id: string, events: readonly HistoryEvent[]): RunName[] {
  return events.flatMap(({ attributes: { case: kind, value } }) => {
    const { newExecutionRunId } = (value ?? {}) as { newExecutionRunId?: string };
    if (newExecutionRunId) return [{ id, runId: newExecutionRunId }];
    if (kind !== "childWorkflowExecutionStartedEventAttributes") return [];
    const { workflowId, runId } = value.workflowExecution!;
    return [{ id: workflowId, runId }];
  });
}

function checkTasks(events: readonly HistoryEvent[]): void {
  for (const { eventId, attributes } of events) {
    if (attributes.case !== "workflowTaskFailedEventAttributes" || harmless.has(attributes.value.cause)) continue;
    const { cause, failure } = attributes.value;
    if (failure?.message === stumbling || cause === WorkflowTaskFailedCause.RESET_WORKFLOW) continue;
    const name = Object.entries(WorkflowTaskFailedCause).find(([, number]) => number === cause)?.[0];
    throw new LiveFault(`event ${eventId}: the task failed, ${name}: ${failure?.message}`);
  }
}

async function untilClosed(handle: WorkflowHandle): Promise<void> {
  await handle.result({ followRuns: false }).catch(() => {});
}

async function within<T>(milliseconds: number, work: Promise<T>, describe: () => Promise<string>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(async () => reject(new LiveFault(await describe())), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer!);
  }
}
