/**
 * Cuts a visibility filter into tokens, each with its position.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";

/** One token; `text` is a name or symbol as written, a keyword in upper case, a literal's value as text. */
export interface Token {
  kind: "name" | "keyword" | "string" | "number" | "symbol" | "end";
  text: string;
  /** Of its first character, from 1. */
  position: number;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  "AND",
  "OR",
  "NOT",
  "IN",
  "BETWEEN",
  "STARTS_WITH",
  "IS",
  "NULL",
  "ORDER",
  "GROUP",
  "BY",
  "ASC",
  "DESC",
  "TRUE",
  "FALSE",
  "LIKE",
  "LIMIT",
]);

const PATTERNS: readonly [kind: "name" | "number" | "symbol", pattern: RegExp][] = [
  ["name", /[A-Za-z_][\w.]*/y],
  ["number", /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
  ["symbol", /<=|>=|<>|!=|[=<>(),]/y],
];

/** Cuts `query` into tokens, the last of kind "end"; throws ValueError at a character that starts none. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = skipSpace(query, 0);
  while (at < query.length) {
    const [token, end] = readToken(query, at);
    tokens.push(token);
    at = skipSpace(query, end);
  }
  tokens.push({ kind: "end", text: "the end", position: query.length + 1 });
  return tokens;
}

/** A ValueError that names the position in the filter, from 1. */
export function filterError(message: string, position: number): ValueError {
  return new ValueError(`${message} at position ${position}`);
}

function readToken(query: string, at: number): [token: Token, end: number] {
  const first = query[at];
  if (first === "'" || first === '"' || first === "`") return readQuoted(query, at, first);
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const text = pattern.exec(query)?.[0];
    if (text !== undefined) return [classify(kind, text, at + 1), at + text.length];
  }
  throw filterError(`unexpected character ${JSON.stringify(first)}`, at + 1);
}

function classify(kind: Token["kind"], text: string, position: number): Token {
  const upper = text.toUpperCase();
  return kind === "name" && KEYWORDS.has(upper) ? { kind: "keyword", text: upper, position } : { kind, text, position };
}

/** A doubled quote and a backslash both keep a quote inside the string. */
function readQuoted(query: string, at: number, quote: string): [token: Token, end: number] {
  const kind = quote === "`" ? "name" : "string";
  let text = "";
  for (let index = at + 1; index < query.length; index++) {
    const character = query[index];
    if (character === "\\" && kind === "string" && index + 1 < query.length) text += query[++index];
    else if (character !== quote) text += character;
    else if (query[index + 1] === quote) text += query[++index];
    else return [{ kind, text, position: at + 1 }, index + 1];
  }
  throw filterError(`${kind === "name" ? "name" : "string"} has no closing ${quote},`, at + 1);
}

function skipSpace(query: string, from: number): number {
  let at = from;
  while (at < query.length && /\s/.test(query[at])) at++;
  return at;
}
