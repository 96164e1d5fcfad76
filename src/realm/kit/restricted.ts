/** Globals that are not deterministic: what uses them is refused, what only looks whether they exist is not. @module */
import type { KitHost } from "./host.ts";

/** What libraries read to find out where they run: undefined, "not there". */
const probes: ReadonlySet<string> = new Set(["versions", "release", "browser", "type", "pkg", "then", "toJSON"]);

/** Makes a function that refuses to be called or constructed. */
export function createFunction(host: KitHost, name: string): Record<string, unknown> {
  function refused(): never {
    return host.refuse(name);
  }
  Object.defineProperty(refused, "name", { value: name });
  return { [name]: refused };
}

/** Makes an object that refuses the use of its properties. */
export function createObject(host: KitHost, name: string): Record<string, unknown> {
  const make = (path: string): object =>
    new Proxy({}, {
      get(_, key) {
        if (typeof key === "symbol" || probes.has(key)) return undefined;
        return path === "process" && key === "env" ? make("process.env") : host.refuse(`${path}.${key}`);
      },
      set: (_, key) => host.refuse(`${path}.${String(key)}`),
      has: (_, key) => typeof key === "symbol" || probes.has(key) ? false : host.refuse(`${path}.${key}`),
      deleteProperty: (_, key) => host.refuse(`${path}.${String(key)}`),
      ownKeys: () => host.refuse(path),
    });
  return { [name]: make(name) };
}
