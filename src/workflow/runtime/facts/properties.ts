/**
 * What a run says of itself: memo and search attributes, as upserts left them, and its current details.
 *
 * @module
 */
import type { TypeHint } from "../../../common/definition.ts";
import { ValueError } from "../../../common/errors.ts";
import type { Payload } from "../../../common/payload.ts";
import { searchAttributesToPayloads, type SearchAttributeUpdate } from "../../../common/search.ts";
import { BinaryNullPayloadConverter } from "../../../converter/payload.ts";
import type { Initialize } from "../../activation.ts";
import type { CommandList } from "../commands.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";

const nullConverter = new BinaryNullPayloadConverter();

/** What the server takes as a removal, whatever the user's converter makes of null. */
const removal: Payload = nullConverter.toPayload(undefined)!;

/** The properties of a run. What upserts change is changed in the run's start too, which everybody reads. */
export class Properties {
  readonly #state: RunState;
  readonly #commands: CommandList;
  readonly #values: Values;
  #details = "";
  #hasNewMemo = false;

  /** The properties that the run was started with. */
  constructor(state: RunState, commands: CommandList, values: Values) {
    this.#state = state;
    this.#commands = commands;
    this.#values = values;
  }

  /** What the workflow is at, as its code says. */
  get currentDetails(): string {
    return this.#details;
  }

  set currentDetails(details: string) {
    this.#state.assertWritable("setCurrentDetails");
    if (typeof details !== "string") {
      throw new ValueError(`setCurrentDetails takes a text, not ${describe(details)}; give "" for no details`);
    }
    this.#details = details;
  }

  /** The memo as upserts left it, undefined where nothing was upserted. */
  get newMemo(): Record<string, Payload> | undefined {
    return this.#hasNewMemo ? this.#state.start?.memo : undefined;
  }

  /** The keys of the memo. */
  memoKeys(): string[] {
    return Object.keys(this.#start("memo").memo);
  }

  /** One value of the memo. */
  memoValue(key: string, options: { default?: unknown; typeHint?: TypeHint } = {}): unknown {
    const { memo } = this.#start("memoValue");
    if (Object.hasOwn(memo, key)) {
      return this.#values.decode([memo[key]], options.typeHint && [options.typeHint])[0];
    }
    if ("default" in options) return options.default;
    const known = Object.keys(memo).join(", ") || "none";
    throw new ValueError(`the memo has no key ${JSON.stringify(key)} (its keys: ${known}); give a default`);
  }

  /** Sets and removes values of the memo. */
  upsertMemo(updates: Record<string, unknown>): void {
    this.#state.assertWritable("upsertMemo");
    if (typeof updates !== "object" || updates === null || Array.isArray(updates)) {
      throw new ValueError(`upsertMemo takes values by name, not ${describe(updates)}; give { key: value }`);
    }
    const entries = Object.entries(updates);
    if (entries.length === 0) return;
    const changes = Object.fromEntries(entries.map(([key, value]) => [key, this.#toPayload(value)]));
    this.#commands.push({ kind: "upsertMemo", memo: changes });
    this.#hasNewMemo = true;
    this.#replace({ memo: merge(this.#state.start!.memo, changes) });
  }

  /** Sets and removes search attributes. */
  upsertSearchAttributes(updates: Iterable<SearchAttributeUpdate>): void {
    this.#state.assertWritable("upsertSearchAttributes");
    const list = readUpdates(updates);
    if (list.length === 0) return;
    const changes = searchAttributesToPayloads(list);
    this.#commands.push({ kind: "upsertSearchAttributes", searchAttributes: changes });
    this.#replace({ searchAttributes: merge(this.#state.start!.searchAttributes, changes) });
  }

  #toPayload(value: unknown): Payload {
    return value === undefined || value === null ? removal : this.#values.encode([value])[0];
  }

  #start(what: string): Initialize {
    this.#state.assertRunning(what);
    return this.#state.start!;
  }

  #replace(changes: Partial<Initialize>): void {
    this.#state.start = { ...this.#state.start!, ...changes };
  }
}

function merge(fields: Record<string, Payload>, changes: Record<string, Payload>): Record<string, Payload> {
  const merged = { ...fields, ...changes };
  for (const [key, payload] of Object.entries(changes)) if (isRemoval(payload)) delete merged[key];
  return merged;
}

function isRemoval({ metadata, data }: Payload): boolean {
  return data.length === 0 && new TextDecoder().decode(metadata.encoding) === nullConverter.encoding;
}

function readUpdates(updates: Iterable<SearchAttributeUpdate>): SearchAttributeUpdate[] {
  const isList = typeof updates === "object" && updates !== null && Symbol.iterator in updates;
  const list = isList ? [...updates] : undefined;
  if (list?.every((update) => typeof update?.key?.name === "string")) return list;
  throw new ValueError("upsertSearchAttributes takes a list of updates; give [key.valueSet(value), key.valueUnset()]");
}

function describe(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;
}
