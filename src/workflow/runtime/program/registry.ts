/**
 * Which of the exports of workflow modules are workflows, and which methods are handlers.
 *
 * @module
 */
import {
  findDefinition,
  type Schemas,
  type WorkflowClass,
  type WorkflowDefinition,
} from "../../../common/definition.ts";
import { ValueError } from "../../../common/errors.ts";
import type { HandlerEntry, UserFunction } from "../../bridge.ts";
import type { MethodDefinition } from "../../decorators.ts";
import type { DynamicWorkflowConfig, WorkflowInfoDefinition } from "../../definition.ts";
import type { HandlerKind } from "../../options.ts";
import { proxiedOptionsKey, stubKey } from "../../symbols.ts";

/** Where a registered workflow is in the bundle. */
export interface WorkflowListing {
  type: string;
  /** Whether it takes the types that no other workflow has. */
  dynamic: boolean;
  /** Index of the module. */
  module: number;
  exportName: string;
}

/** The workflows in a bundle. */
export interface WorkflowTable {
  /** {@link anyType} among them where there is a dynamic workflow. */
  readonly types: readonly string[];
  /** The workflow of that type, else the dynamic one. */
  find(type: string): WorkflowListing | undefined;
}

/** Something to run as a workflow. */
export type Runnable =
  & { schemas: Schemas | undefined; dynamic: boolean; options: WorkflowInfoDefinition["options"] }
  & (
    | { kind: "function"; target: UserFunction }
    | { kind: "class"; target: new (...args: unknown[]) => { run: UserFunction } }
  );

/** A handler that a class declares. */
export interface DeclaredHandler {
  kind: HandlerKind;
  /** Undefined for the dynamic one. */
  name: string | undefined;
  entry: HandlerEntry;
}

type Found = Map<string, WorkflowListing & { value: unknown }>;

/** The workflows among the exports of modules. Throws one ValueError that names all that cannot be side by side. */
export function listWorkflows(modules: readonly object[]): WorkflowListing[] {
  const found: Found = new Map();
  const faults: string[] = [];
  modules.forEach((module, index) => {
    for (const [exportName, value] of Object.entries(module)) {
      const runnable = findRunnable(value);
      const definition = findDefinition(value);
      if (!runnable || (exportName === "default" && !definition)) continue;
      const type = definition?.name || exportName;
      const fault = addWorkflow(found, { type, dynamic: runnable.dynamic, exportName, module: index, value });
      if (fault) faults.push(fault);
    }
  });
  if (faults.length > 0) throw new ValueError(faults.join("; "));
  return [...found.values()].map(({ value: _, ...listing }) => listing);
}

/** Stands for the dynamic workflow in a list of types. */
export const anyType: string = "*";

/** Workflows by type. */
export function createTable(listings: readonly WorkflowListing[]): WorkflowTable {
  const dynamic = listings.find((listing) => listing.dynamic);
  const named = listings.filter((listing) => listing !== dynamic);
  const byType = new Map(named.map((listing) => [listing.type, listing]));
  return { types: [...byType.keys(), ...(dynamic ? [anyType] : [])], find: (type) => byType.get(type) ?? dynamic };
}

/** What an export is to a worker, undefined where it is no workflow. */
export function findRunnable(value: unknown): Runnable | undefined {
  const definition = findDefinition<WorkflowInfoDefinition>(value);
  const isWorkflow = definition?.kind === "workflow";
  const options = isWorkflow ? definition.options : {};
  const shared = { schemas: definition?.args, dynamic: options.dynamic ?? false, options };
  if (isClass(value)) return isWorkflow ? { ...shared, kind: "class", target: value } : undefined;
  if (isWorkflow) return { ...shared, kind: "function", target: (value as WorkflowDefinition).run as UserFunction };
  if (typeof value !== "function" || definition || stubKey in value || proxiedOptionsKey in value) return undefined;
  return { ...shared, kind: "function", target: value as UserFunction };
}

/** The handlers of an object, inherited ones too; what a class overrides counts. */
export function findHandlers(instance: object): DeclaredHandler[] {
  const found = new Map<string, DeclaredHandler>();
  for (let type = Object.getPrototypeOf(instance); type !== null; type = Object.getPrototypeOf(type)) {
    for (const key of Object.getOwnPropertyNames(type)) {
      const definition = findMethod(type, key);
      if (definition && isHandler(definition.kind) && !found.has(key)) {
        found.set(key, declare(instance, key, definition, definition.kind));
      }
    }
  }
  return [...found.values()];
}

/** The method of an object that decides what the definition of its workflow leaves open. */
export function findDynamicConfig(instance: object): (() => DynamicWorkflowConfig) | undefined {
  for (let type = Object.getPrototypeOf(instance); type !== null; type = Object.getPrototypeOf(type)) {
    const key = Object.getOwnPropertyNames(type).find((name) => findMethod(type, name)?.kind === "dynamicConfig");
    if (key) return (instance as Record<string, () => DynamicWorkflowConfig>)[key];
  }
  return undefined;
}

function isHandler(kind: MethodDefinition["kind"]): kind is HandlerKind {
  return kind !== "run" && kind !== "dynamicConfig";
}

function declare(instance: object, key: string, definition: MethodDefinition, kind: HandlerKind): DeclaredHandler {
  const { name, args, options: { validator, description, unfinishedPolicy, dynamic } } = definition;
  const fn = (instance as Record<string, UserFunction>)[key];
  const entry = { fn, self: instance, validator, args, description, unfinishedPolicy };
  return { kind, name: dynamic ? undefined : name, entry };
}

function findMethod(type: object, key: string): MethodDefinition | undefined {
  const value = Object.getOwnPropertyDescriptor(type, key)?.value;
  return typeof value === "function" && key !== "constructor" ? findDefinition<MethodDefinition>(value) : undefined;
}

/** Adds a workflow, or says why it cannot be. */
function addWorkflow(found: Found, listing: WorkflowListing & { value: unknown }): string | undefined {
  const { type, exportName } = listing;
  const other = found.get(type);
  if (other?.value === listing.value) return undefined;
  if (other) {
    return `workflow type "${type}" is exported twice, as ${other.exportName} and as ${exportName}; rename one`;
  }
  const dynamic = listing.dynamic && [...found.values()].find((known) => known.dynamic);
  if (dynamic) return `${dynamic.exportName} and ${exportName} are both dynamic workflows; keep one`;
  found.set(type, listing);
  return undefined;
}

/** Classes are the only functions whose prototype is fixed. */
function isClass(value: unknown): value is WorkflowClass & (new (...args: unknown[]) => { run: UserFunction }) {
  return typeof value === "function" && Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}
