/**
 * Visibility list filters: `WorkflowType = 'Order' AND StartTime > '2025-01-01T00:00:00Z'`. Logic has
 * three values as in SQL: a comparison with an attribute that a record lacks is neither true nor false,
 * except of texts and lists, where it is false.
 *
 * @module
 */
import type { SearchAttributeIndexedValueType } from "../common/search.ts";
import { filterError, type Token, tokenize } from "./filter_tokens.ts";
import {
  compareValues,
  convertLiteral,
  describeType,
  type FilterRecord,
  type FilterType,
  type FilterValue,
  type Literal,
  normalizeValue,
  splitWords,
  SYSTEM_ATTRIBUTES,
} from "./filter_values.ts";

export type { FilterRecord, FilterValue } from "./filter_values.ts";

/** One term of ORDER BY. */
export interface FilterOrder {
  attribute: string;
  descending: boolean;
}

/** A parsed filter. */
export interface Filter {
  /** Whether the filter is true for the record. */
  matches(record: FilterRecord): boolean;
  /** The attribute of GROUP BY. */
  groupBy?: string;
  /** The terms of ORDER BY, empty without one. */
  orderBy: FilterOrder[];
}

/** What a filter may refer to. */
export interface FilterOptions {
  /** The custom search attributes by name; left out, every name is allowed and compares as it comes. */
  attributes?: Readonly<Record<string, SearchAttributeIndexedValueType>>;
}

type Condition = (record: FilterRecord) => boolean | undefined;

interface Attribute {
  name: string;
  type: FilterType | undefined;
  position: number;
}

type Test = (value: Literal) => boolean | undefined;

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<>": (order) => order !== 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
};

const KEYWORD_CONDITIONS: Readonly<Record<string, (parser: Parser, attribute: Attribute) => Condition>> = {
  IN: parseMembership,
  BETWEEN: parseRange,
  STARTS_WITH: parsePrefix,
};

const UNORDERED: ReadonlySet<FilterType> = new Set<FilterType>(["BOOL", "TEXT", "KEYWORD_LIST"]);
/** Searched by index: `!=` finds records without the attribute, too. */
const TWO_VALUED: ReadonlySet<FilterType> = new Set<FilterType>(["TEXT", "KEYWORD_LIST"]);
const MAX_DEPTH = 100;

/**
 * Parses a visibility list filter; an empty one matches everything.
 *
 * Throws ValueError with the position for bad syntax, an unknown attribute or a value that is none of its type.
 */
export function parseFilter(query: string, options: FilterOptions = {}): Filter {
  const parser = new Parser(tokenize(query), options);
  const condition = parser.atClause() ? undefined : parseAny(parser);
  const groupBy = parser.acceptClause("GROUP") ? parser.attribute().name : undefined;
  const orderBy = parser.acceptClause("ORDER") ? parseOrder(parser) : [];
  parser.expectEnd();
  return { matches: (record) => condition === undefined || condition(record) === true, groupBy, orderBy };
}

/** A place in the tokens, and what the names among them mean. */
class Parser {
  #tokens: Token[];
  #options: FilterOptions;
  #at = 0;
  #depth = 0;

  constructor(tokens: Token[], options: FilterOptions) {
    this.#tokens = tokens;
    this.#options = options;
  }

  /** Whether the conditions are over and a clause or the end follows. */
  atClause(): boolean {
    const { kind, text } = this.#tokens[this.#at];
    return kind === "end" || (kind === "keyword" && (text === "GROUP" || text === "ORDER"));
  }

  next(): Token {
    const token = this.#tokens[this.#at];
    if (token.kind !== "end") this.#at++;
    return token;
  }

  accept(text: string): boolean {
    const token = this.#tokens[this.#at];
    const found = token.text === text && (token.kind === "keyword" || token.kind === "symbol");
    if (found) this.#at++;
    return found;
  }

