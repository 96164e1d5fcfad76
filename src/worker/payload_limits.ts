/**
 * Finds what the server would not take of what a run asks for.
 *
 * @module
 */
import { type Payload, payloadsSize } from "../common/payload.ts";
import type { Command } from "../workflow/activation.ts";
import { commandFields, type Fields, nestedFields, type Shape } from "./payload_fields.ts";

/** A command with too many bytes in one of its fields. */
export interface OversizedField {
  command: Command;
  field: string;
  size: number;
  limit: number;
}

/** Bytes that the server takes in one field, undefined when unknown. */
export interface SizeLimits {
  payloadLimit?: number;
  /** Of the memo of a workflow that is started. */
  memoLimit?: number;
}

/** The first field of commands whose payloads exceed their limit; failures are not counted. */
export function findOversized(commands: readonly Command[], limits: SizeLimits): OversizedField | undefined {
  for (const command of commands) {
    const found = findOversizedField(command, commandFields[command.kind], limits);
    if (found) return { command, ...found };
  }
  return undefined;
}

/** The shapes that the server counts. */
const counted: ReadonlySet<Shape> = new Set(["list", "one", "map", "changes"]);

function findOversizedField(
  holder: object,
  fields: Fields,
  limits: SizeLimits,
): Omit<OversizedField, "command"> | undefined {
  for (const field in fields) {
    const value = (holder as Record<string, unknown>)[field];
    if (value === undefined) continue;
    if (fields[field] === "nested") {
      const found = findOversizedField(value as object, nestedFields, limits);
      if (found) return found;
    } else if (counted.has(fields[field])) {
      const limit = limitOf(holder as Command, field, limits);
      const size = limit === undefined ? 0 : payloadsSize(payloadsOf(value, fields[field]));
      if (limit !== undefined && size > limit) return { field, size, limit };
    }
  }
  return undefined;
}

/** What an upsert adds to a memo counts as other payloads do. */
function limitOf({ kind }: Command, field: string, { payloadLimit, memoLimit }: SizeLimits): number | undefined {
  return field === "memo" && kind !== "upsertMemo" ? memoLimit : payloadLimit;
}

function payloadsOf(value: unknown, shape: Shape): readonly Payload[] {
  if (shape === "list") return value as Payload[];
  return shape === "one" ? [value as Payload] : Object.values(value as Record<string, Payload>);
}
