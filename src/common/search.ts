/**
 * Search attributes: typed keys, collections of them, and their payloads.
 *
 * @module
 */
import type { Payload } from "./payload.ts";
import { ValueError } from "./temporal_error.ts";

/** How the server indexes a search attribute. */
export type SearchAttributeIndexedValueType =
  | "TEXT"
  | "KEYWORD"
  | "INT"
  | "DOUBLE"
  | "BOOL"
  | "DATETIME"
  | "KEYWORD_LIST";

/** What a search attribute may hold. */
export type SearchAttributeValue = string | number | boolean | Date | readonly string[];

/** A name and the type of its values; makes the pairs and updates that options take. */
// deno-lint-ignore no-explicit-any -- the contract's default: a key of any type
export class SearchAttributeKey<T extends SearchAttributeValue = any> {
  readonly name: string;
  readonly indexedValueType: SearchAttributeIndexedValueType;

  private constructor(name: string, indexedValueType: SearchAttributeIndexedValueType) {
    if (!name) throw new ValueError("a search attribute needs a name");
    this.name = name;
    this.indexedValueType = indexedValueType;
  }

  /** A text that is split into words. */
  static forText(name: string): SearchAttributeKey<string> {
    return new SearchAttributeKey(name, "TEXT");
  }

  /** A text that is matched as a whole. */
  static forKeyword(name: string): SearchAttributeKey<string> {
    return new SearchAttributeKey(name, "KEYWORD");
  }

  /** A whole number. */
  static forInt(name: string): SearchAttributeKey<number> {
    return new SearchAttributeKey(name, "INT");
  }

  /** A number. */
  static forFloat(name: string): SearchAttributeKey<number> {
    return new SearchAttributeKey(name, "DOUBLE");
  }

  /** True or false. */
  static forBool(name: string): SearchAttributeKey<boolean> {
    return new SearchAttributeKey(name, "BOOL");
  }

  /** A moment, to the millisecond. */
  static forDatetime(name: string): SearchAttributeKey<Date> {
    return new SearchAttributeKey(name, "DATETIME");
  }

  /** Several texts that are matched as a whole. */
  static forKeywordList(name: string): SearchAttributeKey<readonly string[]> {
    return new SearchAttributeKey(name, "KEYWORD_LIST");
  }

  /**
   * This attribute with a value.
   *
   * @throws {ValueError} a value of another type, an INT that is not whole, an invalid Date
   */
  valueSet(value: T): SearchAttributePair<T> {
    checkValue(this, value);
    return { key: this, value };
  }

  /** Takes the attribute away in an upsert. */
  valueUnset(): SearchAttributeUpdate<T> {
    return { key: this, value: undefined };
  }
}

/** A key and its new value, undefined to take it away. */
// deno-lint-ignore no-explicit-any -- the contract's default
export interface SearchAttributeUpdate<T extends SearchAttributeValue = any> {
  key: SearchAttributeKey<T>;
  value: T | undefined;
}

/** A key and its value. */
// deno-lint-ignore no-explicit-any -- the contract's default
export interface SearchAttributePair<T extends SearchAttributeValue = any> extends SearchAttributeUpdate<T> {
  value: T;
}

/** Typed pairs, or a plain record whose types the server's registry decides. */
export type SearchAttributes = Iterable<SearchAttributePair> | Record<string, SearchAttributeValue>;

/** Search attributes by key; unchangeable. */
export class TypedSearchAttributes implements Iterable<SearchAttributePair> {
  /** No search attributes at all. */
  static readonly empty: TypedSearchAttributes = new TypedSearchAttributes();

  readonly #pairs: Map<string, SearchAttributePair> = new Map();

