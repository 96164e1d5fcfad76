/**
 * The commands of a run that no event has confirmed yet, first in, first out.
 *
 * @module
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { NondeterminismError } from "../common/errors.ts";
import { type Command, CommandSchema } from "../gen/temporal/api/command/v1/message_pb.ts";
import type { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { commandName, commandOf, describeEvent } from "./event_types.ts";

/** What stands behind a command and takes the events that follow from it. */
export interface Machine {
  /** "dropped" once it was cancelled before its command went out: then neither counts. */
  readonly state: string;
  /** For people, such as `timer "1"`. */
  describe(): string;
  /** Takes an event; false where it has no place in this state. */
  take(trigger: string, event: HistoryEvent): boolean;
}

/** A command to be; its message is made only when it is sent, which in replay it never is. */
export interface QueuedCommand {
  readonly type: CommandType;
  readonly machine: Machine;
  attributes(): MessageInitShape<typeof CommandSchema>["attributes"];
  readonly metadata?: MessageInitShape<typeof CommandSchema>["userMetadata"];
}

/** The queue: command events take from its front, a task's answer sends all that is left. */
export class CommandQueue {
  #commands: QueuedCommand[] = [];
  #front = 0;

  /** Adds a command at the end. */
  push(command: QueuedCommand): void {
    this.#commands.push(command);
  }

  /**
   * Takes the command that `event` records.
   *
   * @throws {NondeterminismError} there is none left, or the first one is another
   */
  match(event: HistoryEvent): QueuedCommand {
    const command = this.#next();
    if (command === undefined) throw mismatch(event, "no command");
    if (command.type !== commandOf(event.eventType)) throw mismatch(event, describeCommand(command));
    return command;
  }

  /** All commands in order as messages; they stay in the queue until events confirm them. */
  build(): Command[] {
    const waiting = this.#commands.slice(this.#front).filter(({ machine }) => machine.state !== "dropped");
    this.#commands = waiting;
    this.#front = 0;
    return waiting.map((command) =>
      create(CommandSchema, {
        commandType: command.type,
        attributes: command.attributes(),
        userMetadata: command.metadata,
      })
    );
  }

  #next(): QueuedCommand | undefined {
    const commands = this.#commands;
    let command: QueuedCommand | undefined;
    do command = commands[this.#front++]; while (command?.machine.state === "dropped");
    if (this.#front >= commands.length) {
      commands.length = 0;
      this.#front = 0;
    }
    return command;
  }
}

/** A command for people, such as `START_TIMER (timer "1")`. */
export function describeCommand({ type, machine }: QueuedCommand): string {
  return `${commandName(type)} (${machine.describe()})`;
}

/** The error for an event that the code does not account for. */
export function mismatch(event: HistoryEvent, found: string): NondeterminismError {
  const eventId = Number(event.eventId);
  const expected = describeEvent(event);
  return new NondeterminismError(
    `event ${eventId} is ${expected}, but the workflow code has ${found} there; ` +
      "restore the code this run started with, or guard the change with a patch",
    { eventId, expected, found },
  );
}
