/**
 * Mistakes in definitions, each as a part of one message: all of one definition are reported together.
 *
 * @module
 */
import { type Definition, findDefinition } from "../common/definition.ts";

/** A method that a decorator has marked, with what is wrong about it. */
export interface MarkedMethod extends Definition {
  readonly options: { readonly dynamic?: boolean };
  readonly faults: readonly string[];
}

type Rule = readonly [holds: (value: unknown) => boolean, fault: string];

const workflowRules: Readonly<Record<string, Rule>> = {
  name: [(name) => typeof name === "string" && name !== "", "name is empty; leave it out or give a text"],
  sandboxed: [
    (sandboxed) => sandboxed === true,
    "the option sandboxed is not supported yet; leave it out, every workflow runs isolated",
  ],
  failureExceptionTypes: [
    (types) => Array.isArray(types) && types.every(isErrorClass),
    "failureExceptionTypes is no list of error classes; give classes such as [PaymentError], or [Error] for all",
  ],
  versioningBehavior: [
    (behavior) => behavior === "PINNED" || behavior === "AUTO_UPGRADE",
    "versioningBehavior is none; give PINNED or AUTO_UPGRADE",
  ],
  dynamicConfig: [(config) => typeof config === "function", "dynamicConfig is no function"],
};

const handlerRules: Readonly<Record<string, Rule>> = {
  validator: [(validator) => typeof validator === "function", "the validator is no function"],
  unfinishedPolicy: [
    (policy) => policy === "WARN_AND_ABANDON" || policy === "ABANDON",
    "unfinishedPolicy is none; give WARN_AND_ABANDON or ABANDON",
  ],
};

/** What is wrong with the type of a workflow, once it is known. */
export function findTypeFaults(type: string): string[] {
  return String(type).startsWith("__temporal_") ? [`workflow name ${type} is reserved; choose another one`] : [];
}

/** What is wrong with the options of a workflow, or with what it decides for a run. */
export function findWorkflowFaults(options: object): string[] {
  return findFaults(options, workflowRules);
}

/** What is wrong with the options of a handler. */
export function findHandlerFaults(options: object): string[] {
  return findFaults(options, handlerRules);
}

/** What is wrong with a class workflow and its marked methods, inherited ones too. */
export function findClassFaults(workflow: { prototype: object; name: string }): string[] {
  const methods = findMarkedMethods(workflow);
  return [...findRunFaults(workflow.prototype), ...methods.flatMap(({ faults }) => faults), ...findTwins(methods)];
}

function findFaults(options: object, rules: Readonly<Record<string, Rule>>): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    return value === undefined || !rule || rule[0](value) ? [] : [rule[1]];
  });
}

function findRunFaults(prototype: object): string[] {
  const run: unknown = Object.getOwnPropertyDescriptor(prototype, "run")?.value;
  if (typeof run !== "function") return ["has no method run of its own; add one, marked with @workflow.run"];
  return findDefinition(run)?.kind === "run" ? [] : ["its method run is not marked with @workflow.run; mark it"];
}

/** Static ones too, so that they are reported; what a class overrides counts once. */
function findMarkedMethods(workflow: { prototype: object }): (MarkedMethod & { key: string })[] {
  const seen = new Set<PropertyKey>();
  const found: (MarkedMethod & { key: string })[] = [];
  for (let type: object | null = workflow.prototype; type; type = Object.getPrototypeOf(type)) {
    const own = type === workflow.prototype ? [type, workflow] : [type];
    for (const [target, key] of own.flatMap((target) => Reflect.ownKeys(target).map((key) => [target, key] as const))) {
      const value: unknown = Object.getOwnPropertyDescriptor(target, key)?.value;
      const method = key === "constructor" ? undefined : findDefinition<MarkedMethod>(value);
      if (method?.faults && !seen.has(key)) found.push({ ...method, key: String(key) });
      if (method) seen.add(key);
    }
  }
  return found;
}

/** Methods that claim the same name. */
function findTwins(methods: readonly (MarkedMethod & { key: string })[]): string[] {
  const byName = new Map<string, string>();
  return methods.flatMap(({ kind, name, key, options: { dynamic } }) => {
    if (kind === "run") return [];
    const claim = kind === "dynamicConfig" ? kind : dynamic ? `dynamic ${kind}` : `${kind} ${name}`;
    const other = byName.get(claim);
    byName.set(claim, key);
    return other === undefined ? [] : [`${other} and ${key} are both the ${claim}; keep one`];
  });
}

/** By name: the runtime asks about classes of other realms. */
function isErrorClass(type: unknown): boolean {
  for (let base = type; typeof base === "function"; base = Object.getPrototypeOf(base)) {
    if (base.name === "Error") return true;
  }
  return false;
}
