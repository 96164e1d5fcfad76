/**
 * Realms on `node:vm`: a context each, the script compiled once.
 *
 * @module
 */
import { nodeModule } from "../platform.ts";
import type { CallRun, RealmConverters, RealmIntrinsics, UserFunction } from "../workflow/bridge.ts";
import { scriptName } from "./source_map.ts";

/** What the host offers to a bundle's script. */
export interface ScriptHost {
  call: CallRun;
  /** Takes the user's modules. */
  open(modules: readonly object[], converters: RealmConverters): void;
  /** What a module exports that workflow code may import but not use. */
  stub(module: string): object;
  /** What a part of the kit exports, evaluated when it is first used. */
  load(part: string): object;
}

/** What a bundle's script makes. */
export interface RealmScript {
  /** Evaluates the modules. */
  boot(): void;
  /** Evaluates one part of the kit; gives what it exports. */
  kit(part: string): Record<string, unknown>;
  perform(fn: UserFunction, self: unknown, args: unknown[]): Promise<unknown>;
}

/** A realm: its global object, its intrinsics and the script in it. */
export interface Realm {
  global: object;
  intrinsics: RealmIntrinsics;
  start(host: ScriptHost): RealmScript;
}

/** Makes realms of one bundle. */
export interface RealmFactory {
  create(): Realm;
}

type Main = (
  call: ScriptHost["call"],
  open: ScriptHost["open"],
  stub: ScriptHost["stub"],
  load: ScriptHost["load"],
) => RealmScript;

/** Compiles a bundle's script. Throws SyntaxError where it is none. */
export function createVMRealms(code: string): RealmFactory {
  const vm = nodeModule("node:vm");
  const script = new vm.Script(code, { filename: scriptName });
  const inspect = new vm.Script("({ global: globalThis, intrinsics: { Array, Error, JSON, Promise, Uint8Array } })");
  // Without interceptors on the global object where the runtime can: less memory, faster access.
  const plain = vm.constants?.DONT_CONTEXTIFY;
  return {
    create() {
      const context = vm.createContext(plain ?? {});
      const { global, intrinsics } = inspect.runInContext(context) as Omit<Realm, "start">;
      const main = script.runInContext(context) as Main;
      return { global, intrinsics, start: ({ call, open, stub, load }) => main(call, open, stub, load) };
    },
  };
}
