/**
 * Finds the activities in what a user hands to a worker.
 *
 * @module
 */
import { type ActivityRecord, findActivityRecord, isActivityDefinition } from "../activity/definition.ts";
import type { ActivityFunction } from "../common/definition.ts";

/** A module or record of functions, a definition made by `activity.define`, or an instance with `@activity.defn` methods. */
export type ActivitySource = object;

/** An activity that a worker can run. */
export interface RegisteredActivity extends Omit<ActivityRecord, "kind"> {
  run: ActivityFunction;
}

/** The activities of a worker by type, and the one that serves all other types. */
export interface ActivityRegistry {
  named: ReadonlyMap<string, RegisteredActivity>;
  dynamic?: RegisteredActivity;
}

/** Gathers the activities of all sources; what is wrong with them is added to `faults`. */
export function collectActivities(sources: readonly ActivitySource[], faults: string[]): ActivityRegistry {
  const named = new Map<string, RegisteredActivity>();
  let dynamic: RegisteredActivity | undefined;
  for (const activity of sources.flatMap((source) => readSource(source, faults))) {
    checkName(activity, faults);
    if (activity.dynamic) {
      if (dynamic) faults.push(`activities: two dynamic activities (${dynamic.name}, ${activity.name}); keep one`);
      dynamic ??= activity;
    } else if (named.has(activity.name)) {
      faults.push(`activities: ${activity.name} is registered twice; rename one or leave one out`);
    } else {
      named.set(activity.name, activity);
    }
  }
  return { named, dynamic };
}

/** What workflow code may know of a worker's activities. */
export function listActivities({ named, dynamic }: ActivityRegistry): { names: string[]; isDynamic: boolean } {
  return { names: [...named.keys()], isDynamic: dynamic !== undefined };
}

/** The activity for a type, undefined when nothing serves it. */
export function findActivity(registry: ActivityRegistry, type: string): RegisteredActivity | undefined {
  return registry.named.get(type) ?? registry.dynamic;
}

function readSource(source: ActivitySource, faults: string[]): RegisteredActivity[] {
  if (source === null || (typeof source !== "object" && typeof source !== "function")) {
    faults.push(
      `activities: ${String(source)} is neither a module, a record of functions, a definition nor an instance`,
    );
    return [];
  }
  if (isActivityDefinition(source)) return [readDefinition("", source)];
  if (typeof source === "function") return readFunction(source, faults);
  const methods = readMethods(source);
  const found = methods.length > 0 ? methods : readEntries(source, faults);
  if (found.length === 0) {
    faults.push("activities: no function in it; pass a module, a record of functions or an instance");
  }
  return found;
}

function checkName({ name, dynamic }: RegisteredActivity, faults: string[]): void {
  if (name === "" && !dynamic) faults.push("activities: a definition without a name; give `activity.define` a `name`");
  if (name.startsWith("__temporal_")) faults.push(`activities: ${name} starts with "__temporal_", which is reserved`);
}

function readFunction(source: object, faults: string[]): RegisteredActivity[] {
  const run = source as ActivityFunction;
  if (isClass(run)) {
    faults.push(`activities: ${run.name} is a class; pass an instance: new ${run.name}(…)`);
    return [];
  }
  if (run.name === "") {
    faults.push("activities: a function without a name; pass a record: { name: fn }");
    return [];
  }
  return [{ ...findActivityRecord(run), name: run.name, run }];
}

function readEntries(source: object, faults: string[]): RegisteredActivity[] {
  return Object.entries(source).flatMap(([key, value]) => {
    if (isActivityDefinition(value)) return [readDefinition(key, value)];
    if (typeof value !== "function") return [];
    if (!isClass(value)) return [{ ...findActivityRecord(value), name: key, run: value as ActivityFunction }];
    if (hasMarkedMethods(value)) faults.push(`activities: ${key} is a class; pass an instance: new ${key}(…)`);
    return [];
  });
}

function readDefinition(key: string, definition: { name: string; run: ActivityFunction }): RegisteredActivity {
  return { ...findActivityRecord(definition), name: definition.name || key, run: definition.run };
}

/** Methods marked by `@activity.defn`, own and inherited, bound to their instance. */
function readMethods(instance: object): RegisteredActivity[] {
  const seen = new Set<string>();
  const found: RegisteredActivity[] = [];
  for (
    let proto = Object.getPrototypeOf(instance);
    proto && proto !== Object.prototype;
    proto = Object.getPrototypeOf(proto)
  ) {
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(proto))) {
      const record = findActivityRecord(value);
      if (record && !seen.has(key)) found.push({ ...record, run: value.bind(instance) });
      seen.add(key);
    }
  }
  return found;
}

function hasMarkedMethods(type: { prototype?: object }): boolean {
  const methods = Object.getOwnPropertyDescriptors(type.prototype ?? {});
  return Object.values(methods).some(({ value }) => findActivityRecord(value) !== undefined);
}

function isClass(value: object): boolean {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}