  acceptClause(text: string): boolean {
    const found = this.accept(text);
    if (found) this.expect("BY");
    return found;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw unexpected(text, this.#tokens[this.#at]);
  }

  expectEnd(): void {
    const token = this.#tokens[this.#at];
    if (token.kind !== "end") throw unexpected("AND, OR or the end", token);
  }

  attribute(): Attribute {
    const token = this.next();
    if (token.kind !== "name") throw unexpected("the name of a search attribute", token);
    const { attributes } = this.#options;
    const type = Object.hasOwn(SYSTEM_ATTRIBUTES, token.text)
      ? SYSTEM_ATTRIBUTES[token.text]
      : attributes && Object.hasOwn(attributes, token.text)
      ? attributes[token.text]
      : undefined;
    if (attributes && type === undefined) {
      throw filterError(`no search attribute is named ${token.text},`, token.position);
    }
    return { name: token.text, type, position: token.position };
  }

  literal(attribute: Attribute): Literal {
    const token = this.next();
    const literal = readLiteral(token);
    if (literal === undefined) throw unexpected("a value (strings need quotes)", token);
    if (attribute.type === undefined) return literal;
    const value = convertLiteral(literal, attribute.type);
    if (value !== undefined) return value;
    const expected = describeType(attribute.type);
    throw filterError(`${attribute.name} takes ${expected}, not ${JSON.stringify(literal)},`, token.position);
  }

  /** Runs a nested parse; nesting has a limit so that hostile filters cannot exhaust the stack. */
  nested(parse: (parser: Parser) => Condition): Condition {
    if (++this.#depth > MAX_DEPTH) throw filterError("nested too deep", this.#tokens[this.#at].position);
    const condition = parse(this);
    this.#depth--;
    return condition;
  }
}

function parseAny(parser: Parser): Condition {
  const conditions = [parseAll(parser)];
  while (parser.accept("OR")) conditions.push(parseAll(parser));
  return conditions.length === 1 ? conditions[0] : (record) => combine(conditions, record, true);
}

function parseAll(parser: Parser): Condition {
  const conditions = [parseNegation(parser)];
  while (parser.accept("AND")) conditions.push(parseNegation(parser));
  return conditions.length === 1 ? conditions[0] : (record) => combine(conditions, record, false);
}

function parseNegation(parser: Parser): Condition {
  if (parser.accept("NOT")) return negate(parser.nested(parseNegation));
  if (!parser.accept("(")) return parseCondition(parser);
  const condition = parser.nested(parseAny);
  parser.expect(")");
  return condition;
}

function parseCondition(parser: Parser): Condition {
  const attribute = parser.attribute();
  if (parser.accept("IS")) return parseNullTest(parser, attribute);
  const negated = parser.accept("NOT");
  const token = parser.next();
  const parse = token.kind === "keyword" ? KEYWORD_CONDITIONS[token.text] : undefined;
  if (parse) return negated ? negate(parse(parser, attribute)) : parse(parser, attribute);
  if (negated || token.kind !== "symbol" || !Object.hasOwn(COMPARISONS, token.text)) {
    throw unexpected(negated ? "IN, BETWEEN or STARTS_WITH" : "a comparison", token);
  }
  return parseComparison(parser, attribute, token);
}

function parseNullTest(parser: Parser, { name }: Attribute): Condition {
  const negated = parser.accept("NOT");
  parser.expect("NULL");
  return (record) => isNull(record[name]) !== negated;
}

function parseComparison(parser: Parser, attribute: Attribute, { text, position }: Token): Condition {
  const isEquality = text === "=" || text === "!=" || text === "<>";
  if (!isEquality && attribute.type && UNORDERED.has(attribute.type)) {
    throw filterError(`${attribute.name} (${attribute.type}) has no order: ${text} is not supported`, position);
  }
  const literal = parser.literal(attribute);
  if (isEquality) {
    const equal = testAny(attribute, equalTo(attribute, literal));
    return text === "=" ? equal : negate(equal);
  }
  return testAny(attribute, compareTo(literal, COMPARISONS[text]));
}

function parseMembership(parser: Parser, attribute: Attribute): Condition {
  const tests: Test[] = [];
  parser.expect("(");
  do tests.push(equalTo(attribute, parser.literal(attribute))); while (parser.accept(","));
  parser.expect(")");
  return testAny(attribute, (value) => tests.some((test) => test(value)));
}

function parseRange(parser: Parser, attribute: Attribute): Condition {
  const isFrom = compareTo(parser.literal(attribute), COMPARISONS[">="]);
  parser.expect("AND");
  const isTo = compareTo(parser.literal(attribute), COMPARISONS["<="]);
  return testAny(attribute, (value) => isFrom(value) === true && isTo(value) === true);
}

function parsePrefix(parser: Parser, attribute: Attribute): Condition {
  if (attribute.type && attribute.type !== "KEYWORD" && attribute.type !== "KEYWORD_LIST") {
    throw filterError(`STARTS_WITH needs a KEYWORD, and ${attribute.name} is none,`, attribute.position);
  }
  const prefix = String(parser.literal(attribute));
  return testAny(attribute, (value) => typeof value === "string" && value.startsWith(prefix));
}

function parseOrder(parser: Parser): FilterOrder[] {
  const terms: FilterOrder[] = [];
  do {
    const { name } = parser.attribute();
    const descending = parser.accept("DESC");
    if (!descending) parser.accept("ASC");
    terms.push({ attribute: name, descending });
  } while (parser.accept(","));
  return terms;
}

function readLiteral({ kind, text }: Token): Literal | undefined {
  if (kind === "string") return text;
  if (kind === "number") return Number(text);
  return kind === "keyword" && (text === "TRUE" || text === "FALSE") ? text === "TRUE" : undefined;
}

function equalTo({ type }: Attribute, literal: Literal): Test {
  if (type !== "TEXT") return compareTo(literal, COMPARISONS["="]);
  const words = new Set(splitWords(String(literal)));
  return (value) => splitWords(String(value)).some((word) => words.has(word));
}

function compareTo(literal: Literal, accepts: (order: number) => boolean): Test {
  return (value) => {
    const order = compareValues(value, literal);
    return order === undefined ? undefined : accepts(order);
  };
}

/** A list passes when one of its elements does; a record without the attribute fails or gives no answer. */
function testAny({ name, type }: Attribute, test: Test): Condition {
  const missing = type && TWO_VALUED.has(type) ? false : undefined;
  return (record) => {
    const value = normalizeValue(record[name], type);
    if (isNull(value)) return missing;
    return typeof value === "object" ? value.some((element) => test(element) === true) : test(value as Literal);
  };
}

function isNull(value: FilterValue): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function negate(condition: Condition): Condition {
  return (record) => {
    const result = condition(record);
    return result === undefined ? undefined : !result;
  };
}

/** OR when `decisive` is true, AND when it is false: the first decisive answer wins, then an unknown one. */
function combine(conditions: Condition[], record: FilterRecord, decisive: boolean): boolean | undefined {
  let isUnknown = false;
  for (const condition of conditions) {
    const result = condition(record);
    if (result === decisive) return decisive;
    if (result === undefined) isUnknown = true;
  }
  return isUnknown ? undefined : !decisive;
}

function unexpected(expected: string, { kind, text, position }: Token): Error {
  return filterError(`expected ${expected}, found ${kind === "end" ? text : JSON.stringify(text)}`, position);
}
