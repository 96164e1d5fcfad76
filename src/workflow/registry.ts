/**
 * Which of the exports of workflow modules are workflows.
 *
 * @module
 */
import { findDefinition, type Schemas, type WorkflowClass, type WorkflowDefinition } from "../common/definition.ts";
import { ValueError } from "../common/errors.ts";
import type { WorkflowListing } from "./bridge.ts";
import type { WorkflowInfoDefinition } from "./definition.ts";

/** Marks what stands for something that is not there: never a workflow. */
export const stubKey: unique symbol = Symbol.for("@anywhen/temporal/Stub") as never;
const proxyKey: unique symbol = Symbol.for("@anywhen/temporal/ActivityOptions") as never;

/** Something to run as a workflow. */
export interface Runnable {
  kind: "function" | "class";
  target: ((...args: never[]) => unknown) | WorkflowClass;
  schemas: Schemas | undefined;
  dynamic: boolean;
}

/** The workflows among the exports of modules. Throws ValueError for a type that two of them have. */
export function listWorkflows(modules: readonly object[]): WorkflowListing[] {
  const found = new Map<string, WorkflowListing & { value: unknown }>();
  modules.forEach((module, index) => {
    for (const [exportName, value] of Object.entries(module)) {
      const runnable = findRunnable(value);
      if (!runnable || (exportName === "default" && !findDefinition(value))) continue;
      addWorkflow(found, { ...describe(exportName, value, runnable), module: index, value });
    }
  });
  return [...found.values()].map(({ value: _, ...listing }) => listing);
}

/** What an export is to a worker, undefined where it is no workflow. */
export function findRunnable(value: unknown): Runnable | undefined {
  const definition = findDefinition<WorkflowInfoDefinition>(value);
  const isWorkflow = definition?.kind === "workflow";
  const schemas = definition?.args;
  const dynamic = (isWorkflow && definition.options.dynamic) ?? false;
  if (isClass(value)) {
    return isWorkflow ? { kind: "class", target: value as unknown as WorkflowClass, schemas, dynamic } : undefined;
  }
  if (isWorkflow) return { kind: "function", target: (value as WorkflowDefinition).run, schemas, dynamic };
  if (typeof value !== "function" || stubKey in value || proxyKey in value) return undefined;
  return { kind: "function", target: value as Runnable["target"], schemas: undefined, dynamic: false };
}

function describe(exportName: string, value: unknown, runnable: Runnable): Omit<WorkflowListing, "module"> {
  const type = findDefinition(value)?.name || exportName;
  return { type, dynamic: runnable.dynamic, exportName };
}

function addWorkflow(
  found: Map<string, WorkflowListing & { value: unknown }>,
  listing: WorkflowListing & { value: unknown },
): void {
  const other = found.get(listing.type);
  if (other?.value === listing.value) return;
  if (other) {
    throw new ValueError(
      `workflow type "${listing.type}" is exported twice, as ${other.exportName} and as ${listing.exportName}; rename one`,
    );
  }
  const dynamic = listing.dynamic && [...found.values()].find((known) => known.dynamic);
  if (dynamic) {
    throw new ValueError(`${dynamic.exportName} and ${listing.exportName} are both dynamic workflows; keep one`);
  }
  found.set(listing.type, listing);
}

/** Classes are the only functions whose prototype is fixed. */
function isClass(value: unknown): boolean {
  return typeof value === "function" && Object.getOwnPropertyDescriptor(value, "prototype")?.writable === false;
}
