/**
 * What the facade may ask of a run: the one way from a realm to the runtime.
 *
 * @module
 */
import { toMilliseconds } from "../../common/duration.ts";
import { CancelledError } from "../../common/errors.ts";
import type { CallRun, Operations } from "../bridge.ts";
import type { WaitConditionOptions } from "../options.ts";
import { checkTimeouts } from "./calls/activity_request.ts";
import { makeEntry } from "./messages/handler_entry.ts";
import type { RunParts } from "./parts.ts";
import type { ConditionTimeout } from "./waiting/conditions.ts";
import { openScope, startScopeTimer } from "./waiting/scope_calls.ts";
import type { Scope } from "./waiting/scopes.ts";

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
  cancelCall: ({ state, values }, { cancel }, reason) => {
    state.assertWritable("cancelling a call");
    cancel(values.adopt(new CancelledError(reason)) as Error);
  },
  payloadConverter: ({ state, values }) => {
    state.assertRunning("payloadConverter");
    return values.boundConverter;
  },
  continueAsNew: ({ continuations }, options) => continuations.throwFor(options),

  time: ({ state }) => state.activation.time,
  sleep: ({ timers, values, waits }, duration, options = {}) => {
    return waits.make("sleep", options.signal, (settler) => {
      return timers.sleep(toMilliseconds(duration, "duration"), values.encodeText(options.summary), settler);
    });
  },
  waitCondition: (run, condition, options = {}) => {
    return run.waits.make("waitCondition", options.signal, (settler) => {
      return run.conditions.wait(condition, readTimeout(run, options), settler);
    });
  },
  setTimer: ({ timers }, duration, callback) => timers.schedule(duration, callback),
  clearTimer: ({ timers }, id) => timers.clear(id),

  checkActivityOptions: (_, what, options) => checkTimeouts(what, options),
  executeActivity: ({ activities }, activity, options) => activities.execute(activity, options),
  startActivity: ({ activities }, activity, options) => activities.start(activity, options),
  executeLocalActivity: ({ localActivities }, activity, options) => localActivities.execute(activity, options),
  startLocalActivity: ({ localActivities }, activity, options) => localActivities.start(activity, options),

  startChild: ({ children }, workflow, options) => children.start(workflow, options),
  executeChild: ({ children }, workflow, options) => children.execute(workflow, options),

  signalExternal: ({ externals }, target, signal, args) => externals.signal(target, signal, args),
  cancelExternal: ({ externals }, target, reason) => externals.cancel(target, reason),

  setHandler: ({ handlers }, definition, handler, options) => {
    handlers.set(definition.kind, definition.name, makeEntry(definition, handler, options));
  },
  isFailureException: ({ policy }, error) => policy.isFailure(error),
  getHandler: ({ handlers }, kind, name) => {
    const entry = handlers.get(kind, name);
    return entry?.self === undefined ? entry?.fn : entry.fn.bind(entry.self);
  },
  allHandlersFinished: ({ handlers }) => handlers.allFinished,
  currentUpdate: ({ scopes }) => scopes.context.update,

  currentScope: ({ scopes }) => scopes.current,
  openScope: (run, options) => openScope(run, options),
  enterScope: ({ scopes }, node, work) => scopes.enter(node as Scope, work),
  cancelScope: ({ scopes, state }, node, reason) => {
    state.assertWritable("cancelling a scope");
    scopes.cancel(node as Scope, reason);
  },
  startScopeTimer: (run, node, options) => startScopeTimer(run, node as Scope, options),
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

function readTimeout(
  { patches, values }: RunParts,
  { timeout, timeoutSummary }: WaitConditionOptions,
): ConditionTimeout | undefined {
  if (timeout === undefined || timeout === 0 && !patches.countsZeroTimeouts()) return undefined;
  return { duration: toMilliseconds(timeout, "timeout"), summary: values.encodeText(timeoutSummary) };
}
