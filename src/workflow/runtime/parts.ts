/**
 * The parts of a run, each with a subject of its own.
 *
 * @module
 */
import type { Logger } from "../../common/logger.ts";
import { Activities } from "./activities.ts";
import { Calls } from "./calls.ts";
import { CommandList } from "./commands.ts";
import { Conditions } from "./conditions.ts";
import { Continuations } from "./continuation.ts";
import { Ending } from "./ending.ts";
import { Handlers } from "./handlers.ts";
import { RunLog } from "./log.ts";
import { Queries } from "./queries.ts";
import { RandomSource } from "./random.ts";
import { type ContextStorage, Scopes } from "./scopes.ts";
import { Signals } from "./signals.ts";
import { RunState } from "./state.ts";
import { Timers } from "./timers.ts";
import { Updates } from "./updates.ts";
import { Values } from "./values.ts";
import { Waits } from "./waits.ts";

/** What a run needs of the place where it runs. */
export interface PartsOptions {
  runId: string;
  storage: ContextStorage;
  logger: Logger;
  /** A stack trace with the places of the user's files. */
  mapStack: (stack: string) => string;
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
  readonly activities: Activities;
  readonly handlers: Handlers;
  readonly signals: Signals;
  readonly queries: Queries;
  readonly updates: Updates;
  readonly continuations: Continuations;
  readonly ending: Ending;
  readonly random: RandomSource;
  readonly log: RunLog;
}

/** Makes the parts of a run and connects them. */
export function createParts(options: PartsOptions): RunParts {
  const state = new RunState(options.runId, options.mapStack);
  const values = new Values(state);
  const waits = new Waits(state, values);
  const commands = new CommandList();
  const scopes = new Scopes(options.storage, values);
  const calls = new Calls(state, scopes);
  const timers = new Timers(state, commands, scopes);
  const handlers = new Handlers(state);
  const continuations = new Continuations(state, values);
  const ending = new Ending(state, commands, scopes, values, continuations);
  const log = new RunLog(state, scopes, options.logger);
  return {
    state,
    values,
    waits,
    commands,
    scopes,
    calls,
    timers,
    conditions: new Conditions(state, scopes, timers),
    activities: new Activities(state, commands, scopes, values, waits),
    handlers,
    signals: new Signals(calls, handlers, values, ending, log),
    queries: new Queries(state, scopes, commands, handlers, values, ending),
    updates: new Updates(state, scopes, calls, commands, handlers, values, ending),
    continuations,
    ending,
    random: new RandomSource(state),
    log,
  };
}
