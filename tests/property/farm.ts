/** A server with workers of all kinds, on which programs run until they, and all that they have started, have closed. */
import {
  Client,
  WithStartWorkflowOperation,
  type WorkflowHandle,
  type WorkflowHistory,
} from "@anywhen/temporal/client";
import { SearchAttributeKey } from "@anywhen/temporal/common";
import { DevServer } from "@anywhen/temporal/server";
import { Worker, type WorkerOptions, type WorkflowBundle } from "@anywhen/temporal/worker";
import { WorkflowTaskFailedCause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryEvent } from "../../src/gen/temporal/api/history/v1/message_pb.ts";
import { Calls, createActivities, send } from "./activities.ts";
import type { Case, WorkerKind } from "./program.ts";
import { bump, change, interpret } from "./workflows/interpreter.ts";

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
  cached: [{}],
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

/** Where programs run. */
export class Farm implements AsyncDisposable {
  readonly client: Client;
  readonly #server: DevServer;
  readonly #workers: Worker[];
  readonly #running: Promise<unknown>;
  readonly #calls: Calls;

  private constructor(client: Client, server: DevServer, workers: Worker[], calls: Calls) {
    this.client = client;
    this.#server = server;
    this.#workers = workers;
    this.#calls = calls;
    this.#running = Promise.all(workers.map((worker) => worker.run()));
  }

  /** Starts server and workers. */
  static async start(workflows: WorkflowBundle): Promise<Farm> {
    const telemetry = { logger: { debug() {}, info() {}, warn() {}, error() {} } };
    const searchAttributes = [SearchAttributeKey.forInt("Quantity")];
    const server = await DevServer.start({ telemetry, searchAttributes });
    const client = await Client.connect(server, { telemetry });
    const calls = new Calls();
    const options = {
      client,
      workflows,
      activities: createActivities(calls),
      patchActivationCallback: decidePatch,
      shutdownSignals: [],
      workflowThreads: 0,
      maxHeartbeatThrottleInterval: 4,
    };
    const workers = Object.entries(caches).flatMap(([kind, all]) =>
      all.map((cache) => Worker.create({ ...options, ...cache, taskQueue: `property-${kind}` }))
    );
    return new Farm(client, server, await Promise.all(workers), calls);
  }

  /**
   * Runs a case and gives the histories of all runs that came of it. Throws LiveFault where a run is stuck or one of its
   * tasks failed.
   */
  async run(name: string, subject: Case): Promise<WorkflowHistory[]> {
    const id = `${name}-${crypto.randomUUID()}`;
    await this.#start(id, subject);
    const handle = this.client.workflow.getHandle(id);
    await send(handle, subject.early, this.#calls);
    return await this.#collect(id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.shutdown()));
    await this.#running;
    await this.client.close();
    await this.#server.shutdown();
  }

  /** Throws the first fault of calls that nobody waited for. */
  async settle(): Promise<void> {
    await within(patience, this.#calls.settle(), () => Promise.resolve("calls do not come back"));
  }

  async #start(id: string, { program, start, first }: Case): Promise<void> {
    const { worker = "cached", taskTimeout, runTimeout } = program;
    const args: [typeof program] = [program];
    const options = { id, taskQueue: `property-${worker}`, args, taskTimeout, runTimeout };
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

  async #collect(id: string): Promise<WorkflowHistory[]> {
    const histories: WorkflowHistory[] = [];
    const pending: { id: string; runId?: string }[] = [{ id }];
    for (let next = pending.pop(); next; next = pending.pop()) {
      const handle = this.client.workflow.getHandle(next.id, { runId: next.runId });
      await within(patience, untilClosed(handle), () => this.#describeStuck(handle));
      const history = await handle.fetchHistory();
      checkTasks(history.events);
      histories.push(history);
      pending.push(...findSuccessors(next.id, history.events));
    }
    return histories;
  }

  async #describeStuck(handle: WorkflowHandle): Promise<string> {
    const { events } = await handle.fetchHistory();
    await handle.terminate("stuck").catch(() => {});
    const types = events.map(({ eventId, attributes }) =>
      `${eventId} ${attributes.case?.replace("EventAttributes", "")}`
    );
    return `${handle.id} is stuck:\n  ${types.slice(-20).join("\n  ")}`;
  }
}

/** Runs that came of a run: its children, and the one that it continued as. */
function findSuccessors(id: string, events: readonly HistoryEvent[]): { id: string; runId: string }[] {
  return events.flatMap(({ attributes: { case: kind, value } }) => {
    if (kind === "workflowExecutionContinuedAsNewEventAttributes") return [{ id, runId: value.newExecutionRunId }];
    if (kind !== "childWorkflowExecutionStartedEventAttributes") return [];
    const { workflowId, runId } = value.workflowExecution!;
    return [{ id: workflowId, runId }];
  });
}

function checkTasks(events: readonly HistoryEvent[]): void {
  for (const { eventId, attributes } of events) {
    if (attributes.case !== "workflowTaskFailedEventAttributes" || harmless.has(attributes.value.cause)) continue;
    const { cause, failure } = attributes.value;
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
