/**
 * From what workflow code wants done to the machines that do it.
 *
 * @module
 */
import { NondeterminismError } from "../common/errors.ts";
import type { Command } from "../workflow/activation.ts";
import { Activity } from "./activity.ts";
import { Close, isCloseCommand } from "./close.ts";
import type { Inheritance } from "./command_attributes.ts";
import type { MachineIndex } from "./context.ts";
import { CoreFlag } from "./flags.ts";
import type { RunState } from "./state.ts";
import { Timer } from "./timer.ts";
import type { Update } from "./update.ts";

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

function cancelIn(machines: MachineIndex<{ cancel(): void }>, seq: number, what: string): void {
  const machine = machines.find(seq);
  if (machine === undefined && !machines.knows(seq)) {
    throw new NondeterminismError(`the workflow code cancels ${what} ${seq}, which it never started`);
  }
  machine?.cancel();
}

function findUpdate(run: RunState, protocolInstanceId: string): Update {
  const update = run.updates.get(protocolInstanceId);
  if (update) return update;
  throw new NondeterminismError(`the workflow code answers update "${protocolInstanceId}", which nobody asked for`);
}

function inheritance({ started }: RunState): Inheritance {
  return {
    memo: started?.memo?.fields,
    searchAttributes: started?.searchAttributes?.indexedFields,
    retryPolicy: started?.retryPolicy,
  };
}
