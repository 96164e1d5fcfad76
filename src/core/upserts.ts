/**
 * The machines of commands that only change what people see of a run: search attributes and memo. The code goes on at
 * once; all that is left is the event of the command.
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

/** The search attribute that lists the patches of a run; the engine writes it, workflow code may not. */
export const changeVersionKey = "TemporalChangeVersion";

/** `upserting` waits for the event of the command; `dropped`: the history has none. */
export type UpsertState = "upserting" | "upserted" | "dropped";

interface UpsertTriggers {
  recorded: HistoryEvent;
  drop: undefined;
}

/** States and transitions of an upsert. */
export const upsertTable: StateTable<Upsert, UpsertState, UpsertTriggers> = new StateTable<
  Upsert,
  UpsertState,
  UpsertTriggers
>("Upsert", "upserting", {
  upserting: { recorded: "upserted", drop: "dropped" },
  upserted: {},
  dropped: {},
});

/** An upsert of search attributes or memo. */
export class Upsert implements Machine {
  state: UpsertState = upsertTable.initial;
  readonly #what: string;

  /** Queues the command; `what` is upserted, for people. */
  constructor(what: string, type: CommandType, attributes: CommandAttributes, { commands }: MachineContext) {
    this.#what = what;
    commands.push({ type, machine: this, attributes: () => attributes });
  }

  take(trigger: "recorded", event: HistoryEvent): boolean {
    return upsertTable.fire(this, trigger, event);
  }

  /** Takes the command back. */
  drop(): void {
    upsertTable.fire(this, "drop", undefined);
  }

  describe(): string {
    return `upsert of ${this.#what}`;
  }
}

/** Queues the command that upserts search attributes. */
export function upsertAttributes(indexedFields: Record<string, Payload>, context: MachineContext): Upsert {
  return new Upsert(`search attributes ${list(indexedFields)}`, CommandType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, {
    case: "upsertWorkflowSearchAttributesCommandAttributes",
    value: { searchAttributes: { indexedFields } },
  }, context);
}

/**
 * Queues what workflow code upserts and keeps `current` up to date with it. The list of patches is not for it to write:
 * such a command stays, so that the run has as many as ever, but changes nothing.
 */
export function upsertByCode(
  { searchAttributes }: Extract<Command, { kind: "upsertSearchAttributes" }>,
  context: MachineContext,
  current: Record<string, Payload>,
): void {
  const isReserved = Object.hasOwn(searchAttributes, changeVersionKey);
  const isGuarded = !context.isReplaying || context.flags.has(CoreFlag.UPSERT_SEARCH_ATTRIBUTE_ON_PATCH);
  if (isReserved && isGuarded) {
    upsertAttributes({}, context);
    return;
  }
  merge(current, searchAttributes);
  upsertAttributes(searchAttributes, context);
}

/** Queues the command that changes the memo. */
export function upsertMemo({ memo }: Extract<Command, { kind: "upsertMemo" }>, context: MachineContext): void {
  new Upsert(`memo ${list(memo)}`, CommandType.MODIFY_WORKFLOW_PROPERTIES, {
    case: "modifyWorkflowPropertiesCommandAttributes",
    value: { upsertedMemo: { fields: memo } },
  }, context);
}

function merge(current: Record<string, Payload>, changes: Record<string, Payload>): void {
  for (const [key, payload] of Object.entries(changes)) {
    if (isNull(payload)) delete current[key];
    else current[key] = payload;
  }
}

/** A null of any of the encodings that SDKs give it. */
function isNull({ data }: Payload): boolean {
  return data.length === 0 || data.length === 4 && new TextDecoder().decode(data) === "null";
}

function list(fields: object): string {
  return Object.keys(fields).map((name) => `"${name}"`).join(", ") || "of nothing";
}
