/**
 * The values of the visibility filter: which search attributes every server has, how a literal of a
 * filter becomes a value of an attribute's type, and how two values compare.
 *
 * @module
 */
import type { SearchAttributeIndexedValueType } from "../common/search.ts";
import { IndexedValueType } from "../gen/temporal/api/enums/v1/common_pb.ts";
import { SYSTEM_SEARCH_ATTRIBUTES } from "./engine/namespace.ts";

/** A value of one search attribute of one record; undefined where it has none. */
export type FilterValue = string | number | boolean | Date | readonly string[] | undefined;

/** What a filter reads: one execution's search attributes by name, system and custom ones alike. */
export type FilterRecord = Record<string, FilterValue>;

/** A literal as it stands in a filter. */
export type Literal = string | number | boolean;

/** How a literal becomes a comparable one; undefined when it is no value of that type. */
type Conversion = (literal: Literal) => Literal | undefined;

/** A type of the filter: those of search attributes, and the two that have literals of their own. */
export type FilterType = SearchAttributeIndexedValueType | "STATUS" | "DURATION";

/** The search attributes that every namespace has, by name, as filters read them. */
export const SYSTEM_ATTRIBUTES: Readonly<Record<string, FilterType>> = {
  ...Object.fromEntries(Object.entries(SYSTEM_SEARCH_ATTRIBUTES).map(([name, type]) => [name, typeName(type)])),
  ExecutionDuration: "DURATION",
  ExecutionStatus: "STATUS",
};

/** The names of ExecutionStatus in filters, in the order of the API's numbers from 1 on. */
export const STATUS_NAMES: readonly string[] = [
  "Running",
  "Completed",
  "Failed",
  "Canceled",
  "Terminated",
  "ContinuedAsNew",
  "TimedOut",
  "Paused",
];

const STATUS_KEYS: ReadonlyMap<string, string> = new Map(
  STATUS_NAMES.flatMap((name, index) => [[statusKey(name), name], [String(index + 1), name]]),
);

const NANOS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "µs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 6e10,
  h: 3.6e12,
  d: 8.64e13,
};

const CONVERSIONS: Readonly<Record<FilterType, Conversion>> = {
  KEYWORD: (literal) => typeof literal === "string" ? literal : undefined,
  KEYWORD_LIST: (literal) => typeof literal === "string" ? literal : undefined,
  TEXT: (literal) => typeof literal === "string" ? literal : undefined,
  INT: (literal) => toNumber(literal, Number.isInteger),
  DOUBLE: (literal) => toNumber(literal, Number.isFinite),
  BOOL: toBoolean,
  DATETIME: toTime,
  STATUS: (literal) => STATUS_KEYS.get(statusKey(String(literal))),
  DURATION: toNanos,
};

const EXPECTED: Readonly<Record<FilterType, string>> = {
  KEYWORD: "a quoted string",
  KEYWORD_LIST: "a quoted string",
  TEXT: "a quoted string",
  INT: "a whole number",
  DOUBLE: "a number",
  BOOL: "true or false",
  DATETIME: "a time such as '2025-01-31T12:00:00Z'",
  STATUS: `one of ${STATUS_NAMES.join(", ")}`,
  DURATION: "a duration such as '1h30m'",
};

/** The literal as a comparable value of the type; undefined when it is none. */
export function convertLiteral(literal: Literal, type: FilterType): Literal | undefined {
  return CONVERSIONS[type](literal);
}

/** What a literal of the type looks like, for error messages. */
export function describeType(type: FilterType): string {
  return EXPECTED[type];
}

/** A record's value in the form that converted literals have; lists stay lists. */
export function normalizeValue(
  value: FilterValue,
  type: FilterType | undefined,
): Literal | readonly string[] | undefined {
  if (value instanceof Date) return value.getTime();
  if (type === "STATUS" && value !== undefined) return STATUS_KEYS.get(statusKey(String(value)));
  if (type === "DATETIME" && typeof value === "string") return toTime(value);
  return value as Literal | readonly string[] | undefined;
}

/** Negative, zero or positive as `left` is before, equal to or after `right`; undefined when they do not compare. */
export function compareValues(left: Literal, right: Literal): number | undefined {
  if (typeof left === "number" && typeof right === "string") return compareNumberToText(left, right);
  if (typeof left !== typeof right) return undefined;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** The words of a text, as full-text search sees them. */
export function splitWords(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** An attribute of unknown type may hold times, which filters write as strings. */
function compareNumberToText(left: number, right: string): number | undefined {
  const time = toTime(right);
  return typeof time === "number" ? left - time : undefined;
}

function typeName(type: IndexedValueType): SearchAttributeIndexedValueType {
  const [name] = Object.entries(IndexedValueType).find(([, number]) => number === type) ?? ["KEYWORD"];
  return name as SearchAttributeIndexedValueType;
}

function statusKey(text: string): string {
  return text.toUpperCase().replace("WORKFLOW_EXECUTION_STATUS_", "").replaceAll("_", "");
}

function toNumber(literal: Literal, accepts: (value: number) => boolean): number | undefined {
  if (typeof literal === "boolean" || literal === "") return undefined;
  const value = Number(literal);
  return accepts(value) ? value : undefined;
}

function toBoolean(literal: Literal): boolean | undefined {
  if (typeof literal === "boolean") return literal;
  const text = String(literal).toLowerCase();
  return text === "true" ? true : text === "false" ? false : undefined;
}

function toTime(literal: Literal): number | undefined {
  if (typeof literal === "number") return literal / 1e6;
  if (typeof literal !== "string" || !/^\d{4}-\d\d-\d\d/.test(literal)) return undefined;
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(literal) || literal.length === 10 ? literal : `${literal}Z`;
  const time = Date.parse(zoned.replace(" ", "T"));
  return Number.isNaN(time) ? undefined : time;
}

function toNanos(literal: Literal): number | undefined {
  if (typeof literal === "number") return literal;
  if (typeof literal !== "string") return undefined;
  const clock = /^(\d+):([0-5]\d):([0-5]\d)$/.exec(literal);
  if (clock) return Number(clock[1]) * NANOS.h + Number(clock[2]) * NANOS.m + Number(clock[3]) * NANOS.s;
  if (/^\d+$/.test(literal)) return Number(literal);
  const parts = [...literal.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/gy)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== literal) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * NANOS[unit], 0);
}
