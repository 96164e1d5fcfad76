/**
 * What the facade may ask of a run: the one way from a realm to the runtime.
 *
 * @module
 */
import { findDefinition } from "../../common/definition.ts";
import { optionalMilliseconds, toMilliseconds } from "../../common/duration.ts";
import { ValueError } from "../../common/errors.ts";
import type { CallRun, HandlerEntry, Operations, UserFunction } from "../bridge.ts";
import { findHandlerFaults } from "../definition_checks.ts";
import { checkHandlerName } from "../handlers.ts";
import type { WaitConditionOptions } from "../options.ts";
import { checkTimeouts } from "./activity_request.ts";
import { TypeScriptFlag } from "./flags.ts";
import type { RunParts } from "./parts.ts";
import { afterJobs, promiseJobs } from "./promise_jobs.ts";
import type { Scope } from "./scopes.ts";

type Implementations = {
  [K in keyof Operations]: (run: RunParts, ...args: Parameters<Operations[K]>) => ReturnType<Operations[K]>;
};

/** How the realm of a run calls the runtime: what goes wrong there is thrown as an error of the realm. */
export function createCallRun(run: RunParts): CallRun {
  const call = (name: keyof Operations, ...args: unknown[]) => {
    try {
      return (operations[name] as (run: RunParts, ...args: unknown[]) => unknown)(run, ...args);
    } catch (error) {
      throw run.values.adopt(error);
    }
  };
  return call as CallRun;
}

