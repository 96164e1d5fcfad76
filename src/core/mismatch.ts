/**
 * The error for workflow code that does not do what its history says, with all that is needed to
 * show where.
 *
 * @module
 */
import { NondeterminismError } from "../common/errors.ts";
import type { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { commandName, describeEvent } from "./event_types.ts";

/** The command that the code has in the place of an event. */
export interface FoundCommand {
  readonly type: CommandType;
  /** For people, such as `timer "1"`. */
  readonly identity: string;
  /** The number that workflow code gave to what the command is about, where it counts such things. */
  readonly seq?: number;
}

/** Found "no command" where the code has nothing more to do. */
const nothing = "no command";

/** Code and history part at an event. */
export class MismatchError extends NondeterminismError {
  static override readonly name: string = "NondeterminismError";
  readonly event: HistoryEvent;
  /** Undefined where the code has no command, or the event records none. */
  readonly command?: FoundCommand;

  /** `found` is for people. */
  constructor(event: HistoryEvent, found: string, command?: FoundCommand) {
    super(describeMismatch(event, found), { eventId: Number(event.eventId), expected: describeEvent(event), found });
    this.event = event;
    this.command = command;
  }
}

/** A command for people, such as `START_TIMER (timer "1")`; undefined is "no command". */
export function describeFound(command: FoundCommand | undefined): string {
  return command ? `${commandName(command.type)} (${command.identity})` : nothing;
}

const advice = "restore the code this run started with, or guard the change with workflow.patched()";

/** What to say of an event that is not what the code did, and of the place in the code. */
export function describeMismatch(event: HistoryEvent, found: string, source?: string): string {
  const place = source ? ` (${source})` : "";
  return `event ${event.eventId} is ${
    describeEvent(event)
  }, but the workflow code has ${found} there${place}; ${advice}`;
}

/** The same of a command that the history does not have where it ends. */
export function describeSurplus(eventId: number, found: string, source?: string): string {
  const place = source ? ` (${source})` : "";
  return `the last task has no more commands after event ${eventId}, but the workflow code has ${found} there${place}; ` +
    advice;
}
