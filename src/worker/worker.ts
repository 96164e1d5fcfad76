/**
 * The worker: creates, runs and shuts down what polls for tasks and handles them.
 *
 * @module
 */
import { type Client, clientParts } from "../client/client.ts";
import { GracefulShutdownPeriodExpiredError, IllegalStateError, ValueError } from "../common/errors.ts";
import { onProcessEvent } from "../platform.ts";
import { waitFor } from "./backoff.ts";
import { messageOf } from "./failures.ts";
import type { WorkerOptions } from "./options.ts";
import { createParts, type WorkerParts } from "./parts.ts";

/** Where a worker is in its life. */
export type WorkerState = "INITIALIZED" | "RUNNING" | "STOPPING" | "DRAINING" | "STOPPED" | "FAILED";

/** What a worker does right now. */
export interface WorkerStatus {
  /** As {@link Worker.state}. */
  state: WorkerState;
  /** Workflow runs held in memory, busy ones included. */
  cachedWorkflows: number;
  /** Workflow tasks under way. */
  runningWorkflowTasks: number;
  /** Activity attempts under way. */
  runningActivities: number;
  /** Attempts of local activities under way. */
  runningLocalActivities: number;
  /** Nexus tasks under way. */
  runningNexusTasks: number;
  /** Open polls, at most; 0 while it does not poll. */
  pollers: { workflow: number; activity: number; nexus: number };
}

/** Longest interval that timers take; a running worker holds the process by one timer that does nothing. */
const holdInterval = 2 ** 31 - 1;

/** Milliseconds for which open polls may wait for the server to end them at shutdown. */
const pollEndPatience = 2_000;

/** Polls one task queue and runs its workflows and activities. */
export class Worker implements AsyncDisposable {
  #options: WorkerOptions;
  #parts: WorkerParts;
  #state: WorkerState = "INITIALIZED";
  #polls = new AbortController();
  #running?: Promise<void>;
  #stoppedBySignal?: string;
  #releaseClient?: () => void;

