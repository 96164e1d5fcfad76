/**
 * The globals of realms: accessors that make a global when it is first used, so that those which are not cost nothing.
 *
 * @module
 */
import type { KitHost } from "./kit/host.ts";
import { partOfGlobal } from "./kit_parts.ts";
import { restrictedGlobals } from "./restricted.ts";
import type { RealmScript } from "./vm.ts";

/** The owner of a realm, for whom its globals are made. */
export interface GlobalsOwner {
  readonly script: RealmScript;
  readonly kitHost: KitHost;
}

interface Installed extends GlobalsOwner {
  /** What the runtime's own globals are; parts of the kit change or wrap them. */
  readonly natives: Record<string, unknown>;
}

const nativeNames = ["Date", "Intl", "Math", "Temporal"];

type Create = (host: KitHost, name: string) => Record<string, unknown>;

/** Puts the globals into realms. The accessors are those of this thread: realms have no functions for them. */
export class Globals {
  readonly #owners: WeakMap<object, Installed> = new WeakMap();
  readonly #accessors: PropertyDescriptorMap = {};

  /** Prepares the accessors. */
  constructor() {
    for (const name of [...Object.keys(partOfGlobal), ...Object.keys(restrictedGlobals)]) {
      if (name in globalThis || name !== "Temporal") this.#accessors[name] = makeAccessor(name, this.#owners);
    }
  }

  /** Puts them into a realm. */
  install(global: object, owner: GlobalsOwner): void {
    const natives: Installed["natives"] = {};
    for (const name of nativeNames) natives[name] = (global as Record<string, unknown>)[name];
    this.#owners.set(global, { ...owner, natives });
    Object.defineProperties(global, this.#accessors);
  }
}

function makeAccessor(name: string, owners: WeakMap<object, Installed>): PropertyDescriptor {
  return {
    configurable: true,
    enumerable: false,
    get(this: object) {
      const owner = owners.get(this)!;
      if (Object.hasOwn(owner.natives, name)) define(this, name, owner.natives[name]);
      return materialize(this, name, owner);
    },
    set(this: object, value: unknown) {
      define(this, name, value);
    },
  };
}

function materialize(global: object, name: string, owner: GlobalsOwner): unknown {
  const values = makeValues(name, owner);
  for (const key of Object.keys(values)) define(global, key, values[key]);
  return values[name];
}

function makeValues(name: string, { script, kitHost }: GlobalsOwner): Record<string, unknown> {
  if (Object.hasOwn(partOfGlobal, name)) return (script.kit(partOfGlobal[name]).create as Create)(kitHost, name);
  const { createFunction, createObject } = script.kit("restricted") as Record<string, Create>;
  return restrictedGlobals[name].kind === "function" ? createFunction(kitHost, name) : createObject(kitHost, name);
}

function define(global: object, name: string, value: unknown): void {
  Object.defineProperty(global, name, { value, writable: true, enumerable: false, configurable: true });
}
