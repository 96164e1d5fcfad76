/**
 * Patches: which of two versions of the code a run goes by, decided once and recorded as a marker.
 *
 * @module
 */
import { IllegalStateError, ValueError } from "../../../common/errors.ts";
import type { Activation, Initialize } from "../../activation.ts";
import type { CommandList } from "../commands.ts";
import type { RunFlags } from "../flags.ts";
import type { RunLog } from "../outlets/log.ts";
import type { Ending } from "../program/ending.ts";
import type { RunState } from "../state.ts";

/** The question whether a patch goes live in a run; plain data, a snapshot. `makeInfo` makes `workflowInfo` of it. */
export interface PatchQuestion {
  readonly patchId: string;
  readonly start: Initialize;
  /** Time of the run's first task, in milliseconds. */
  readonly startTime: number;
  readonly activation: Omit<Activation, "jobs">;
}

/** The user's answer, given at once; anything but a boolean, and what it throws, fails the task. */
export type DecidePatch = (question: PatchQuestion) => unknown;

/** The answer to a {@link PatchQuestion}, where it is one. Throws ValueError for what is no boolean. */
export function checkPatchAnswer(answer: unknown): boolean {
  if (typeof answer === "boolean") return answer;
  throw new ValueError(`it returned ${describeType(answer)}; return true or false, at once`);
}

/** The patches of a run. */
export class Patches {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #flags: RunFlags;
  readonly #ending: Ending;
  readonly #log: RunLog;
  readonly #decide: DecidePatch | undefined;
  #known: Set<string> | undefined;
  #decided: Map<string, boolean> | undefined;

  /** No patches yet. */
  constructor(
    state: RunState,
    commands: CommandList,
    flags: RunFlags,
    ending: Ending,
    log: RunLog,
    decide: DecidePatch | undefined,
  ) {
    this.#state = state;
    this.#commands = commands;
    this.#flags = flags;
    this.#ending = ending;
    this.#log = log;
    this.#decide = decide;
  }

  /** Takes in that the history has a marker of this patch. */
  note(patchId: string): void {
    this.#known ??= new Set();
    this.#known.add(patchId);
  }

  /** Whether the history has a marker of this patch. */
  has(patchId: string): boolean {
    return this.#known?.has(patchId) === true;
  }

  /**
   * Whether the run goes by the code of the patch.
   *
   * A patch without a marker is off in replay, and that is not remembered: the cached run may reach a live task, where
   * the same call turns it on. Throws IllegalStateError while modules load, ReadOnlyContextError in contexts that may
   * only read, ValueError for an id that is no text.
   */
  isOn(patchId: string, deprecated: boolean): boolean {
    const what = deprecated ? "deprecatePatch" : "patched";
    if (!this.#state.isRunning || !this.#state.start) {
      throw new IllegalStateError(`${what} cannot be used before the workflow starts; call it inside the workflow`);
    }
    this.#state.assertReadWrite(what);
    if (typeof patchId !== "string" || patchId === "") {
      throw new ValueError(`${what}: the patch id is not a text with something in it; name the change, "fix-rounding"`);
    }
    const before = this.#decided?.get(patchId);
    if (before !== undefined) return before;
    const isKnown = this.has(patchId);
    if (this.#state.activation.isReplaying && !isKnown) return false;
    const isOn = isKnown || deprecated || this.#ask(patchId);
    this.#decided ??= new Map();
    this.#decided.set(patchId, isOn);
    if (isOn) this.#commands.push({ kind: "setPatchMarker", patchId, deprecated });
    return isOn;
  }

  /**
   * Whether a time-out of 0 counts as one. The official TypeScript SDK made that change by a patch of its own, whose
   * marker its histories have.
   */
  countsZeroTimeouts(): boolean {
    return this.#flags.author !== "typescript" || this.isOn("__sdk_internal_patch_number:1", false);
  }

  /** Asks the user, whose answer for a run must stay the same. */
  #ask(patchId: string): boolean {
    const decide = this.#decide;
    if (!decide) return true;
    const { start, startTime, activation } = this.#state;
    try {
      return this.#state.runReadOnly("patchActivationCallback", () => {
        return checkPatchAnswer(decide({ patchId, start: start!, startTime, activation }));
      });
    } catch (error) {
      throw this.#fail(patchId, error);
    }
  }

  /** Fails the task, whatever the code makes of the error; the log has all of it, the history one line. */
  #fail(patchId: string, error: unknown): IllegalStateError {
    this.#log.write("error", `patchActivationCallback failed for patch "${patchId}"`, { error });
    const { message } = (error ?? {}) as Partial<Error>;
    const failure = new IllegalStateError(
      `patchActivationCallback failed for patch "${patchId}": ${typeof message === "string" ? message : String(error)}`,
    );
    this.#ending.failTask(failure);
    return failure;
  }
}

function describeType(value: unknown): string {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === "function" ? "a promise" : typeof value;
}
