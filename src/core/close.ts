/**
 * The machine of the command that closes a run: complete, fail, cancel or continue as new.
 *
 * @module
 */
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Command } from "../workflow/activation.ts";
import { type CommandAttributes, continueAsNewAttributes, type Inheritance, toResult } from "./command_attributes.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext } from "./context.ts";
import { StateTable } from "./machine.ts";

/** `closing` waits for the event of the command. */
export type CloseState = "closing" | "closed";

interface CloseTriggers {
  closed: HistoryEvent;
}

/** The commands that close a run. */
export type CloseCommand = Extract<
  Command,
  { kind: "completeWorkflow" | "failWorkflow" | "cancelWorkflow" | "continueAsNew" }
>;

/** States and transitions of a close. */
export const closeTable: StateTable<Close, CloseState, CloseTriggers> = new StateTable<
  Close,
  CloseState,
  CloseTriggers
>("Close", "closing", {
  closing: { closed: "closed" },
  closed: {},
});

const commandTypes: Readonly<Record<CloseCommand["kind"], CommandType>> = {
  completeWorkflow: CommandType.COMPLETE_WORKFLOW_EXECUTION,
  failWorkflow: CommandType.FAIL_WORKFLOW_EXECUTION,
  cancelWorkflow: CommandType.CANCEL_WORKFLOW_EXECUTION,
  continueAsNew: CommandType.CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
};

/** Whether a command closes the run. */
export function isCloseCommand(command: Command): command is CloseCommand {
  return Object.hasOwn(commandTypes, command.kind);
}

/** The end of a run as its code asks for it. */
export class Close implements Machine {
  state: CloseState = closeTable.initial;
  readonly #kind: CloseCommand["kind"];

  /** Queues the command; `inherited` is what a successor gets where the code says nothing. */
  constructor(command: CloseCommand, context: MachineContext, inherited: Inheritance) {
    this.#kind = command.kind;
    context.commands.push({
      type: commandTypes[command.kind],
      machine: this,
      attributes: () => closeAttributes(command, context, inherited),
    });
  }

  take(trigger: "closed", event: HistoryEvent): boolean {
    return closeTable.fire(this, trigger, event);
  }

  describe(): string {
    return `end of the workflow by ${this.#kind}`;
  }
}

function closeAttributes(
  command: CloseCommand,
  { options }: MachineContext,
  inherited: Inheritance,
): CommandAttributes {
  switch (command.kind) {
    case "completeWorkflow":
      return { case: "completeWorkflowExecutionCommandAttributes", value: { result: toResult(command.result) } };
    case "failWorkflow":
      return {
        case: "failWorkflowExecutionCommandAttributes",
        value: { failure: command.failure },
      } as CommandAttributes;
    case "cancelWorkflow":
      return { case: "cancelWorkflowExecutionCommandAttributes", value: {} };
    case "continueAsNew":
      return continueAsNewAttributes(command, options, inherited);
  }
}
