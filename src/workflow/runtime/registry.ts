/**
 * Which of the exports of workflow modules are workflows, and which methods are handlers.
 *
 * @module
 */
import { findDefinition, type Schemas, type WorkflowClass, type WorkflowDefinition } from "../../common/definition.ts";
import { ValueError } from "../../common/errors.ts";
import type { HandlerEntry, UserFunction } from "../bridge.ts";
import type { MethodDefinition } from "../decorators.ts";
import type { WorkflowInfoDefinition } from "../definition.ts";
import type { HandlerKind } from "../options.ts";
import { proxiedOptionsKey, stubKey } from "../symbols.ts";

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
  readonly types: readonly string[];
  /** The workflow of that type, else the dynamic one. */
  find(type: string): WorkflowListing | undefined;
}

/** Something to run as a workflow. */
export type Runnable =
  & { schemas: Schemas | undefined; dynamic: boolean }
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

/** The workflows among the exports of modules. Throws ValueError for a type that two of them have. */
export function listWorkflows(modules: readonly object[]): WorkflowListing[] {
  const found: Found = new Map();
  modules.forEach((module, index) => {
    for (const [exportName, value] of Object.entries(module)) {
      const runnable = findRunnable(value);
      const definition = findDefinition(value);
      if (!runnable || (exportName === "default" && !definition)) continue;
      const type = definition?.name || exportName;
      addWorkflow(found, { type, dynamic: runnable.dynamic, exportName, module: index, value });
    }
  });
  return [...found.values()].map(({ value: _, ...listing }) => listing);
}

/** Workflows by type. */
export function createTable(listings: readonly WorkflowListing[]): WorkflowTable {
  const byType = new Map(listings.map((listing) => [listing.type, listing]));
  const dynamic = listings.find((listing) => listing.dynamic);
  return { types: [...byType.keys()], find: (type) => byType.get(type) ?? dynamic };
}

/** What an export is to a worker, undefined where it is no workflow. */
export function findRunnable(value: unknown): Runnable | undefined {
  const definition = findDefinition<WorkflowInfoDefinition>(value);
  const isWorkflow = definition?.kind === "workflow";
  const shared = { schemas: definition?.args, dynamic: (isWorkflow && definition.options.dynamic) ?? false };
  if (isClass(value)) return isWorkflow ? { ...shared, kind: "class", target: value } : undefined;
  if (isWorkflow) return { ...shared, kind: "function", target: (value as WorkflowDefinition).run as UserFunction };
  if (typeof value !== "function" || definition || stubKey in value || proxiedOptionsKey in value) return undefined;
  return { schemas: undefined, dynamic: false, kind: "function", target: value as UserFunction };
}

/** The handlers of an object, inherited ones too; what a class overrides counts. */
export function findHandlers(instance: object): DeclaredHandler[] {
  const found = new Map<string, DeclaredHandler>();
  for (let type = Object.getPrototypeOf(instance); type !== null; type = Object.getPrototypeOf(type)) {
    for (const key of Object.getOwnPropertyNames(type)) {
      const definition = findMethod(type, key);
      if (definition && definition.kind !== "run" && !found.has(key)) {
        found.set(key, declare(instance, key, definition, definition.kind));
      }
    }
  }
  return [...found.values()];
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

function addWorkflow(found: Found, listing: WorkflowListing & { value: unknown }): void {
  const { type, exportName } = listing;
  const other = found.get(type);
  if (other?.value === listing.value) return;
  if (other) {
    throw new ValueError(
      `workflow type "${type}" is exported twice, as ${other.exportName} and as ${exportName}; rename one`,
    );
  }
  const dynamic = listing.dynamic && [...found.values()].find((known) => known.dynamic);
  if (dynamic) {
    throw new ValueError(`${dynamic.exportName} and ${exportName} are both dynamic workflows; keep one`);
  }
  found.set(type, listing);
}

/** Classes are the only functions whose prototype is fixed. */
function isClass(value: unknown): value is WorkflowClass & (new (...args: unknown[]) => { run: UserFunction }) {
  return typeof value === "function" && Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}
