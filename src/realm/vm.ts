/**
 * Realms on `node:vm`: a context each, the script compiled once.
 *
 * @module
 */
import { nodeModule } from "../platform.ts";
import { scriptName } from "./source_map.ts";

/** What a bundle's script evaluates to. */
export interface RealmScript {
  /** Evaluates the modules; gives what the entry exports. */
  boot(run: object, stub: (name: string) => unknown): unknown;
  /** Evaluates one part of the kit; gives what it exports. */
  kit(part: string): Record<string, (...args: never[]) => unknown>;
}

/** A realm: a global object and the script in it. */
export interface Realm {
  global: object;
  /** The realm's own; unhandled rejections are known by it. */
  promisePrototype: object;
  script: RealmScript;
}

/** Makes realms of one bundle. */
export interface RealmFactory {
  create(): Realm;
}

/** Compiles a bundle's script. Throws SyntaxError where it is none. */
export function createVMRealms(code: string): RealmFactory {
  const vm = nodeModule("node:vm");
  const script = new vm.Script(code, { filename: scriptName });
  const globals = new vm.Script("({ global: globalThis, promisePrototype: Promise.prototype })");
  // Without interceptors on the global object where the runtime can: less memory, faster access.
  const plain = vm.constants?.DONT_CONTEXTIFY;
  return {
    create() {
      const context = vm.createContext(plain ?? {});
      const realm = globals.runInContext(context) as Omit<Realm, "script">;
      return { ...realm, script: script.runInContext(context) as RealmScript };
    },
  };
}
