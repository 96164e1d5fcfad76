/**
 * Flags in the history: which of the rules that changed over time a run goes by.
 *
 * @module
 */
import { sdkName } from "../common/version.ts";
import type { WorkflowTaskCompletedEventAttributes } from "../gen/temporal/api/history/v1/message_pb.ts";

/** The engine's flags, numbers and meanings as in the core SDKs. */
export const CoreFlag = {
  /** Ids and types of activities and child workflows must be those of the history. */
  ID_AND_TYPE_CHECKS: 1,
  /** Each patch also upserts the search attribute that lists patches. */
  UPSERT_SEARCH_ATTRIBUTE_ON_PATCH: 2,
  /** Commands after a closing command are kept, in front of it. */
  MOVE_CLOSE_COMMANDS: 3,
} as const;

/**
 * Of newer core SDKs: empty tasks are merged by stricter rules. Recorded with the first task of a run or never; read here,
 * not written.
 */
export const strictMergingFlag = 4;

/** The number of an engine flag. */
export type CoreFlag = (typeof CoreFlag)[keyof typeof CoreFlag];

const known: readonly CoreFlag[] = Object.values(CoreFlag);
const none: readonly number[] = [];

/** What the history says of flags, and what this worker adds to it. */
export class Flags {
  readonly #core: Set<number> = new Set();
  /** Those of the workflow side by the SDK that recorded them: each numbers its own. */
  readonly #lang: Map<string, readonly number[]> = new Map();
  #newLang: readonly number[] = [];
  /** Name and version of the SDK that completed a task last, "" when unknown. */
  sdk: { readonly name: string; readonly version: string } = { name: "", version: "" };

  /** Takes over what a completed task recorded. */
  note({ sdkMetadata }: WorkflowTaskCompletedEventAttributes): void {
    if (!sdkMetadata) return;
    for (const flag of sdkMetadata.coreUsedFlags) this.#core.add(flag);
    const { sdkName: name, sdkVersion: version } = sdkMetadata;
    if (name || version) this.sdk = { name: name || this.sdk.name, version: version || this.sdk.version };
    this.#addLang(this.sdk.name, sdkMetadata.langUsedFlags);
  }

  /** The flags of the workflow side that the SDK which completed a task last has recorded. */
  get lang(): readonly number[] {
    return this.#lang.get(this.sdk.name) ?? none;
  }

  /** Whether the history has an engine flag. */
  has(flag: CoreFlag | typeof strictMergingFlag): boolean {
    return this.#core.has(flag);
  }

  /** Notes flags that workflow code newly relies on. */
  use(langFlags: readonly number[]): void {
    if (langFlags.length > 0) this.#newLang = [...new Set([...this.#newLang, ...langFlags])];
  }

  /** What the next completion must record: all flags known here and all used, save those recorded before. */
  takeNew(): { core: number[]; lang: number[] } {
    const core = known.filter((flag) => !this.#core.has(flag));
    const lang = this.#newLang.filter((flag) => !this.#lang.get(sdkName)?.includes(flag));
    for (const flag of core) this.#core.add(flag);
    this.#addLang(sdkName, lang);
    this.#newLang = none;
    return { core, lang };
  }

  #addLang(sdk: string, flags: readonly number[]): void {
    if (flags.length > 0) this.#lang.set(sdk, [...new Set([...this.#lang.get(sdk) ?? none, ...flags])]);
  }
}
