/**
 * What the facade may ask of a run: the one way from a realm to the runtime.
 *
 * @module
 */
import { findDefinition } from "../../common/definition.ts";
import { optionalMilliseconds, toMilliseconds } from "../../common/duration.ts";
import type { CallRun, HandlerEntry, Operations, UserFunction } from "../bridge.ts";
import { checkHandlerName } from "../handlers.ts";
import type { WaitConditionOptions } from "../options.ts";
import { checkTimeouts } from "./activity_request.ts";
import type { RunParts } from "./parts.ts";
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
  payloadConverter: ({ values }) => values.payloadConverter,
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

  setHandler: ({ handlers }, definition, handler, options) => {
    const { kind, name } = definition;
    if (name !== undefined) checkHandlerName(name, kind);
    handlers.set(kind, name, handler && makeEntry(definition, handler, options));
  },
  getHandler: ({ handlers }, kind, name) => handlers.get(kind, name)?.fn,
  allHandlersFinished: ({ handlers }) => handlers.allFinished,
  currentUpdate: ({ scopes }) => scopes.context.update,

  currentScope: ({ scopes }) => scopes.current,
  openScope: ({ scopes, state, waits }, { shielded = false, signal, timeout }) => {
    state.assertWritable("CancellationScope");
    optionalMilliseconds(timeout, "timeout");
    const scope = scopes.open(shielded);
    const cancel = () => scopes.cancelWith(scope, waits.toCancelledError(signal!));
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
    return scope;
  },
  enterScope: ({ scopes }, node, work) => scopes.enter(node as Scope, work),
  cancelScope: ({ scopes }, node, reason) => scopes.cancel(node as Scope, reason),
  startScopeTimer: ({ scopes, timers, values }, node, { timeout, timeoutSummary }) => {
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
        timers.clear(id);
      },
    };
  },
  cancellationReason: ({ scopes }) => scopes.reason,

  random: ({ random }) => random.next(),
  uuid4: ({ random }) => random.uuid4(),
  fillRandom: ({ random }, bytes) => random.fill(bytes),
  randomSeed: ({ random }) => random.seed,

  log: ({ log }, level, message, attributes) => log.write(level, message, attributes),
};

function readTimeout({ values }: RunParts, { timeout, timeoutSummary }: WaitConditionOptions) {
  if (timeout === undefined) return undefined;
  return { duration: toMilliseconds(timeout, "timeout"), summary: values.encodeText(timeoutSummary) };
}

function makeEntry(definition: object, fn: UserFunction, options: Omit<HandlerEntry, "fn"> = {}): HandlerEntry {
  const { description, unfinishedPolicy, validator } = options;
  return { fn, args: findDefinition(definition)?.args, description, unfinishedPolicy, validator };
}
