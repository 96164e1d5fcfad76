/**
 * How the workflows of a worker run, and what they reach outside: options, checked and filled in.
 *
 * @module
 */
import { type Duration, toMilliseconds } from "../common/duration.ts";
import { ValueError } from "../common/errors.ts";
import type { Logger } from "../common/logger.ts";
import { environmentVariable } from "../platform.ts";
import type { Outlets, SinkOutlet } from "../realm/outlets.ts";
import { type Info, makeInfo } from "../workflow/info.ts";
import { checkPatchAnswer } from "../workflow/runtime/facts/patches.ts";
import type { SinkCall } from "../workflow/runtime/outlets/sinks.ts";
import { messageOf } from "./failures.ts";

/** A function of a sink. */
export interface SinkFunction {
  /** Gets the workflow's info as it was at the call. What it throws is logged. */
  // deno-lint-ignore no-explicit-any
  fn: (info: Info, ...args: any[]) => void | Promise<void>;
  /** Whether it is called again when a workflow is replayed; false. */
  callDuringReplay?: boolean;
}

/** Options of workers and replayers that say how workflows run. */
export interface HostingOptions {
  /**
   * Threads that workflows run on; 1. With 0 they run on the worker's own, which saves the way between threads, a third
   * of the time of a replay: but nothing there can end a workflow that blocks. It stops the whole worker or replayer,
   * and `deadlockTimeout` only has the log tell of it once it goes on.
   */
  workflowThreads?: number;
  /** How long a workflow may go on without waiting for something before its task, or its replay, fails; 2 s, false is no limit. */
  deadlockTimeout?: Duration | false;
  /** Runs workflows on the worker's own thread and without a deadlock time-out, for debuggers; true where TEMPORAL_DEBUG is set. */
  debugMode?: boolean;
  /** What `proxySinks` of workflows calls: functions by sink and name. */
  sinks?: Record<string, Record<string, SinkFunction>>;
  /** What `externFunctions` of workflows calls; they must answer at once. */
  // deno-lint-ignore no-explicit-any
  externFunctions?: Record<string, (...args: any[]) => unknown>;
}

/** Decides whether a patch goes live in a run. */
export type PatchActivationCallback = (input: { workflowInfo: Info; patchId: string }) => boolean;

/** Where workflows run, with every default in place. */
export interface Hosting {
  /** 0 is the worker's own. */
  threads: number;
  /** Milliseconds; undefined is no limit. */
  deadlockTimeout?: number;
}

/** What workflows reach outside, beside log and metrics. */
export type HostingOutlets = Pick<Outlets, "sinks" | "callExtern" | "decidePatch">;

/** The names of the options. */
export const hostingOptions: readonly (keyof HostingOptions)[] = [
  "workflowThreads",
  "deadlockTimeout",
  "debugMode",
  "sinks",
  "externFunctions",
];

/** The options with those of workers alone. */
type AllOptions = HostingOptions & { patchActivationCallback?: PatchActivationCallback };

/** Fills in defaults; adds to `faults` what is wrong with all of the options. */
export function resolveHosting(options: AllOptions, faults: string[]): Hosting {
  checkHosting(options, faults);
  const deadlockTimeout = readTimeout(options.deadlockTimeout, faults);
  const { workflowThreads: threads = 1, debugMode = isDebugging() } = options;
  return debugMode ? { threads: 0 } : { threads, deadlockTimeout };
}

/** As {@link resolveHosting}; throws one ValueError for all that is wrong. */
export function requireHosting(what: string, options: HostingOptions): Hosting {
  const faults: string[] = [];
  const hosting = resolveHosting(options, faults);
  if (faults.length > 0) throw new ValueError(`${what}: ${faults.join("; ")}`);
  return hosting;
}

/** What workflows reach outside by these options; what goes wrong in sinks is logged. */
export function createOutlets(options: AllOptions, logger: Logger): HostingOutlets {
  const { sinks, externFunctions, patchActivationCallback: callback } = options;
  return {
    sinks: sinks && createSinkOutlet(sinks, logger),
    callExtern: externFunctions && createCaller(externFunctions),
    decidePatch: callback &&
      (({ patchId, start, startTime, activation }) =>
        checkPatchAnswer(callback({ patchId, workflowInfo: makeInfo(start, startTime, () => activation) }))),
  };
}

function isDebugging(): boolean {
  return !["", "0", "false"].includes(environmentVariable("TEMPORAL_DEBUG") ?? "");
}

function readTimeout(timeout: Duration | false = 2_000, faults: string[]): number | undefined {
  if (timeout === false) return undefined;
  try {
    const milliseconds = toMilliseconds(timeout, "deadlockTimeout");
    if (milliseconds <= 0) faults.push("deadlockTimeout is 0; give a time, or false for no limit");
    return milliseconds;
  } catch (error) {
    faults.push(messageOf(error));
    return undefined;
  }
}

function checkHosting(
  { workflowThreads, debugMode, sinks = {}, externFunctions = {}, patchActivationCallback }: AllOptions,
  faults: string[],
): void {
  if (workflowThreads !== undefined && !(Number.isSafeInteger(workflowThreads) && workflowThreads >= 0)) {
    faults.push(`workflowThreads is ${workflowThreads}; give a whole number of 0 or more`);
  }
  if (debugMode !== undefined && typeof debugMode !== "boolean") faults.push("debugMode must be true or false");
  for (const [sink, functions] of Object.entries(sinks)) {
    for (const [name, { fn } = { fn: undefined }] of Object.entries(functions ?? {})) {
      if (typeof fn !== "function") faults.push(`sinks.${sink}.${name} has no function; give { fn: (info) => {} }`);
    }
  }
  for (const [name, fn] of Object.entries(externFunctions)) {
    if (typeof fn !== "function") faults.push(`externFunctions.${name} is no function`);
  }
  if (patchActivationCallback !== undefined && typeof patchActivationCallback !== "function") {
    faults.push("patchActivationCallback is no function");
  }
}

function createSinkOutlet(sinks: NonNullable<HostingOptions["sinks"]>, logger: Logger): SinkOutlet {
  const functions = Object.entries(sinks).flatMap(([sink, functions]) =>
    Object.entries(functions).map(([name, { callDuringReplay = false }]) =>
      [`${sink}.${name}`, callDuringReplay] as const
    )
  );
  const callSink = async ({ sink, fn, args, start, startTime, activation }: SinkCall) => {
    const { workflowId } = start;
    try {
      await sinks[sink][fn].fn(makeInfo(start, startTime, () => activation), ...args);
    } catch (error) {
      logger.error(`sink ${sink}.${fn} threw: ${messageOf(error)}`, { workflowId, runId: activation.runId, error });
    }
  };
  return { functions: new Map(functions), take: (calls) => calls.forEach((call) => void callSink(call)) };
}

function createCaller(functions: NonNullable<HostingOptions["externFunctions"]>): NonNullable<Outlets["callExtern"]> {
  return (name, args) => {
    if (!Object.hasOwn(functions, name)) {
      const known = Object.keys(functions).join(", ") || "none";
      throw new ValueError(
        `extern function ${name} is not registered (those that are: ${known}); add it to externFunctions`,
      );
    }
    const result = functions[name](...args);
    if (typeof (result as PromiseLike<unknown> | null | undefined)?.then !== "function") return result;
    (result as Promise<unknown>).then(undefined, () => {}); // told here already
    throw new ValueError(`extern function ${name} gave a promise; it must answer at once: use an activity to wait`);
  };
}
