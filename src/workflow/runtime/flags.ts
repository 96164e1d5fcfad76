/**
 * Flags: which of the rules that changed over time a run goes by. Each SDK numbers its own, so that whoever recorded a
 * flag gives it its meaning.
 *
 * @module
 */
import { IllegalStateError } from "../../common/errors.ts";
import { sdkName } from "../../common/version.ts";
import type { RunState } from "./state.ts";

/** The SDKs whose rules differ from this one's; in replay of what they recorded, theirs hold. */
export type Author = "this" | "typescript" | "python" | "other";

/** Flags of the official TypeScript SDK. */
export const TypeScriptFlag = {
  /** Cancelling around a shielded scope leaves the scopes inside alone. */
  SHIELDED_FROM_PROPAGATION: 1,
  /** All jobs of an activation apply before promise jobs run. */
  SINGLE_BATCH: 2,
  /** Promise jobs that the OpenTelemetry interceptors add. */
  TRACES_INBOUND_SIGNALS: 3,
  TRACES_LOCAL_ACTIVITIES: 4,
  AVOIDS_EXTRA_YIELDS: 5,
  INSTRUMENTS_ALL_METHODS: 6,
} as const;

/** The number of a flag of the official TypeScript SDK. */
export type TypeScriptFlag = (typeof TypeScriptFlag)[keyof typeof TypeScriptFlag];

/** Flags of the official Python SDK. */
export const PythonFlag = {
  /** A cancellation that finds the awaited activity completed is raised, not lost. */
  RAISE_ON_CANCELLING_COMPLETED_ACTIVITY: 1,
  /** All jobs of an activation apply before tasks run. */
  SINGLE_BATCH: 2,
} as const;

/** The number of a flag of the official Python SDK. */
export type PythonFlag = (typeof PythonFlag)[keyof typeof PythonFlag];

/**
 * The flags of this SDK by name. A rule that changes gets one: code asks `flags.uses("NAME")` and goes by the new rule
 * where that is true. Numbers are never used again.
 */
export const ownFlags: Readonly<Record<string, number>> = {
  /** A child with WAIT_CANCELLATION_REQUESTED resolves when the request is delivered, not when the child ends. */
  CHILD_CANCELLATION_REQUESTED: 1,
};

const authors: Readonly<Record<string, Author>> = {
  [sdkName]: "this",
  "temporal-typescript": "typescript",
  "temporal-python": "python",
};

type Version = readonly [major: number, minor: number, patch: number];

/** Releases that went by a rule without recording its flag. */
const impliedBy: Readonly<Record<TypeScriptFlag, (buildId: string, version: string) => boolean>> = {
  [TypeScriptFlag.SHIELDED_FROM_PROPAGATION]: forgotToRecord,
  [TypeScriptFlag.SINGLE_BATCH]: forgotToRecord,
  [TypeScriptFlag.TRACES_INBOUND_SIGNALS]: (_, version) => isAtLeast(version, [1, 11, 5]),
  [TypeScriptFlag.TRACES_LOCAL_ACTIVITIES]: (_, version) => isAtLeast(version, [1, 11, 6]),
  [TypeScriptFlag.AVOIDS_EXTRA_YIELDS]: (_, version) => isAtLeast(version, [1, 13, 2]),
  [TypeScriptFlag.INSTRUMENTS_ALL_METHODS]: () => false,
};

/** The flags of a run. */
export class RunFlags {
  readonly #state: RunState;
  readonly #numbers: Readonly<Record<string, number>>;
  #used: Set<number> | undefined;
  #newlyUsed: number[] = [];

  /** `numbers` are this SDK's flags. */
  constructor(state: RunState, numbers: Readonly<Record<string, number>> = ownFlags) {
    this.#state = state;
    this.#numbers = numbers;
  }

  /** Whose rules hold in the activation in progress: a live one goes by this SDK's, whoever recorded what came before. */
  get author(): Author {
    const { isReplaying, sdk, buildId } = this.#state.activation;
    if (!isReplaying) return "this";
    // Before SDKs recorded their names, the official TypeScript SDK gave itself away by its build ids.
    if (sdk.name === "") return buildId.startsWith("@temporalio/worker@") ? "typescript" : "this";
    return authors[sdk.name] ?? "other";
  }

  /** Throws IllegalStateError for a recorded flag of this SDK that this version does not know. */
  check(): void {
    const { flags, sdk } = this.#state.activation;
    if (sdk.name !== sdkName || flags.length === 0) return;
    const known = Object.values(this.#numbers);
    const unknown = flags.find((flag) => !known.includes(flag));
    if (unknown === undefined) return;
    throw new IllegalStateError(
      `the history relies on SDK flag ${unknown}, which version ${sdk.version || "unknown"} of this SDK recorded ` +
        "and this one does not know; upgrade @anywhen/temporal on this worker",
    );
  }

  /** Whether the new rule holds: a live task takes it up for good, a replayed one has it where it is recorded. */
  uses(name: string): boolean {
    const number = this.#numbers[name];
    if (this.#used?.has(number)) return true;
    const { isReplaying, flags, sdk } = this.#state.activation;
    if (sdk.name === sdkName && flags.includes(number)) return true;
    if (isReplaying) return false;
    this.#used ??= new Set();
    this.#used.add(number);
    this.#newlyUsed.push(number);
    return true;
  }

  /** The flags taken up since the last call. */
  takeUsed(): number[] {
    const used = this.#newlyUsed;
    if (used.length > 0) this.#newlyUsed = [];
    return used;
  }

  /** Whether a task that the official TypeScript SDK recorded went by the rule; true of tasks that are not its. */
  hasTypeScript(flag: TypeScriptFlag): boolean {
    if (this.author !== "typescript") return true;
    const { flags, sdk, buildId } = this.#state.activation;
    return flags.includes(flag) || impliedBy[flag](buildId, sdk.version);
  }

  /** Whether a task that the official Python SDK recorded went by the rule; true of tasks that are not its. */
  hasPython(flag: PythonFlag): boolean {
    return this.author !== "python" || this.#state.activation.flags.includes(flag);
  }
}

/** Versions 1.11.0 and 1.11.1 of the official TypeScript SDK recorded no flags. */
function forgotToRecord(buildId: string): boolean {
  return /^@temporalio\/worker@1\.11\.[01]\+/.test(buildId);
}

function isAtLeast(text: string, version: Version): boolean {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  if (!found) return false;
  const index = found.findIndex((part, i) => part !== version[i]);
  return index < 0 || found[index] > version[index];
}
