/**
 * Flags in the history: which of the rules that changed over time a run goes by.
 *
 * @module
 */
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

/** The number of an engine flag. */
export type CoreFlag = (typeof CoreFlag)[keyof typeof CoreFlag];

const known: readonly CoreFlag[] = Object.values(CoreFlag);

/** What the history says of flags, and what this worker adds to it. */
export class Flags {
  readonly #core: Set<number> = new Set();
  readonly #lang: Set<number> = new Set();
  readonly #newLang: Set<number> = new Set();
  /** Name and version of the SDK that completed a task last, "" when unknown. */
  sdkName = "";
  sdkVersion = "";

  /** Takes over what a completed task recorded. */
  note({ sdkMetadata }: WorkflowTaskCompletedEventAttributes): void {
    if (!sdkMetadata) return;
    for (const flag of sdkMetadata.coreUsedFlags) this.#core.add(flag);
    for (const flag of sdkMetadata.langUsedFlags) this.#lang.add(flag);
    if (sdkMetadata.sdkName) this.sdkName = sdkMetadata.sdkName;
    if (sdkMetadata.sdkVersion) this.sdkVersion = sdkMetadata.sdkVersion;
  }

  /** Whether the history has an engine flag. */
  has(flag: CoreFlag): boolean {
    return this.#core.has(flag);
  }

  /** Notes flags that workflow code newly relies on. */
  use(langFlags: readonly number[]): void {
    for (const flag of langFlags) this.#newLang.add(flag);
  }

  /** What the next completion must record: all flags known here and all used, save those recorded before. */
  takeNew(): { core: number[]; lang: number[] } {
    const core = known.filter((flag) => !this.#core.has(flag));
    const lang = [...this.#newLang].filter((flag) => !this.#lang.has(flag));
    for (const flag of core) this.#core.add(flag);
    for (const flag of lang) this.#lang.add(flag);
    this.#newLang.clear();
    return { core, lang };
  }
}