const operations: Implementations = {
  start: ({ state }) => {
    if (!state.start) state.assertWritable("info");
    return state.start!;
  },
  activation: ({ state }) => state.activation,
  startTime: ({ state }) => state.startTime,
  isRunning: ({ state }) => state.isRunning,
  isReadOnly: ({ state }) => state.readOnly !== undefined,
  instance: ({ state }) => state.instance,
  cancelCall: ({ state }, cancel, reason) => {
    state.assertWritable("cancelling a call");
    cancel(reason);
  },
  payloadConverter: ({ values }) => values.boundConverter,
  continueAsNew: ({ continuations }, options) => continuations.throwFor(options),

  time: ({ state }) => state.activation.time,
  sleep: ({ state, timers, values, waits }, duration, options = {}) => {
    state.assertWritable("sleep");
    return waits.make(options.signal, (settler) => {
      return timers.sleep(toMilliseconds(duration, "duration"), values.encodeText(options.summary), settler);
    });
  },
  waitCondition: (run, condition, options = {}) => {
    run.state.assertWritable("waitCondition");
    return run.waits.make(options.signal, (settler) => {
      return run.conditions.wait(condition, readTimeout(run, options), settler);
    });
  },
  setTimer: ({ timers }, duration, callback) => timers.schedule(duration, callback),
  clearTimer: ({ timers }, id) => timers.clear(id),

  checkActivityOptions: (_, what, options) => checkTimeouts(what, options),
  executeActivity: ({ activities, state }, activity, options) => {
    state.assertWritable("an activity");
    return activities.execute(activity, options);
  },
  startActivity: ({ activities }, activity, options) => activities.start(activity, options),
  executeLocalActivity: ({ localActivities, state }, activity, options) => {
    state.assertWritable("a local activity");
    return localActivities.execute(activity, options);
  },
  startLocalActivity: ({ localActivities }, activity, options) => localActivities.start(activity, options),

  startChild: ({ children }, workflow, options) => children.start(workflow, options),
  executeChild: ({ children }, workflow, options) => children.execute(workflow, options),

  signalExternal: ({ externals }, target, signal, args) => externals.signal(target, signal, args),
  cancelExternal: ({ externals }, target, reason) => externals.cancel(target, reason),

  setHandler: ({ handlers }, definition, handler, options) => {
    const { kind, name } = definition;
    if (name !== undefined) checkHandlerName(name, kind);
    checkHandler(`the handler of ${kind} ${name ?? "(dynamic)"}`, handler, options);
    handlers.set(kind, name, handler && makeEntry(definition, handler, options));
  },
  isFailureException: ({ policy }, error) => policy.isFailure(error),
  getHandler: ({ handlers }, kind, name) => handlers.get(kind, name)?.fn,
  allHandlersFinished: ({ handlers }) => handlers.allFinished,
  currentUpdate: ({ scopes }) => scopes.context.update,

  currentScope: ({ scopes }) => scopes.current,
  openScope: ({ scopes, state, waits }, { shielded = false, signal, timeout }) => {
    state.assertWritable("CancellationScope");
    optionalMilliseconds(timeout, "timeout");
    const scope = scopes.open(shielded);
    const cancel = () => {
      state.assertReadWrite("aborting a scope");
      scopes.cancelWith(scope, waits.toCancelledError(signal!));
    };
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
    return scope;
  },
  enterScope: ({ scopes }, node, work) => scopes.enter(node as Scope, work),
  cancelScope: ({ scopes, state }, node, reason) => {
    state.assertWritable("cancelling a scope");
    scopes.cancel(node as Scope, reason);
  },
  startScopeTimer: ({ flags, scopes, state, timers, values }, node, { timeout, timeoutSummary }) => {
    let hasFired = false;
    const id = timers.schedule(toMilliseconds(timeout!, "timeout"), () => {
      hasFired = true;
      scopes.cancel(node as Scope, "the scope timed out");
    }, values.encodeText(timeoutSummary));
    const unlisten = node.onCancel(() => timers.clear(id));
    return {
      hasFired: () => hasFired,
      stop: () => {
        unlisten();
        // Until 1.10 the official TypeScript SDK left the timer running.
        if (!flags.hasTypeScript(TypeScriptFlag.SHIELDED_FROM_PROPAGATION)) return;
        afterJobs(state, promiseJobs.scopeTimer, () => timers.clear(id));
      },
    };
  },
  cancellationReason: ({ scopes }) => scopes.reason,

  waitForTurn: ({ turns }, options) => turns.wait(options),
  giveTurn: ({ turns }, turn) => turns.give(turn),

  random: ({ random }, stream) => random.next(stream),
  uuid4: ({ random }, stream) => random.uuid4(stream),
  uuid7: ({ random }) => random.uuid7(),
  fillRandom: ({ random }, bytes, stream) => random.fill(bytes, stream),
  withRandom: ({ random }, stream, work) => random.with(stream, work),
  randomSeed: ({ random }) => random.seed,
  onRandomSeed: ({ random }, callback) => random.onReseed(callback),
  realTime: () => Date.now(),
  realRandom: () => Math.random(),

  patched: ({ patches }, id, deprecated) => patches.isOn(id, deprecated),

  log: ({ log }, level, message, attributes) => log.write(level, message, attributes),

  memoKeys: ({ properties }) => properties.memoKeys(),
  memoValue: ({ properties }, key, options) => properties.memoValue(key, options),
  upsertMemo: ({ properties }, updates) => properties.upsertMemo(updates),
  upsertSearchAttributes: ({ properties }, updates) => properties.upsertSearchAttributes(updates),
  currentDetails: ({ properties }) => properties.currentDetails,
  setCurrentDetails: ({ properties }, details) => {
    properties.currentDetails = details;
  },
  hasLastCompletionResult: ({ previous }) => previous.hasResult,
  lastCompletionResult: ({ previous }, typeHint) => previous.readResult(typeHint),
  lastFailure: ({ previous }) => previous.readFailure(),

  recordMetric: ({ metrics }, metric, value, attributes) => metrics.record(metric, value, attributes),

  callSink: ({ sinks }, sink, fn, args) => sinks.call(sink, fn, args),
  callExtern: ({ externs }, name, args) => externs.call(name, args),
};

function readTimeout({ patches, values }: RunParts, { timeout, timeoutSummary }: WaitConditionOptions) {
  if (timeout === undefined || timeout === 0 && !patches.countsZeroTimeouts()) return undefined;
  return { duration: toMilliseconds(timeout, "timeout"), summary: values.encodeText(timeoutSummary) };
}

function checkHandler(what: string, handler: unknown, options: object = {}): void {
  const faults = findHandlerFaults(options);
  if (handler !== undefined && typeof handler !== "function") faults.unshift("it is no function");
  if (faults.length > 0) throw new ValueError(`${what}: ${faults.join("; ")}`);
}

function makeEntry(definition: object, fn: UserFunction, options: Omit<HandlerEntry, "fn"> = {}): HandlerEntry {
  const { description, unfinishedPolicy, validator } = options;
  return { fn, args: findDefinition(definition)?.args, description, unfinishedPolicy, validator };
}
