/**
 * Copies of plain data, made of the objects of the realm in which this runs.
 *
 * @module
 */

/** What protobuf messages have and plain data has not. */
const messageKeys: ReadonlySet<string> = /* @__PURE__ */ new Set(["$typeName", "$unknown"]);

/** Copies records, lists, bytes and primitive values; what is undefined is left out. */
export function copyPlain<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return copyList(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value as Uint8Array);
  const result: Record<string, unknown> = {};
  const isMessage = "$typeName" in value;
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined && !(isMessage && messageKeys.has(key))) result[key] = copy(member);
  }
  return result;
}

/** Not by `map`, whose result is of the realm of `value`, nor by `Array.from`, which is slow. */
function copyList(value: readonly unknown[]): unknown[] {
  const result: unknown[] = [];
  for (let i = 0; i < value.length; i++) result.push(copy(value[i]));
  return result;
}
