/**
 * The machine of a patch's marker, and what replay may do about markers: what it skips so that code may gain patches and
 * lose deprecated ones.
 *
 * @module
 */
import type { Payload } from "../common/payload.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { HistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { Command } from "../workflow/activation.ts";
import type { CommandAttributes } from "./command_attributes.ts";
import type { Machine } from "./commands.ts";
import type { MachineContext } from "./context.ts";
import { CoreFlag } from "./flags.ts";
import { StateTable } from "./machine.ts";
import { patchDetailsKey, patchMarkerName, readPatchMarker } from "./patch_marker.ts";
import { changeVersionKey, type Upsert, upsertAttributes } from "./upserts.ts";

/** Servers take no longer value of a search attribute, in bytes. */
const maxAttributeSize = 2048;
const encoder = new TextEncoder();

/** `recording` waits for the event of the marker; `dropped`: the history goes on without it. */
export type PatchState = "recording" | "recorded" | "dropped";

interface PatchTriggers {
  recorded: HistoryEvent;
  skip: undefined;
}

/** States and transitions of a patch. */
export const patchTable: StateTable<Patch, PatchState, PatchTriggers> = new StateTable<
  Patch,
  PatchState,
  PatchTriggers
>("Patch", "recording", {
  recording: { recorded: "recorded", skip: ["dropped", dropUpsert] },
  recorded: {},
  dropped: {},
});

/** The patches of a run, by their ids. */
export class Patches {
  readonly #noted: Set<string> = new Set();
  readonly #asked: Set<string> = new Set();
  #isListed = true;

  /** Takes in that the history has a marker of this patch; false where that was known. */
  note(id: string): boolean {
    if (this.#noted.has(id) || this.#asked.has(id)) return false;
    this.#noted.add(id);
    return true;
  }

  /** Takes in that the code asks for a patch; false where it did before. */
  ask(id: string): boolean {
    if (this.#asked.has(id)) return false;
    this.#asked.add(id);
    return true;
  }

  /** Whether the history had its marker before the code asked. */
  isNoted(id: string): boolean {
    return this.#noted.has(id);
  }

  /** The list of all that the code has asked for; undefined for good once it is too long for a search attribute. */
  list(): Payload | undefined {
    if (!this.#isListed) return undefined;
    const { metadata, data } = encode([...this.#asked].sort(compareBytes));
    this.#isListed = data.length < maxAttributeSize;
    return this.#isListed ? { metadata: { ...metadata, type: encoder.encode("KeywordList") }, data } : undefined;
  }
}

/** A patch that workflow code turned on. */
export class Patch implements Machine {
  state: PatchState = patchTable.initial;
  readonly id: string;
  /** The list of patches that goes with the marker. */
  upsert: Upsert | undefined;

  /** Queues the marker. */
  constructor({ patchId, deprecated }: Extract<Command, { kind: "setPatchMarker" }>, { commands }: MachineContext) {
    this.id = patchId;
    commands.push({
      type: CommandType.RECORD_MARKER,
      machine: this,
      attributes: () => markerAttributes(patchId, deprecated),
    });
  }

  take(trigger: "recorded", event: HistoryEvent): boolean {
    return readPatchMarker(event)?.id === this.id && patchTable.fire(this, trigger, event);
  }

  /** Gives way to events that are no patch markers. */
  stepAside(event: HistoryEvent): boolean {
    return readPatchMarker(event) === undefined && patchTable.fire(this, "skip", undefined);
  }

  describe(): string {
    return `patch "${this.id}"`;
  }
}

/** Queues marker and upsert of a patch, the first time the code asks for it. */
export function markPatch(
  command: Extract<Command, { kind: "setPatchMarker" }>,
  context: MachineContext,
  patches: Patches,
): void {
  const { patchId } = command;
  if (!patches.ask(patchId)) return;
  const patch = new Patch(command, context);
  const { isReplaying, flags } = context;
  const wasListed = patches.isNoted(patchId) && flags.has(CoreFlag.UPSERT_SEARCH_ATTRIBUTE_ON_PATCH);
  const list = !isReplaying || wasListed ? patches.list() : undefined;
  if (list) patch.upsert = upsertAttributes({ [changeVersionKey]: list }, context);
}

function dropUpsert({ upsert }: Patch): void {
  upsert?.drop();
}

/**
 * Whether a marker counts for nothing: a deprecated one is skipped unless the code's next command records it.
 *
 * @param next what stands behind the next command
 */
export function isSkippedMarker(event: HistoryEvent, next: Machine | undefined): boolean {
  const marker = readPatchMarker(event);
  return marker?.deprecated === true && !(next instanceof Patch && next.id === marker.id);
}

/** Whether an event lists the patches of a run. */
export function listsPatches({ attributes }: HistoryEvent): boolean {
  return attributes.case === "upsertWorkflowSearchAttributesEventAttributes" &&
    Object.hasOwn(attributes.value.searchAttributes?.indexedFields ?? {}, changeVersionKey);
}

function markerAttributes(id: string, deprecated: boolean): CommandAttributes {
  return {
    case: "recordMarkerCommandAttributes",
    value: { markerName: patchMarkerName, details: { [patchDetailsKey]: { payloads: [encode({ id, deprecated })] } } },
  };
}

/** The order of core SDKs, that of the UTF-8 bytes. */
function compareBytes(one: string, other: string): number {
  const [a, b] = [encoder.encode(one), encoder.encode(other)];
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i];
  }
  return a.length - b.length;
}

function encode(value: unknown): Payload {
  return { metadata: { encoding: encoder.encode("json/plain") }, data: encoder.encode(JSON.stringify(value)) };
}
