/**
 * Search attributes: what a namespace allows, and their values.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { PayloadSchema } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { Payload } from "../../gen/temporal/api/common/v1/message_pb.ts";
import { IndexedValueType } from "../../gen/temporal/api/enums/v1/common_pb.ts";
import type { Limits } from "./limits.ts";
import type { Namespace } from "./namespace.ts";
import { searchAttributeType, SETTABLE_SYSTEM_ATTRIBUTES, SYSTEM_SEARCH_ATTRIBUTES } from "./namespace.ts";

/** A search attribute's value. */
export type SearchValue = string | number | boolean | Date | string[];

const TYPE_NAMES: Record<number, string> = {
  [IndexedValueType.TEXT]: "Text",
  [IndexedValueType.KEYWORD]: "Keyword",
  [IndexedValueType.INT]: "Int",
  [IndexedValueType.DOUBLE]: "Double",
  [IndexedValueType.BOOL]: "Bool",
  [IndexedValueType.DATETIME]: "Datetime",
  [IndexedValueType.KEYWORD_LIST]: "KeywordList",
};

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What is wrong with the search attributes that a caller sets, undefined if nothing is. */
export function findAttributeFault(
  namespace: Namespace,
  fields: Record<string, Payload> | undefined,
  limits: Limits,
): string | undefined {
  const entries = Object.entries(fields ?? {});
  if (entries.length > limits.searchAttributeCount) {
    return `number of search attributes ${entries.length} exceeds limit ${limits.searchAttributeCount}`;
  }
  for (const [name, payload] of entries) {
    if (name in SYSTEM_SEARCH_ATTRIBUTES && !SETTABLE_SYSTEM_ATTRIBUTES.has(name)) {
      return `${name} attribute can't be set in SearchAttributes`;
    }
    const type = searchAttributeType(namespace, name);
    if (type === undefined) {
      return `Namespace ${namespace.name} has no mapping defined for search attribute ${name}`;
    }
    if (!isEmptyPayload(payload) && decodeSearchValue(payload, type) === undefined) {
      return `invalid value for search attribute ${name} of type ${TYPE_NAMES[type]}: ${show(payload)}`;
    }
  }
  return undefined;
}

/** What is wrong with the size of search attributes, undefined if nothing is. */
export function findAttributeSizeFault(
  fields: Record<string, Payload> | undefined,
  limits: Limits,
): string | undefined {
  let total = 0;
  for (const [name, payload] of Object.entries(fields ?? {})) {
    if (payload.data.length > limits.searchAttributeValueSize) {
      return `search attribute ${name} value size ${payload.data.length} exceeds size limit ${limits.searchAttributeValueSize}`;
    }
    total += name.length + payload.data.length;
  }
  if (total > limits.searchAttributesSize) {
    return `total size of search attributes ${total} exceeds size limit ${limits.searchAttributesSize}`;
  }
  return undefined;
}

/** The value of a search attribute, undefined if it is none of that type. */
export function decodeSearchValue(payload: Payload, type: IndexedValueType): SearchValue | undefined {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload.data));
  } catch {
    return undefined;
  }
  if (Array.isArray(value) && type !== IndexedValueType.KEYWORD_LIST) {
    if (value.length !== 1) return undefined;
    value = value[0];
  }
  return readValue(value, type);
}

/** The payload of a search attribute, with its type. */
export function encodeSearchValue(value: SearchValue, type: IndexedValueType): Payload {
  return create(PayloadSchema, {
    metadata: { encoding: encoder.encode("json/plain"), type: encoder.encode(TYPE_NAMES[type]) },
    data: encoder.encode(JSON.stringify(value)),
  });
}

/** Fields after `changes`: a payload of no data, or of an empty list, takes a field away. */
export function mergeFields(
  fields: Record<string, Payload>,
  changes: Record<string, Payload>,
): Record<string, Payload> {
  const merged = { ...fields };
  for (const [name, payload] of Object.entries(changes)) {
    if (takesAway(payload)) delete merged[name];
    else merged[name] = payload;
  }
  return merged;
}

/** The fields with each search attribute's type in its payload, as the server adds it. */
export function tagTypes(
  namespace: Namespace,
  fields: Record<string, Payload> | undefined,
): Record<string, Payload> | undefined {
  if (!fields) return undefined;
  const tagged: Record<string, Payload> = {};
  for (const [name, payload] of Object.entries(fields)) {
    const type = searchAttributeType(namespace, name);
    tagged[name] = type === undefined || payload.metadata.type
      ? payload
      : { ...payload, metadata: { ...payload.metadata, type: encoder.encode(TYPE_NAMES[type]) } };
  }
  return tagged;
}

function takesAway({ data }: Payload): boolean {
  return data.length === 0 || (data.length === 2 && decoder.decode(data) === "[]");
}

function isEmptyPayload(payload: Payload): boolean {
  return takesAway(payload) || (payload.data.length === 4 && decoder.decode(payload.data) === "null");
}

function readValue(value: unknown, type: IndexedValueType): SearchValue | undefined {
  switch (type) {
    case IndexedValueType.TEXT:
    case IndexedValueType.KEYWORD:
      return typeof value === "string" ? value : undefined;
    case IndexedValueType.INT:
      return Number.isInteger(value) ? value as number : undefined;
    case IndexedValueType.DOUBLE:
      return typeof value === "number" ? value : undefined;
    case IndexedValueType.BOOL:
      return typeof value === "boolean" ? value : undefined;
    case IndexedValueType.DATETIME: {
      const date = typeof value === "string" ? new Date(value) : undefined;
      return date && !Number.isNaN(date.getTime()) ? date : undefined;
    }
    case IndexedValueType.KEYWORD_LIST:
      if (typeof value === "string") return [value];
      return Array.isArray(value) && value.every((item) => typeof item === "string") ? value : undefined;
    default:
      return undefined;
  }
}

function show(payload: Payload): string {
  return decoder.decode(payload.data);
}
