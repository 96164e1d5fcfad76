/** `structuredClone`. @module */

type Copy = (value: unknown) => unknown;

/** The globals of this part. */
export function create(): { structuredClone: unknown } {
  function structuredClone(value: unknown): unknown {
    const seen = new Map<unknown, unknown>();
    const copy: Copy = (part) => {
      if (typeof part === "function" || typeof part === "symbol") refuse(part);
      if (typeof part !== "object" || part === null) return part;
      if (!seen.has(part)) copyObject(part, seen, copy);
      return seen.get(part);
    };
    return copy(value);
  }
  return { structuredClone };
}

const errorTypes: Record<string, ErrorConstructor> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function copyObject(value: object, seen: Map<unknown, unknown>, copy: Copy): void {
  const keep = <T>(result: T): T => (seen.set(value, result), result);
  if (Array.isArray(value)) return fill(value, keep(new Array(value.length)), copy);
  if (value instanceof Date) return void keep(new Date(value.getTime()));
  if (value instanceof RegExp) return void keep(new RegExp(value.source, value.flags));
  if (value instanceof ArrayBuffer) return void keep(value.slice(0));
  if (ArrayBuffer.isView(value)) return copyView(value, keep, copy);
  if (value instanceof Map) return copyMap(value, keep(new Map()), copy);
  if (value instanceof Set) return copySet(value, keep(new Set()), copy);
  if (value instanceof Error) return copyError(value, keep, copy);
  if (value instanceof Boolean || value instanceof Number || value instanceof String) {
    return void keep(Object(value.valueOf()));
  }
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) refuse(value);
  fill(value, keep({}), copy);
}

function fill(from: object, to: object, copy: Copy): void {
  for (const key of Object.keys(from)) {
    const value = copy((from as Record<string, unknown>)[key]);
    Object.defineProperty(to, key, { value, writable: true, enumerable: true, configurable: true });
  }
}

function copyView(view: ArrayBufferView, keep: <T>(result: T) => T, copy: Copy): void {
  const buffer = copy(view.buffer) as ArrayBuffer;
  const type = view.constructor as Uint8ArrayConstructor;
  const length = (view as { length?: number }).length ?? view.byteLength;
  keep(new type(buffer, view.byteOffset, length));
}

function copyMap(from: Map<unknown, unknown>, to: Map<unknown, unknown>, copy: Copy): void {
  for (const [key, value] of [...from]) to.set(copy(key), copy(value));
}

function copySet(from: Set<unknown>, to: Set<unknown>, copy: Copy): void {
  for (const value of [...from]) to.add(copy(value));
}

function copyError(error: Error, keep: <T>(result: T) => T, copy: Copy): void {
  const result = keep(new (errorTypes[error.name] ?? Error)(error.message));
  Object.defineProperty(result, "stack", { value: error.stack, writable: true, configurable: true });
  if ("cause" in error) {
    Object.defineProperty(result, "cause", { value: copy(error.cause), writable: true, configurable: true });
  }
}

function refuse(value: unknown): never {
  throw new DOMException(`${String(value)} could not be cloned`, "DataCloneError");
}
