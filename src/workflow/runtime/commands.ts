/**
 * What a run asks for, in order.
 *
 * @module
 */
import type { Command } from "../activation.ts";
import type { CallSites } from "./call_sites.ts";
import type { RunState } from "./state.ts";

/** The commands that end a run. */
export type EndCommand = Extract<
  Command,
  { kind: "completeWorkflow" | "failWorkflow" | "cancelWorkflow" | "continueAsNew" }
>;

/** Those that are sent even when the run has ended: its callers wait for them. */
const answers: ReadonlySet<Command["kind"]> = new Set([
  "updateAccepted",
  "updateRejected",
  "updateCompleted",
  "queryAnswered",
  "queryFailed",
]);

/** The commands of the activation in progress. */
export class CommandList {
  readonly #state: RunState;
  readonly #sites: CallSites;
  #commands: Command[] = [];
  #end: EndCommand | undefined;
  #hasEnded = false;

  /** No commands yet. */
  constructor(state: RunState, sites: CallSites) {
    this.#state = state;
    this.#sites = sites;
  }

  /** Whether the run has ended, in this activation or before. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether it has ended in this activation. */
  get endsNow(): boolean {
    return this.#end !== undefined;
  }

  /** Adds a command; once the run has ended only answers count. Throws ReadOnlyContextError in queries and validators. */
  push(command: Command): void {
    this.#state.assertReadWrite(command.kind);
    if (this.#sites.isOn) this.#sites.note(command);
    if (this.#hasEnded && !answers.has(command.kind)) return;
    this.#commands.push(command);
  }

  /** Ends the run; the first end counts. It goes last, after answers that are still to come. */
  end(command: EndCommand): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#end = command;
  }

  /** Hands over the commands of this activation. */
  take(): Command[] {
    const commands = this.#end ? [...this.#commands, this.#end] : this.#commands;
    this.#commands = [];
    this.#end = undefined;
    return commands;
  }
}
