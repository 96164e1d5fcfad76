/**
 * Old and shortened spellings of the API's JSON, as the standard JSON of protobuf.
 *
 * Handled are enum values without their prefix or in PascalCase (old servers and tools), payloads written as plain
 * values (the CLI's shorthand), and times and durations as seconds and nanoseconds.
 *
 * @module
 */
import type { DescEnum, DescField, DescMessage, JsonObject, JsonValue } from "@bufbuild/protobuf";
import { encodeBase64 } from "../common/base64.ts";

const durationName = "google.protobuf.Duration";
const timestampName = "google.protobuf.Timestamp";

type Rewrite = (json: JsonValue) => JsonValue;

/** Messages whose JSON is not that of their fields. */
const rewrites: Record<string, Rewrite> = {
  "temporal.api.common.v1.Payloads": (json) => Array.isArray(json) ? { payloads: json.map(expandPayload) } : json,
  "temporal.api.common.v1.Payload": expandPayload,
  [timestampName]: (json) => isObject(json) ? formatTimestamp(secondsOf(json)) : json,
  [durationName]: (json) => isObject(json) ? formatDuration(secondsOf(json)) : json,
};

/** A message's JSON in standard spelling; what is in it already, or is not known, is not copied. */
export function normalizeJson(message: DescMessage, json: JsonValue): JsonValue {
  const rewritten = rewrites[message.typeName]?.(json) ?? json;
  if (!isObject(rewritten)) return rewritten;
  const fields = fieldsByName(message);
  return mapMembers(rewritten, (value, name) => {
    const field = fields.get(name);
    return field && value !== null ? normalizeField(field, value) : value;
  });
}

/** The same object where nothing changes: histories are long. */
function mapMembers(json: JsonObject, change: (value: JsonValue, name: string) => JsonValue): JsonObject {
  let result = json;
  for (const name of Object.keys(json)) {
    const changed = change(json[name], name);
    if (changed === json[name]) continue;
    if (result === json) result = { ...json };
    result[name] = changed;
  }
  return result;
}

const fieldTables = new WeakMap<DescMessage, Map<string, DescField>>();

function fieldsByName(message: DescMessage): Map<string, DescField> {
  let table = fieldTables.get(message);
  if (!table) {
    table = new Map(message.fields.flatMap((field) => [[field.name, field], [field.jsonName, field]]));
    fieldTables.set(message, table);
  }
  return table;
}

function normalizeField(field: DescField, json: JsonValue): JsonValue {
  if (field.fieldKind === "list") {
    if (!Array.isArray(json)) return json;
    const items = json.map((item) => normalizeSingle(field, item));
    return items.some((item, index) => item !== json[index]) ? items : json;
  }
  if (field.fieldKind !== "map" || !isObject(json)) return normalizeSingle(field, json);
  return mapMembers(json, (value) => normalizeSingle(field, value));
}

function normalizeSingle(field: DescField, json: JsonValue): JsonValue {
  if (field.message) return normalizeJson(field.message, json);
  return field.enum ? normalizeEnum(field.enum, json) : json;
}

function normalizeEnum(descriptor: DescEnum, json: JsonValue): JsonValue {
  if (typeof json !== "string" || descriptor.values.some((value) => value.name === json)) return json;
  const wanted = fold(json);
  const found = descriptor.values.find((value) => fold(value.localName) === wanted || fold(value.name) === wanted);
  return found?.name ?? json;
}

function fold(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** A payload in full stays as it is; anything else is the value itself. */
function expandPayload(json: JsonValue): JsonValue {
  if (isObject(json) && isObject(json.metadata)) return json;
  if (json === null) return { metadata: { encoding: toBase64("binary/null") } };
  const { _protoMessageType: messageType, ...message } = isObject(json) ? json : {};
  if (typeof messageType !== "string") return encodePayload({ encoding: "json/plain" }, json);
  return encodePayload({ encoding: "json/protobuf", messageType }, message);
}

function encodePayload(metadata: Record<string, string>, value: JsonValue): JsonValue {
  const entries = Object.entries(metadata).map(([key, text]) => [key, toBase64(text)]);
  return { metadata: Object.fromEntries(entries), data: toBase64(JSON.stringify(value)) };
}

function toBase64(text: string): string {
  return encodeBase64(new TextEncoder().encode(text));
}

function secondsOf(json: JsonObject): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(Number(json.seconds ?? 0)), nanos: Number(json.nanos ?? 0) };
}

function formatTimestamp({ seconds, nanos }: { seconds: bigint; nanos: number }): string {
  const date = new Date(Number(seconds) * 1000).toISOString();
  return `${date.slice(0, 19)}.${String(nanos).padStart(9, "0")}Z`;
}

function formatDuration({ seconds, nanos }: { seconds: bigint; nanos: number }): string {
  const sign = seconds < 0n || nanos < 0 ? "-" : "";
  const whole = seconds < 0n ? -seconds : seconds;
  return `${sign}${whole}.${String(Math.abs(nanos)).padStart(9, "0")}s`;
}

function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
