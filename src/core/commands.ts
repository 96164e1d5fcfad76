/**
 * The commands of a run that no event has confirmed yet, first in, first out.
 *
 * @module
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import { type Command, CommandSchema } from "../gen/temporal/api/command/v1/message_pb.ts";
import type { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { commandOf } from "./event_types.ts";
import { describeFound, type FoundCommand, MismatchError } from "./mismatch.ts";

/** What stands behind a command and takes the events that follow from it. */
export interface Machine {
  /** "dropped" once it was cancelled before its command went out: then neither counts. */
  readonly state: string;
  /** The number that workflow code gave it, of those that have one. */
  readonly seq?: number;
  /** For people, such as `timer "1"`. */
  describe(): string;
  /** Takes an event; false where it has no place in this state, or is about something else. */
  take(trigger: string, event: HistoryEvent): boolean;
  /** Gives up its command where the history goes on without it, as it may without patches; true if it did. */
  stepAside?(event: HistoryEvent): boolean;
}

/** A command to be; its message is made only when it is sent, which in replay it never is. */
export interface QueuedCommand {
  readonly type: CommandType;
  readonly machine: Machine;
  /** What the command is to its machine, where it has several of one type. */
  readonly role?: string;
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
    let command = this.#next();
    while (command?.machine.stepAside?.(event)) command = this.#next();
    if (command === undefined || command.type !== commandOf(event.eventType)) throw mismatchOf(event, command);
    return command;
  }

  /** What stands behind the command that the next event would take; undefined where there is none. */
  peek(): Machine | undefined {
    const commands = this.#commands;
    let position = this.#front;
    while (commands[position]?.machine.state === "dropped") position++;
    return commands[position]?.machine;
  }

  /** The first command without its event, of those that must have one. */
  surplus(): QueuedCommand | undefined {
    return this.#commands.slice(this.#front).find(({ machine }) => machine.state !== "dropped" && !machine.stepAside);
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

/** The error for an event in whose place the code has another command, or none. */
export function mismatchOf(event: HistoryEvent, command: QueuedCommand | undefined): MismatchError {
  const found = command && toFound(command);
  return new MismatchError(event, describeFound(found), found);
}

/** A command as errors show it. */
export function toFound({ type, machine, role }: QueuedCommand): FoundCommand {
  return { type, identity: `${role ? `${role} of ` : ""}${machine.describe()}`, seq: machine.seq };
}
