/**
 * Opens a realm: globals, modules, and what the runtime is to know of it.
 *
 * @module
 */
import type { CallRun, RealmBridge, RealmConverters, RealmParts } from "../workflow/bridge.ts";
import type { Globals } from "./globals.ts";
import { RunKitHost } from "./kit_host.ts";
import { partOfModule } from "./kit_parts.ts";
import type { SourceMapReader } from "./source_map.ts";
import type { Realm, RealmScript } from "./vm.ts";

type MakeExports = (host: RunKitHost, name: string) => Record<string, object>;

/** What a realm needs of its run and its host. */
export interface RealmSurroundings {
  /** How its code asks its run. */
  call: CallRun;
  /** Takes errors that nobody in the realm catches. */
  report(error: unknown): void;
  globals: Globals;
  sources: SourceMapReader;
}

/** Evaluates the modules of a realm. Throws what the modules throw. */
export function openRealm(realm: Realm, { call, report, globals, sources }: RealmSurroundings): RealmBridge {
  const parts = new Map<string, Record<string, unknown>>();
  const load = (name: string) => {
    const part = parts.get(name) ?? script.kit(name);
    parts.set(name, part);
    return part;
  };
  let opened: { modules: readonly object[]; converters: RealmConverters } = { modules: [], converters: {} };
  const kitHost = new RunKitHost(call, load, sources, report);
  const script: RealmScript = realm.start({
    call,
    open: (modules, converters) => opened = { modules, converters },
    stub: (name) => {
      if (Object.hasOwn(partOfModule, name)) return (load(partOfModule[name]).create as MakeExports)(kitHost, name);
      return (load("stub").create as MakeExports)(kitHost, name)[name];
    },
    load: (name) => makeLazyExports(() => load(name)),
  });
  globals.install(realm.global, { script, kitHost });
  script.boot();
  return {
    ...opened,
    intrinsics: realm.intrinsics,
    perform: script.perform,
    load: <K extends keyof RealmParts>(name: K) => load(name) as unknown as RealmParts[K],
  };
}

/** Exports of a module that is evaluated when one of them is first used; inherited, so that bundlers do not list them. */
function makeLazyExports(load: () => Record<string, unknown>): object {
  return Object.create(
    new Proxy({}, {
      get: (_, name) => typeof name === "string" && name !== "__esModule" ? load()[name] : undefined,
    }),
  );
}
