/**
 * Where a run stands: its start, the activation in progress, what its code may do now.
 *
 * @module
 */
import { IllegalStateError, ReadOnlyContextError } from "../../common/errors.ts";
import type { Activation, Initialize } from "../activation.ts";
import type { RealmBridge } from "../bridge.ts";

/** Contexts of code that may only read, as long as they last. */
export interface ReadOnlyContexts {
  /** What the running code is part of where it may only read. */
  readonly readOnly: string | undefined;
  /** Runs work that may only read, now and in the promise jobs that come of it. */
  runReadOnly<T>(readOnly: string, work: () => T): T;
}

/** The state that all parts of a run share. */
export class RunState {
  activation: Omit<Activation, "jobs">;
  start: Initialize | undefined;
  instance: unknown;
  /** Set while a run is put together. */
  contexts: ReadOnlyContexts | undefined;
  /** Hears of faults of which no caller can be told; set while a run is put together. */
  report: ((fault: unknown) => void) | undefined;
  startTime = 0;
  readonly mapStack: (stack: string) => string;
  #realm: RealmBridge | undefined;

  /** The state of a run whose modules are not loaded yet. */
  constructor(runId: string, mapStack: (stack: string) => string) {
    this.mapStack = mapStack;
    this.activation = {
      runId,
      time: 0,
      isReplaying: false,
      historyLength: 0,
      historySize: 0,
      continueAsNewSuggested: false,
      buildId: "",
      targetVersionChanged: false,
      flags: [],
      sdk: { name: "", version: "" },
    };
  }

  /** The realm of this run; only once its modules are loaded. */
  get realm(): RealmBridge {
    if (!this.#realm) throw new Error("the modules of this workflow are not loaded yet");
    return this.#realm;
  }

  /** Whether modules are loaded and workflow code may run. */
  get isRunning(): boolean {
    return this.#realm !== undefined;
  }

  /** Takes up the time and the flags of an activation. */
  begin(activation: Activation): void {
    const { jobs: _, ...rest } = activation;
    this.activation = rest;
    if (this.startTime === 0) this.startTime = rest.time;
  }

  /** The modules are loaded: from here on workflow code may run. */
  attach(realm: RealmBridge): void {
    this.#realm = realm;
  }

  /** What the running code is part of where it may only read, a query for example. */
  get readOnly(): string | undefined {
    return this.contexts?.readOnly;
  }

  /** Throws ReadOnlyContextError or IllegalStateError where `what` may not be called now. */
  assertWritable(what: string): void {
    this.assertRunning(what);
    this.assertReadWrite(what);
  }

  /** Throws IllegalStateError while modules load. */
  assertRunning(what: string): void {
    if (this.isRunning) return;
    throw new IllegalStateError(`${what} was called while the module loads; call it inside the workflow`);
  }

  /** Throws ReadOnlyContextError in queries and validators; while modules load all is well. */
  assertReadWrite(what: string): void {
    const { readOnly } = this;
    if (readOnly === undefined) return;
    throw new ReadOnlyContextError(
      `${what} is not allowed in a ${readOnly}; call it in the workflow, a signal or an update`,
    );
  }

  /** The same where nobody would see an error, in listeners for example: false, and the query or the task fails. */
  mayWrite(what: string): boolean {
    try {
      this.assertReadWrite(what);
      return true;
    } catch (fault) {
      this.report?.(fault);
      return false;
    }
  }

  /** Runs code that may only read, now and in the promise jobs that come of it. */
  runReadOnly<T>(readOnly: string, work: () => T): T {
    return this.contexts!.runReadOnly(readOnly, work);
  }
}
