/**
 * From what workflow code wants done to the machines that do it.
 *
 * @module
 */
import { NondeterminismError } from "../common/errors.ts";
import type { Payload } from "../common/payload.ts";
import type { Command } from "../workflow/activation.ts";
import { Activity } from "./activity.ts";
import { cancelByCode } from "./cancel_external.ts";
import { Child } from "./child.ts";
import { Close, isCloseCommand } from "./close.ts";
import type { Inheritance } from "./command_attributes.ts";
import { MachineIndex } from "./context.ts";
import { CoreFlag } from "./flags.ts";
import { LocalActivities } from "./local_activities.ts";
import { markPatch, Patches } from "./patch.ts";
import { SignalExternal } from "./signal_external.ts";
import type { RunState } from "./state.ts";
import { Timer } from "./timer.ts";
import type { Update } from "./update.ts";
import { upsertByCode, upsertMemo } from "./upserts.ts";

/** The commands that answer queries; the machines never see them. */
export type QueryCommand = Extract<Command, { kind: "queryAnswered" | "queryFailed" }>;

/** All other commands. */
export type MachineCommand = Exclude<Command, QueryCommand>;

type Performers = {
  readonly [K in MachineCommand["kind"]]: (run: RunState, command: Extract<MachineCommand, { kind: K }>) => void;
};

const performers: Performers = {
  startTimer: (run, command) => void new Timer(command, run, run.timers),
  cancelTimer: (run, { seq }) => cancelIn(run.timers, seq, "timer"),
  scheduleActivity: (run, command) => void new Activity(command, run, run.activities),
  requestCancelActivity: (run, { seq }) => cancelIn(run.activities, seq, "activity"),
  scheduleLocalActivity: (run, command) => (run.localActivities ??= new LocalActivities(run)).schedule(command),
  requestCancelLocalActivity: (run, { seq }) => cancelIn(run.localActivities?.machines, seq, "local activity"),
  startChild: (run, command) => void new Child(command, run, run.children ??= new MachineIndex()),
  cancelChild: (run, { seq, reason }) => cancelIn(run.children, seq, "child workflow", reason),
  signalExternal: (run, command) => void new SignalExternal(command, run, run.externalSignals ??= new MachineIndex()),
  cancelSignalExternal: (run, { seq }) => cancelIn(run.externalSignals, seq, "signal to another workflow"),
  requestCancelExternal: (run, command) => cancelByCode(command, run),
  setPatchMarker: (run, command) => markPatch(command, run, run.patches ??= new Patches()),
  upsertSearchAttributes: (run, command) => upsertByCode(command, run, currentAttributes(run)),
  upsertMemo: (run, command) => upsertMemo(command, run),
  updateAccepted: (run, { protocolInstanceId: id }) => findUpdate(run, id).accept(),
  updateRejected: (run, { protocolInstanceId: id, failure }) => findUpdate(run, id).reject(failure),
  updateCompleted: (run, { protocolInstanceId: id, outcome }) => findUpdate(run, id).complete(outcome),
  completeWorkflow: (run, command) => void new Close(command, run, {}),
  failWorkflow: (run, command) => void new Close(command, run, {}),
  cancelWorkflow: (run, command) => void new Close(command, run, {}),
  continueAsNew: (run, command) => void new Close(command, run, inheritance(run)),
};

/**
 * Hands the commands of one activation to their machines.
 *
 * @returns whether one of them closes the run
 * @throws {NondeterminismError} a command about something that was never started
 */
export function perform(run: RunState, commands: readonly MachineCommand[]): boolean {
  const inOrder = placeClose(run, commands);
  for (const command of inOrder) {
    (performers[command.kind] as (run: RunState, command: MachineCommand) => void)(run, command);
  }
  return inOrder.some(isCloseCommand);
}

/**
 * Keeps the first closing command only and puts it last. Runs from before that rule lost what came
 * after it, and do so in replay.
 */
function placeClose(run: RunState, commands: readonly MachineCommand[]): readonly MachineCommand[] {
  const first = commands.findIndex(isCloseCommand);
  if (first < 0 || first === commands.length - 1) return commands;
  if (run.isReplaying && !run.flags.has(CoreFlag.MOVE_CLOSE_COMMANDS)) return commands.slice(0, first + 1);
  return [...commands.filter((command) => !isCloseCommand(command)), commands[first]];
}

function cancelIn(
  machines: MachineIndex<{ cancel(reason: string): void }> | undefined,
  seq: number,
  what: string,
  reason: string = "",
): void {
  const machine = machines?.find(seq);
  if (machine === undefined && !machines?.knows(seq)) {
    throw new NondeterminismError(`the workflow code cancels ${what} ${seq}, which it never started`);
  }
  machine?.cancel(reason);
}

function findUpdate(run: RunState, protocolInstanceId: string): Update {
  const update = run.updates.get(protocolInstanceId);
  if (update) return update;
  throw new NondeterminismError(`the workflow code answers update "${protocolInstanceId}", which nobody asked for`);
}

function currentAttributes(run: RunState): Record<string, Payload> {
  return run.searchAttributes ??= { ...run.started?.searchAttributes?.indexedFields };
}

function inheritance({ started, searchAttributes }: RunState): Inheritance {
  return {
    memo: started?.memo?.fields,
    searchAttributes: searchAttributes ?? started?.searchAttributes?.indexedFields,
    retryPolicy: started?.retryPolicy,
  };
}
