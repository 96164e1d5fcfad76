/**
 * Queries that every workflow answers, for tools: where it waits, and what it can be asked and told.
 *
 * @module
 */
import { IllegalStateError } from "../../../common/errors.ts";
import { sdkName, version } from "../../../common/version.ts";
import type { HandlerKind } from "../../options.ts";
import type { CallSites, Frame } from "../call_sites.ts";
import type { Properties } from "../facts/properties.ts";
import type { RunState } from "../state.ts";
import type { Handlers } from "./handlers.ts";

/** What these queries are answered from. */
export interface ToolQuerySources {
  readonly state: RunState;
  readonly handlers: Handlers;
  readonly properties: Properties;
  readonly sites: CallSites;
  /** Whether stack traces come with the text of the files. */
  readonly showSources: boolean;
}

/** One of these queries. */
export interface ToolQuery {
  readonly description: string;
  /** The answer, as plain data. */
  answer(sources: ToolQuerySources): unknown;
}

/** These queries by name, sorted. */
export const toolQueries: ReadonlyMap<string, ToolQuery> = new Map([
  ["__enhanced_stack_trace", {
    description: "Where the workflow waits, with files, lines and columns as data.",
    answer: answerEnhancedStackTrace,
  }],
  ["__stack_trace", {
    description: "Where the workflow waits, as text.",
    answer: answerStackTrace,
  }],
  ["__temporal_workflow_metadata", {
    description: "The workflow's type, handlers and current details.",
    answer: answerMetadata,
  }],
]);

/** Queries of which a run knows the answer only when it is traced. */
export const tracedQueries: ReadonlySet<string> = new Set(["__enhanced_stack_trace", "__stack_trace"]);

function answerStackTrace({ sites }: ToolQuerySources): string {
  return readStacks(sites).map((frames) => frames.map(describe).join("\n")).join("\n\n");
}

function describe({ functionName, filePath, line, column }: Frame): string {
  const place = `${filePath}:${line}:${column}`;
  return functionName ? `    at ${functionName} (${place})` : `    at ${place}`;
}

/** As `temporal.api.sdk.v1.EnhancedStackTrace`. */
function answerEnhancedStackTrace({ sites, showSources }: ToolQuerySources): unknown {
  const stacks = readStacks(sites);
  const files = new Set(stacks.flatMap((frames) => frames.map(({ filePath }) => filePath)));
  const sources = [...files].map((file) => [file, { lineOffset: 0, content: sites.reader.readSource(file) ?? "" }]);
  return {
    sdk: { name: sdkName, version },
    sources: Object.fromEntries(showSources ? sources : []),
    stacks: stacks.map((frames) => ({ locations: frames.map((frame) => ({ ...frame, internalCode: false })) })),
  };
}

function readStacks(sites: CallSites): Frame[][] {
  if (sites.isOn) return sites.stacks;
  throw new IllegalStateError("where this run waits is not known: it was loaded without tracing");
}

/** As `temporal.api.sdk.v1.WorkflowMetadata`. */
function answerMetadata({ state, handlers, properties }: ToolQuerySources): unknown {
  const list = (kind: HandlerKind) => listDefinitions(handlers, kind);
  return {
    definition: {
      type: state.start!.workflowType,
      queryDefinitions: list("query"),
      signalDefinitions: list("signal"),
      updateDefinitions: list("update"),
    },
    currentDetails: properties.currentDetails,
  };
}

function listDefinitions(handlers: Handlers, kind: HandlerKind): { name: string; description?: string }[] {
  const tools = kind === "query" ? [...toolQueries].map(([name, { description }]) => ({ name, description })) : [];
  return [...handlers.describe(kind), ...tools].sort((one, other) => one.name < other.name ? -1 : 1);
}