  private constructor(options: WorkerOptions, parts: WorkerParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * Checks the options and the namespace and loads the workflows; nothing is polled before `run`.
   * Rejects with one ValueError for all faults of the options, with NotFoundError when the namespace does not exist,
   * with RPCError when the server cannot be reached.
   *
   * ```ts
   * const workflows = new URL("./workflows.ts", import.meta.url);
   * await using worker = await Worker.create({ client, taskQueue: "greetings", activities, workflows });
   * await worker.run();
   * ```
   */
  static async create(options: WorkerOptions): Promise<Worker> {
    return new Worker(options, await createParts(options));
  }

  /** Where the worker is in its life. */
  get state(): WorkerState {
    return this.#state;
  }

  /** Whether it polls for tasks. */
  get isRunning(): boolean {
    return this.#state === "RUNNING";
  }

  /** Whether it has come to its end. */
  get isShutdown(): boolean {
    return this.#state === "STOPPED" || this.#state === "FAILED";
  }

  /** The queue it polls. */
  get taskQueue(): string {
    return this.#parts.settings.taskQueue;
  }

  /** Who it is to the server. */
  get identity(): string {
    return this.#parts.settings.identity;
  }

  /** The client whose connection is in use. */
  get client(): Client {
    return this.#parts.connection.client;
  }

  /** Calls under way end on the old client, all others go through the new one. ValueError for another namespace. */
  set client(client: Client) {
    const { connection, service } = this.#parts;
    const { namespace } = service.settings;
    if (client.namespace !== namespace) {
      throw new ValueError(
        `the worker's client must stay in namespace ${namespace}; the new one is of ${client.namespace}`,
      );
    }
    connection.replace(client);
    if (this.#releaseClient) this.#holdClient();
  }

  /** The options as given. */
  config(): WorkerOptions {
    return { ...this.#options };
  }

  /** What the worker does right now. */
  status(): WorkerStatus {
    const { workflows, activities } = this.#parts;
    const polling = this.#state === "RUNNING";
    return {
      state: this.#state,
      cachedWorkflows: workflows?.cached ?? 0,
      runningWorkflowTasks: workflows?.running ?? 0,
      runningActivities: activities?.running ?? 0,
      runningLocalActivities: workflows?.runningLocal ?? 0,
      runningNexusTasks: 0,
      pollers: {
        workflow: polling && workflows ? workflows.pollers : 0,
        activity: polling && activities ? activities.pollers : 0,
        nexus: 0,
      },
    };
  }

  /**
   * Runs until `shutdown`, a signal of the process, or a fatal error, with which it rejects.
   * Rejects with IllegalStateError the second time, and with GracefulShutdownPeriodExpiredError
   * when the shutdown takes longer than `forceShutdownTimeout`.
   */
  async run(): Promise<void> {
    this.#start("run");
    await this.#running;
  }

  /**
   * Runs while `work` goes on, then shuts down; resolves with what it returned, rejects with what it threw.
   * A fatal error of the worker rejects at once; so does a signal of the process, with IllegalStateError.
   * Rejects with IllegalStateError when the worker runs already or has ended; a function is not called then.
   */
  async runUntil<T>(work: Promise<T> | (() => T | Promise<T>)): Promise<T> {
    const running = this.#start("runUntil");
    const failed = running.then(() => this.#endedEarly());
    const body = (async () => await (typeof work === "function" ? work() : work))();
    try {
      const result = await Promise.race([body, failed]);
      await this.shutdown();
      await running;
      return result;
    } catch (error) {
      await this.shutdown();
      throw error;
    }
  }

  /**
   * Stops polling, gives activities `gracefulShutdownTimeout` before they are cancelled, and waits for all tasks.
   * Safe to call at any time and more than once.
   */
  async shutdown(): Promise<void> {
    if (this.#state === "INITIALIZED") {
      this.#state = "STOPPED";
      await this.#parts.host?.realms.close();
    }
    this.#parts.stop.abort();
    await this.#running?.catch(() => {}); // whoever called run has its error
  }

  /** Shuts down and waits for the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  #start(method: string): Promise<void> {
    if (this.#state !== "INITIALIZED") {
      const advice = this.isShutdown ? "it has been shut down" : "it is running already";
      throw new IllegalStateError(`Worker.${method} of task queue ${this.taskQueue}: ${advice}; create another worker`);
    }
    this.#state = "RUNNING";
    return this.#running = this.#serve();
  }

  async #serve(): Promise<void> {
    const hold = setInterval(() => {}, holdInterval);
    const unlisten = this.#listen();
    this.#holdClient();
    try {
      this.#announce();
      const fault = await this.#poll();
      this.#state = fault ? "FAILED" : "STOPPED";
      if (fault) throw fault.error;
    } catch (error) {
      this.#state = "FAILED";
      throw error;
    } finally {
      clearInterval(hold);
      for (const stop of unlisten) stop();
      this.#releaseClient?.();
      this.#releaseClient = undefined;
      this.#parts.logger.info(`worker stopped: task queue ${this.taskQueue}`, { state: this.#state });
    }
  }

  /** Polls until told to stop or until polling fails, then winds down; resolves with the fatal error, if any. */
  async #poll(): Promise<{ error: unknown } | undefined> {
    const { workflows, activities, stop } = this.#parts;
    const signals = { stop: stop.signal, abort: this.#polls.signal };
    const ended = Promise.all([workflows?.poll(signals), activities?.poll(signals)])
      .then(() => undefined, (error: unknown) => ({ error }));
    const stopped = new Promise<undefined>((resolve) => {
      if (stop.signal.aborted) resolve(undefined);
      else stop.signal.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    const fault = await Promise.race([ended, stopped]);
    if (fault) await this.#reportFault(fault.error);
    await this.#limitShutdown(this.#windDown(ended));
    return fault;
  }

  async #windDown(pollsEnded: Promise<unknown>): Promise<void> {
    const { workflows, activities, stop, settings, host } = this.#parts;
    this.#state = "STOPPING";
    stop.abort();
    const activitiesEnded = activities?.drain(settings.gracefulShutdownTimeout);
    await this.#endPolls(pollsEnded);
    this.#state = "DRAINING";
    await workflows?.drain(settings.gracefulShutdownTimeout);
    await activitiesEnded;
    await activities?.drain(settings.gracefulShutdownTimeout);
    await host?.realms.close();
  }

  async #endPolls(pollsEnded: Promise<unknown>): Promise<void> {
    const { service, facts, logger } = this.#parts;
    const told = service.shutdownWorker().catch((error: Error) =>
      logger.debug(`ShutdownWorker failed: ${error.message}`)
    );
    if (facts.endsPollsAtShutdown) {
      const patience = new AbortController();
      await Promise.race([pollsEnded, waitFor(pollEndPatience, patience.signal)]);
      patience.abort();
    }
    this.#polls.abort();
    await pollsEnded;
    await told;
  }

  async #limitShutdown(windDown: Promise<void>): Promise<void> {
    const limit = this.#parts.settings.forceShutdownTimeout;
    if (limit === undefined) return await windDown;
    const over = new AbortController();
    const expired = waitFor(limit, over.signal).then(() => {
      if (over.signal.aborted) return;
      throw new GracefulShutdownPeriodExpiredError(
        `the worker of task queue ${this.taskQueue} did not stop within ${limit} ms; ` +
          `${this.#parts.activities?.running ?? 0} activities still run`,
      );
    });
    try {
      await Promise.race([windDown, expired]);
    } finally {
      over.abort();
      windDown.catch(() => {}); // after the limit nobody waits for it
    }
  }

  async #reportFault(error: unknown): Promise<void> {
    const { logger } = this.#parts;
    logger.error(`worker failed: task queue ${this.taskQueue}: ${messageOf(error)}`);
    try {
      await this.#options.onFatalError?.(error);
    } catch (thrown) {
      logger.error(`onFatalError of the worker of task queue ${this.taskQueue} threw: ${messageOf(thrown)}`);
    }
  }

  #endedEarly(): Promise<never> {
    if (this.#stoppedBySignal === undefined) return new Promise(() => {}); // shutdown() from within the work: it goes on
    const message =
      `the worker of task queue ${this.taskQueue} was stopped by ${this.#stoppedBySignal} before the work was done`;
    throw new IllegalStateError(message);
  }

  #listen(): (() => void)[] {
    const unlisten = this.#parts.settings.shutdownSignals.map((signal) =>
      onProcessEvent(signal, () => {
        // A second signal finds no listener and ends the process.
        for (const stop of unlisten) stop();
        this.#stoppedBySignal = signal;
        this.#parts.logger.info(`worker got ${signal}, shutting down: task queue ${this.taskQueue}`);
        this.#parts.stop.abort();
      })
    );
    return unlisten;
  }

  #holdClient(): void {
    this.#releaseClient?.();
    const { link } = clientParts(this.client);
    const { workflows } = this.#parts;
    const release = [link.use(), workflows ? link.eagerStarts.add(workflows.offer()) : () => {}];
    this.#releaseClient = () => release.forEach((undo) => undo());
  }

  #announce(): void {
    const { logger, host, settings, service, activities } = this.#parts;
    const { address } = clientParts(this.client).link.connection;
    const workflowTypes = [...host?.realms.workflowTypes ?? []].sort();
    const activityTypes = activities ? [...settings.registry.named.keys()].sort() : [];
    const list = (names: string[]) => names.join(", ") || "none";
    logger.info(
      `worker polling: task queue ${this.taskQueue} on ${address}; workflows: ${list(workflowTypes)}; ` +
        `activities: ${list(activityTypes)}`,
      { namespace: service.settings.namespace, identity: this.identity },
    );
  }
}
