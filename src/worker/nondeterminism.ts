/**
 * Shows where workflow code and history part: the events before, the one that is not matched, and
 * what the code did in its place, with the line that did it.
 *
 * @module
 */
import { NondeterminismError } from "../common/errors.ts";
import { commandName, eventName, identityOf, isCommandEvent } from "../core/event_types.ts";
import {
  describeFound,
  describeMismatch,
  describeSurplus,
  type FoundCommand,
  MismatchError,
} from "../core/mismatch.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import { EventType } from "../gen/temporal/api/enums/v1/event_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { WorkflowRealm } from "../realm/host.ts";
import type { Command } from "../workflow/activation.ts";

/** Finds the place in the user's files, as `file:line:column`, where a command was issued. */
export type LocateCommand = (command: FoundCommand) => Promise<string | undefined> | string | undefined;

/** Asks a realm; only commands with a number can be found again. */
export function locateIn(realm: WorkflowRealm): LocateCommand {
  return async ({ type, seq }) => {
    if (seq === undefined) return undefined;
    for (const kind of kinds.get(type) ?? []) {
      const place = (await realm.locate(kind, seq))?.match(/^.*:\d+:\d+/);
      if (place) return place[0];
    }
    return undefined;
  };
}

/** What workflow code may have asked for to have commands of these types. */
const kinds: ReadonlyMap<CommandType, readonly Command["kind"][]> = new Map<CommandType, readonly Command["kind"][]>([
  [CommandType.START_TIMER, ["startTimer"]],
  [CommandType.CANCEL_TIMER, ["cancelTimer"]],
  [CommandType.SCHEDULE_ACTIVITY_TASK, ["scheduleActivity"]],
  [CommandType.REQUEST_CANCEL_ACTIVITY_TASK, ["requestCancelActivity"]],
  [CommandType.RECORD_MARKER, ["scheduleLocalActivity"]],
  [CommandType.START_CHILD_WORKFLOW_EXECUTION, ["startChild"]],
  [CommandType.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION, ["signalExternal"]],
  [CommandType.REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION, ["cancelChild", "requestCancelExternal"]],
]);

/** How many events before the mismatch help to find the place in the code. */
const contextLength = 3;

/** Events of every task, which say nothing about the code. */
const scaffolding: ReadonlySet<EventType> = new Set<EventType>([
  EventType.WORKFLOW_TASK_SCHEDULED,
  EventType.WORKFLOW_TASK_STARTED,
  EventType.WORKFLOW_TASK_COMPLETED,
]);

/** One line of a diff: its mark, the event or the code, a type, what that is about, and a place. */
type Line = readonly [mark: string, who: string, type: string, identity: string, place: string];

/**
 * A mismatch that the engine found, with the place in the code and a diff; any other error as it is.
 * `events` are those that the engine had.
 */
export async function explainMismatch(
  error: unknown,
  events: readonly HistoryEvent[],
  locate: LocateCommand,
): Promise<unknown> {
  if (!(error instanceof MismatchError)) return error;
  const { event, command, eventId, expected, found } = error;
  const source = command && await locate(command);
  const before = events.filter(({ eventId }) => eventId < event.eventId);
  const diff = format([...contextOf(before), toLine("-", event), foundLine(command, found!, source)]);
  return new NondeterminismError(describeMismatch(event, found!, source), { eventId, expected, found, source, diff });
}

/** The error for a command that the code has beyond all that the history has of its completed tasks. */
export async function explainSurplus(
  command: FoundCommand,
  events: readonly HistoryEvent[],
  locate: LocateCommand,
): Promise<NondeterminismError> {
  const completed = events.findLastIndex(({ eventType }) => eventType === EventType.WORKFLOW_TASK_COMPLETED);
  const isOver = ({ eventType }: HistoryEvent, index: number) => index > completed && !isCommandEvent(eventType);
  const end = events.findIndex(isOver);
  const before = end < 0 ? events : events.slice(0, end);
  const eventId = Number(before.at(-1)!.eventId);
  const source = await locate(command);
  const [expected, found] = ["no more commands", describeFound(command)];
  const diff = format([...contextOf(before), foundLine(command, found, source)]);
  return new NondeterminismError(describeSurplus(eventId, found, source), { eventId, expected, found, source, diff });
}

function contextOf(before: readonly HistoryEvent[]): Line[] {
  return before
    .filter(({ eventType }) => !scaffolding.has(eventType))
    .slice(-contextLength)
    .map((event) => toLine(" ", event));
}

function toLine(mark: string, event: HistoryEvent): Line {
  return [mark, `event ${event.eventId}`, eventName(event.eventType), identityOf(event) ?? "", ""];
}

function foundLine(command: FoundCommand | undefined, found: string, source = ""): Line {
  return command
    ? ["+", "code", commandName(command.type), command.identity, source]
    : ["+", "code", found, "", source];
}

/** The lines with their columns aligned. */
function format(lines: readonly Line[]): string {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map(([mark, who, type, identity, place]) => {
    const cells = [who.padEnd(widths[1]), type.padEnd(widths[2]), identity.padEnd(widths[3]), place];
    return `${mark} ${cells.join("  ")}`.trimEnd();
  }).join("\n");
}
