/**
 * Plain data as one text: threads pass texts on several times as fast as objects.
 *
 * @module
 */

/** What crosses threads: a text, and large byte arrays beside it. */
export type Packed = string | { text: string; bytes: Uint8Array[] };

/** Longer ones go as they are. */
const maxInline = 1_024;

/** Packs records, lists, bytes, big integers and primitive values; what is undefined is left out. */
export function pack(value: unknown): Packed {
  const bytes: Uint8Array[] = [];
  const text = JSON.stringify(toJSON(value, bytes));
  return bytes.length > 0 ? { text, bytes } : text;
}

/** The data again, undefined for what is not packed. */
export function unpack(packed: unknown): unknown {
  if (typeof packed === "string") return fromJSON(JSON.parse(packed), []);
  const { text, bytes } = packed as { text?: string; bytes?: Uint8Array[] };
  return text === undefined || bytes === undefined ? undefined : fromJSON(JSON.parse(text), bytes);
}

/** Records with one of these keys stand for something else; keys of records that begin like them get another `$`. */
type Special = { $bytes: string } | { $at: number } | { $big: string } | { $number: string };

function toJSON(value: unknown, bytes: Uint8Array[]): unknown {
  if (typeof value === "bigint") return { $big: String(value) } satisfies Special;
  if (typeof value === "number" && !Number.isFinite(value)) return { $number: String(value) } satisfies Special;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => toJSON(item, bytes));
  if (ArrayBuffer.isView(value)) return toText(value as Uint8Array, bytes);
  const record: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member === undefined) continue;
    set(record, key.charCodeAt(0) === dollar ? `$${key}` : key, toJSON(member, bytes));
  }
  return record;
}

const dollar = 36;

function toText(view: Uint8Array, bytes: Uint8Array[]): Special {
  if (view.length <= maxInline) return { $bytes: String.fromCharCode(...view) };
  // A copy: messages carry the whole buffer of a view.
  return { $at: bytes.push(new Uint8Array(view)) - 1 };
}

function fromJSON(value: unknown, bytes: Uint8Array[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = fromJSON(value[i], bytes);
    return value;
  }
  let isEscaped = false;
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    if (key.charCodeAt(0) === dollar) {
      if (key.charCodeAt(1) !== dollar) return fromSpecial(record as Special, bytes);
      isEscaped = true;
    }
    const member = record[key];
    if (typeof member === "object") record[key] = fromJSON(member, bytes);
  }
  return isEscaped ? unescape(record) : record;
}

function fromSpecial(special: Special, bytes: Uint8Array[]): unknown {
  if ("$at" in special) return bytes[special.$at];
  if ("$big" in special) return BigInt(special.$big);
  if ("$number" in special) return Number(special.$number);
  return fromText(special.$bytes);
}

function fromText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

function unescape(record: Record<string, unknown>): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(record)) set(result, key.charCodeAt(0) === dollar ? key.slice(1) : key, record[key]);
  return result;
}

function set(record: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") record[key] = value;
  else Object.defineProperty(record, key, { value, writable: true, enumerable: true, configurable: true });
}
