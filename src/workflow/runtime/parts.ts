/**
 * The parts of a run, each with a subject of its own.
 *
 * @module
 */
import type { Logger } from "../../common/logger.ts";
import type { MetricMeter } from "../../common/meter.ts";
import { Activities } from "./activities.ts";
import { ActivityCalls } from "./activity_calls.ts";
import { CallSites, type FrameReader } from "./call_sites.ts";
import { Calls } from "./calls.ts";
import { Children } from "./children.ts";
import { CommandList } from "./commands.ts";
import { Conditions } from "./conditions.ts";
import { Continuations } from "./continuation.ts";
import { Ending } from "./ending.ts";
import { RunFlags } from "./flags.ts";
import { Externals } from "./externals.ts";
import { Externs } from "./externs.ts";
import { Handlers } from "./handlers.ts";
import { type KnownActivities, LocalActivities } from "./local_activities.ts";
import { RunLog } from "./log.ts";
import { RunMetrics } from "./metrics.ts";
import { Policy } from "./policy.ts";
import { PreviousRun } from "./previous_run.ts";
import { Properties } from "./properties.ts";
import { type DecidePatch, Patches } from "./patches.ts";
import { Queries } from "./queries.ts";
import { RandomSource } from "./random.ts";
import { type ContextStorage, Scopes } from "./scopes.ts";
import { Signals } from "./signals.ts";
import { type SinkFunctions, Sinks } from "./sinks.ts";
import { RunState } from "./state.ts";
import { Timers } from "./timers.ts";
import { Turns } from "./turns.ts";
import { Updates } from "./updates.ts";
import { Values } from "./values.ts";
import { Waits } from "./waits.ts";

/** What a run needs of the place where it runs. */
export interface PartsOptions {
  runId: string;
  storage: ContextStorage;
  logger: Logger;
  meter: MetricMeter;
  /** Answers whether a patch may go live; every patch may where it is left out. */
  decidePatch?: DecidePatch;
  /** The activities that may be called locally; all may where it is left out. */
  localActivities?: KnownActivities;
  /** No sinks when unset. */
  sinkFunctions?: SinkFunctions;
  /** Calls a function of the worker; there are none when unset. */
  callExtern?: (name: string, args: readonly unknown[]) => unknown;
  /** A stack trace with the places of the user's files. */
  mapStack: (stack: string) => string;
  /** Names of error classes that fail the workflow, not the task. */
  failureExceptionTypes: ReadonlySet<string>;
  /** Whether the messages and stack traces of failures are to be encrypted by a codec. */
  encodeCommonAttributes: boolean;
  /** Reads stack traces call by call. */
  frames: FrameReader;
  /** Whether the run remembers where its calls were made. */
  isTraced: boolean;
  /** Whether stack traces that are asked for come with the text of the files. */
  showStackTraceSources: boolean;
}

/** The parts of a run. */
export interface RunParts {
  readonly state: RunState;
  readonly values: Values;
  readonly waits: Waits;
  readonly commands: CommandList;
  readonly scopes: Scopes;
  readonly calls: Calls;
  readonly timers: Timers;
  readonly conditions: Conditions;
  readonly activityCalls: ActivityCalls;
  readonly activities: Activities;
  readonly localActivities: LocalActivities;
  readonly children: Children;
  readonly externals: Externals;
  readonly handlers: Handlers;
  readonly signals: Signals;
  readonly queries: Queries;
  readonly updates: Updates;
  readonly continuations: Continuations;
  readonly policy: Policy;
  readonly ending: Ending;
  readonly sites: CallSites;
  readonly turns: Turns;
  readonly random: RandomSource;
  readonly flags: RunFlags;
  readonly patches: Patches;
  readonly log: RunLog;
  readonly properties: Properties;
  readonly previous: PreviousRun;
  readonly metrics: RunMetrics;
  readonly sinks: Sinks;
  readonly externs: Externs;
}

/** Makes the parts of a run and connects them. */
export function createParts(options: PartsOptions): RunParts {
  const state = new RunState(options.runId, options.mapStack);
  const values = new Values(state, options.encodeCommonAttributes);
  const sites = new CallSites(options.frames, options.isTraced);
  const waits = new Waits(state, values, sites);
  const commands = new CommandList(state, sites);
  const flags = new RunFlags(state);
  const scopes = new Scopes(options.storage, values, flags);
  state.contexts = scopes;
  const calls = new Calls(state, scopes);
  const timers = new Timers(state, commands, scopes);
  const handlers = new Handlers(state);
  const activityCalls = new ActivityCalls(state, commands, scopes, values, waits);
  const properties = new Properties(state, commands, values);
  const continuations = new Continuations(state, values, properties);
  const policy = new Policy(values, options.failureExceptionTypes);
  const ending = new Ending(state, commands, scopes, values, continuations, policy);
  const random = new RandomSource(state, scopes);
  const log = new RunLog(state, scopes, options.logger);
  const patches = new Patches(state, commands, flags, ending, log, options.decidePatch);
  const tools = { state, handlers, properties, sites, showSources: options.showStackTraceSources };
  return {
    state,
    values,
    waits,
    commands,
    scopes,
    calls,
    timers,
    conditions: new Conditions(state, scopes, timers),
    activityCalls,
    activities: new Activities(activityCalls),
    localActivities: new LocalActivities(activityCalls, scopes, timers, ending, options.localActivities),
    children: new Children(state, commands, scopes, values, waits, random, flags),
    externals: new Externals(state, commands, scopes, values, waits, flags, patches),
    handlers,
    signals: new Signals(calls, handlers, values, ending, log),
    queries: new Queries(state, scopes, commands, handlers, values, ending, tools),
    updates: new Updates(state, scopes, calls, commands, handlers, values, ending),
    continuations,
    policy,
    ending,
    sites,
    turns: new Turns(state, scopes, timers, waits),
    random,
    flags,
    patches,
    log,
    properties,
    previous: new PreviousRun(state, values),
    metrics: new RunMetrics(state, options.meter, log),
    sinks: new Sinks(state, log, options.sinkFunctions),
    externs: new Externs(state, options.callExtern),
  };
}
