/** Histories in a form in which those of the same workflow are equal, whoever ran it. */

/** A part of a history's JSON. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Fields that are left out, with the reason. */
const excluded: Readonly<Record<string, string>> = {
  eventTime: "the clock",
  taskId: "a counter of the server's",
  version: "only set by servers with replication",
  identity: "who it was",
  requestId: "made up for each request",
  workerVersion: "a hash of the worker's code",
  buildId: "a hash of the worker's code",
  binaryChecksum: "a hash of the worker's code, under its old name",
  sdkMetadata: "names the SDK; its flags are those of its own runtime",
  meteringMetadata: "counts attempts of local activities, which depend on the clock",
  historySizeBytes: "depends on the length of ids and names",
  stackTrace: "where in which SDK's code",
  source: "names the SDK",
  newExecutionRunId: "made up by the server",
  prevAutoResetPoints: "written by newer servers, with hashes of the worker's code",
  expirationTime: "the clock",
  workflowExecutionExpirationTime: "the clock",
  complete_time: "the clock, in the marker of a local activity",
  original_schedule_time: "the clock, in the marker of a local activity",
  firstWorkflowTaskBackoff: "what the run before left of the second that lies between two runs",
  workerDeploymentName: "empty without worker deployments",
};

/**
 * Events about a request to cancel another workflow: the official SDK names the run of the child that it started, this
 * one leaves it to the server, so that a child which has continued as new is reached too.
 */
const anyRun: ReadonlySet<string> = new Set([
  "requestCancelExternalWorkflowExecutionInitiatedEventAttributes",
  "externalWorkflowExecutionCancelRequestedEventAttributes",
]);

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** The events of a history without what cannot be equal; ids that are made up are numbered as they come. */
export function canonical(history: { events: Json[] }): Json[] {
  const numbers = new Map<string, string>();
  const number = (id: string) => {
    if (!numbers.has(id)) numbers.set(id, `#${numbers.size + 1}`);
    return numbers.get(id)!;
  };
  const queue = findTaskQueue(history.events);
  const rename = (text: string) => (queue ? text.replaceAll(queue, "queue") : text).replace(uuid, number);
  return history.events.map((event) => simplify(event, rename));
}

function simplify(json: Json, rename: (text: string) => string): Json {
  if (typeof json === "string") return rename(json);
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((item) => simplify(item, rename));
  if (json.kind === "TASK_QUEUE_KIND_STICKY") return "the worker's own queue";
  if (isPayload(json)) return simplify(readPayload(json), rename);
  const entries = Object.entries(json)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .filter(([name]) => !Object.hasOwn(excluded, name))
    .map(([name, value]) => [name, simplify(anyRun.has(name) ? withoutRun(value) : value, rename)] as const)
    .filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(entries);
}

function withoutRun(attributes: Json): Json {
  const { workflowExecution, ...rest } = attributes as Record<string, Record<string, Json>>;
  const { runId: _, ...execution } = workflowExecution;
  return { ...rest, workflowExecution: execution };
}

/** Unset and empty are the same on the wire, and servers differ in which of them they write. */
function isEmpty(value: Json): boolean {
  if (value === null || value === "" || value === "0s" || value === false || value === 0) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function isPayload(json: { [name: string]: Json }): boolean {
  return typeof (json.metadata as { encoding?: Json } | undefined)?.encoding === "string";
}

function readPayload({ metadata, data }: { [name: string]: Json }): Json {
  const names = Object.entries(metadata as Record<string, string>);
  const texts = names.map(([name, value]) => [name, atob(value)] as const).sort(([a], [b]) => a < b ? -1 : 1);
  const { encoding, ...rest } = Object.fromEntries(texts);
  const text = data ? new TextDecoder().decode(Uint8Array.from(atob(data as string), (c) => c.charCodeAt(0))) : "";
  const value = encoding === "json/plain" ? JSON.parse(text) : text;
  // A search attribute is removed by the JSON of null in the official SDK, by no value in this one and that of Python.
  return "type" in rest && !value ? "removed" : { encoding, ...rest, value };
}

function findTaskQueue([start]: Json[]): string | undefined {
  const { workflowExecutionStartedEventAttributes: attributes } = start as Record<
    string,
    { taskQueue?: { name: string } }
  >;
  return attributes?.taskQueue?.name;
}
