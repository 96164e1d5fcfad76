/** Modules that workflow code may import, but not use. @module */
import type { KitHost } from "./host.ts";

const stubKey = Symbol.for("@anywhen/temporal/Stub");

/** Makes what a module exports: under any name a value that refuses to be called. */
export function create(host: KitHost, name: string): Record<string, unknown> {
  const exports = new Map<PropertyKey, unknown>();
  const names = new Proxy({}, {
    get(_, key) {
      if (typeof key === "symbol" || key === "__esModule" || key === "then") return undefined;
      if (!exports.has(key)) exports.set(key, makeStub(host, key === "default" ? name : `${name} ${key}`));
      return exports.get(key);
    },
    has: (_, key) => typeof key !== "symbol" && key !== "then",
  });
  return { [name]: Object.create(names) };
}

function makeStub(host: KitHost, path: string): unknown {
  const members = new Map<string, unknown>();
  const stub: object = new Proxy(function () {}, {
    apply: () => host.refuse(path),
    construct: () => host.refuse(path),
    get(target, key) {
      if (key === "prototype") return target.prototype;
      if (key === Symbol.toPrimitive || key === Symbol.iterator || key === Symbol.asyncIterator) host.refuse(path);
      if (typeof key === "symbol" || key === "then" || key === "toJSON" || key === "constructor") return undefined;
      if (!members.has(key)) members.set(key, makeStub(host, `${path}.${key}`));
      return members.get(key);
    },
    set(_, key, value, receiver) {
      if (receiver === stub) host.refuse(`${path}.${String(key)}`);
      // A class of the user that extends this one.
      return Reflect.defineProperty(receiver, key, { value, writable: true, enumerable: true, configurable: true });
    },
    has: (target, key) => key === stubKey || key in target,
  });
  return stub;
}