  /**
   * Collects pairs.
   *
   * @throws {ValueError} a name twice, a value that does not fit its key
   */
  constructor(pairs: Iterable<SearchAttributePair> = []) {
    for (const pair of pairs) {
      checkValue(pair.key, pair.value);
      addOnce(this.#pairs, pair);
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Whether there is a value of this name and type. */
  has(key: SearchAttributeKey): boolean {
    return this.#pairs.get(key.name)?.key.indexedValueType === key.indexedValueType;
  }

  /** The value of this name and type, if any. */
  get<T extends SearchAttributeValue>(key: SearchAttributeKey<T>): T | undefined {
    return this.has(key) ? this.#pairs.get(key.name)?.value : undefined;
  }

  /**
   * A copy with these updates applied.
   *
   * @throws {ValueError} a name twice, a value that does not fit its key
   */
  updated(...updates: SearchAttributeUpdate[]): TypedSearchAttributes {
    const changes = new Map<string, SearchAttributeUpdate>();
    for (const update of updates) addOnce(changes, update);
    const kept = [...this.#pairs.values()].filter((pair) => !changes.has(pair.key.name));
    return new TypedSearchAttributes([...kept, ...changes.values().filter(isPair)]);
  }

  /** Values by name. */
  toObject(): Record<string, SearchAttributeValue> {
    return Object.fromEntries(Array.from(this.#pairs.values(), ({ key, value }) => [key.name, value]));
  }

  /** The pairs in the order in which they were given. */
  [Symbol.iterator](): Iterator<SearchAttributePair> {
    return this.#pairs.values();
  }
}

/**
 * Either form as the typed one; the types of a record's values are guessed.
 *
 * @throws {ValueError} a name twice, a value that is none
 */
export function toTypedSearchAttributes(attributes: SearchAttributes): TypedSearchAttributes {
  if (attributes instanceof TypedSearchAttributes) return attributes;
  if (isIterable(attributes)) return new TypedSearchAttributes(attributes as Iterable<SearchAttributePair>);
  const pairs = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return new TypedSearchAttributes(pairs.map(([name, value]) => guessKey(name, value).valueSet(value)));
}

/**
 * Search attributes as the server takes them; they never pass through a user's converter or codec.
 *
 * @throws {ValueError} a name twice, a value that does not fit its key
 */
export function searchAttributesToPayloads(
  attributes: SearchAttributes | Iterable<SearchAttributeUpdate>,
): Record<string, Payload> {
  const payloads: Record<string, Payload> = {};
  if (!isIterable(attributes)) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined) payloads[name] = toPayload(guessKey(name, value).valueSet(value).value);
    }
    return payloads;
  }
  const seen = new Map<string, SearchAttributeUpdate>();
  for (const update of attributes as Iterable<SearchAttributeUpdate>) {
    addOnce(seen, update);
    if (isPair(update)) checkValue(update.key, update.value);
    payloads[update.key.name] = toPayload(update.value, isPair(update) ? update.key.indexedValueType : undefined);
  }
  return payloads;
}

/** Search attributes as the server gave them; what was taken away or cannot be read is left out. */
export function searchAttributesFromPayloads(payloads: Record<string, Payload>): TypedSearchAttributes {
  const pairs: SearchAttributePair[] = [];
  for (const [name, payload] of Object.entries(payloads)) {
    const pair = fromPayload(name, payload);
    if (pair) pairs.push(pair);
  }
  return new TypedSearchAttributes(pairs);
}

/** By type: how payload metadata spells it, and which function makes a key of it. */
const kinds = {
  TEXT: { wireType: "Text", factory: "forText" },
  KEYWORD: { wireType: "Keyword", factory: "forKeyword" },
  INT: { wireType: "Int", factory: "forInt" },
  DOUBLE: { wireType: "Double", factory: "forFloat" },
  BOOL: { wireType: "Bool", factory: "forBool" },
  DATETIME: { wireType: "Datetime", factory: "forDatetime" },
  KEYWORD_LIST: { wireType: "KeywordList", factory: "forKeywordList" },
} as const;

function toPayload(value: SearchAttributeValue | undefined, type?: SearchAttributeIndexedValueType): Payload {
  const encoder = new TextEncoder();
  // The JSON of null would stay on the server as a value of its own.
  if (value === undefined || value === null) {
    return { metadata: { encoding: encoder.encode("binary/null") }, data: new Uint8Array(0) };
  }
  const metadata: Payload["metadata"] = { encoding: encoder.encode("json/plain") };
  if (type) metadata.type = encoder.encode(kinds[type].wireType);
  return { metadata, data: encoder.encode(JSON.stringify(value)) };
}

function fromPayload(name: string, payload: Payload): SearchAttributePair | undefined {
  const decoder = new TextDecoder();
  const type = readType(payload.metadata.type && decoder.decode(payload.metadata.type));
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload.data));
  } catch {
    return undefined;
  }
  if (type !== "KEYWORD_LIST" && type && Array.isArray(value) && value.length === 1) value = value[0];
  if (value === null) return undefined;
  if (type === "DATETIME") value = new Date(value as string);
  const key = type ? makeKey(type, name) : findKey(name, value);
  return key && fits(key.indexedValueType, value) ? { key, value } : undefined;
}

/** Reads both spellings: `KeywordList` and `INDEXED_VALUE_TYPE_KEYWORD_LIST`. */
function readType(text: string | undefined): SearchAttributeIndexedValueType | undefined {
  const types = Object.keys(kinds) as SearchAttributeIndexedValueType[];
  return types.find((type) => text === kinds[type].wireType || text === `INDEXED_VALUE_TYPE_${type}`);
}

function makeKey(type: SearchAttributeIndexedValueType, name: string): SearchAttributeKey {
  return SearchAttributeKey[kinds[type].factory](name);
}

function findKey(name: string, value: unknown): SearchAttributeKey | undefined {
  const guesses = ["KEYWORD", "INT", "DOUBLE", "BOOL", "DATETIME", "KEYWORD_LIST"] as const;
  const type = guesses.find((guess) => fits(guess, value));
  return type && makeKey(type, name);
}

function guessKey(name: string, value: unknown): SearchAttributeKey {
  const key = findKey(name, value);
  if (key) return key;
  throw new ValueError(
    `search attribute ${name} cannot hold ${
      describe(value)
    }; give a text, a finite number, a boolean, a valid Date or a list of texts`,
  );
}

function fits(type: SearchAttributeIndexedValueType, value: unknown): boolean {
  switch (type) {
    case "TEXT":
    case "KEYWORD":
      return typeof value === "string";
    case "INT":
      return Number.isInteger(value);
    case "DOUBLE":
      return Number.isFinite(value);
    case "BOOL":
      return typeof value === "boolean";
    case "DATETIME":
      return isDate(value) && !Number.isNaN(value.getTime());
    case "KEYWORD_LIST":
      return Array.isArray(value) && value.every((item) => typeof item === "string");
  }
}

function checkValue(key: SearchAttributeKey, value: unknown): void {
  if (fits(key.indexedValueType, value)) return;
  throw new ValueError(
    `search attribute ${key.name} is of type ${key.indexedValueType} and cannot hold ${describe(value)}`,
  );
}

function addOnce<U extends SearchAttributeUpdate>(updates: Map<string, U>, update: U): void {
  const { name } = update.key;
  if (updates.has(name)) throw new ValueError(`search attribute ${name} is given twice; give it once`);
  updates.set(name, update);
}

function isPair(update: SearchAttributeUpdate): update is SearchAttributePair {
  return update.value !== undefined && update.value !== null;
}

function isIterable(value: object): value is Iterable<unknown> {
  return Symbol.iterator in value;
}

/** Also true for the Date of another realm. */
function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === "[object Date]";
}

function describe(value: unknown): string {
  if (isDate(value)) return "an invalid Date";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
