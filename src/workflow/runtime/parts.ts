/**
 * The parts of a run, each with a subject of its own.
 *
 * @module
 */
import type { Logger } from "../../common/logger.ts";
import type { MetricMeter } from "../../common/meter.ts";
import { CallSites, type FrameReader } from "./call_sites.ts";
import { Activities } from "./calls/activities.ts";
import { ActivityCalls } from "./calls/activity_calls.ts";
import { Children } from "./calls/children.ts";
import { Externals } from "./calls/externals.ts";
import { type KnownActivities, LocalActivities } from "./calls/local_activities.ts";
import { CommandList } from "./commands.ts";
import { type DecidePatch, Patches } from "./facts/patches.ts";
import { PreviousRun } from "./facts/previous_run.ts";
import { Properties } from "./facts/properties.ts";
import { RandomSource } from "./facts/random.ts";
import { RunFlags } from "./flags.ts";
import { Handlers } from "./messages/handlers.ts";
import { Queries } from "./messages/queries.ts";
import { Signals } from "./messages/signals.ts";
import { Updates } from "./messages/updates.ts";
import { Externs } from "./outlets/externs.ts";
import { RunLog } from "./outlets/log.ts";
import { RunMetrics } from "./outlets/metrics.ts";
import { type SinkFunctions, Sinks } from "./outlets/sinks.ts";
import { Continuations } from "./program/continuation.ts";
import { Ending } from "./program/ending.ts";
import { Policy } from "./program/policy.ts";
import { UserCode } from "./program/user_code.ts";
import { RunState } from "./state.ts";
import { Values } from "./values.ts";
import { Conditions } from "./waiting/conditions.ts";
import { type ContextStorage, Scopes } from "./waiting/scopes.ts";
import { Timers } from "./waiting/timers.ts";
import { Turns } from "./waiting/turns.ts";
import { Waits } from "./waiting/waits.ts";

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
  readonly code: UserCode;
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
  const code = new UserCode(state, scopes);
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
    code,
    timers,
    conditions: new Conditions(state, scopes, timers),
    activityCalls,
    activities: new Activities(activityCalls),
    localActivities: new LocalActivities(activityCalls, timers, ending, options.localActivities),
    children: new Children(state, commands, scopes, values, waits, random, flags),
    externals: new Externals(state, commands, scopes, values, waits, flags, patches),
    handlers,
    signals: new Signals(code, handlers, values, ending, log),
    queries: new Queries(state, scopes, commands, handlers, values, ending, tools),
    updates: new Updates(state, scopes, code, commands, handlers, values, ending),
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
