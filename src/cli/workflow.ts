/**
 * `anywhen workflow …`: starts, asks, steers and lists workflows.
 *
 * @module
 */
import { Client } from "../client/client.ts";
import type { WorkflowExecution } from "../client/execution.ts";
import type { WorkflowHandle } from "../client/handle.ts";
import { toDate } from "../client/proto.ts";
import type { UntypedWorkflow } from "../common/definition.ts";
import { EventType } from "../gen/temporal/api/enums/v1/event_type_pb.ts";
import { type Command, defineCommand, type Terminal } from "./command.ts";
import { connectionFlags, readConnectOptions } from "./connection.ts";
import { defineFlags, type Flags, UsageError, type Values } from "./flags.ts";
import { printFields, printTable, toJsonText } from "./output.ts";

const commonFlags = defineFlags({
  ...connectionFlags,
  "namespace": { type: "string", short: "n", help: "the namespace (TEMPORAL_NAMESPACE, default)" },
  "output": { type: "string", short: "o", default: "text", help: "text or json" },
});

const runFlags = defineFlags({
  ...commonFlags,
  "workflow-id": { type: "string", short: "w", help: "the workflow's id" },
  "run-id": { type: "string", short: "r", help: "the run; the newest without" },
});

const inputFlag = defineFlags({ "input": { type: "list", short: "i", help: "an argument as JSON; repeatable" } });

const startFlags = defineFlags({
  ...commonFlags,
  ...inputFlag,
  "workflow-id": { type: "string", short: "w", help: "the workflow's id; a new UUID without" },
  "type": { type: "string", help: "the workflow's type" },
  "task-queue": { type: "string", short: "t", help: "the task queue" },
});

const callFlags = defineFlags({ ...runFlags, ...inputFlag, "name": { type: "string", help: "the handler's name" } });
const reasonFlags = defineFlags({ ...runFlags, "reason": { type: "string", help: "why" } });
const queryFlags = defineFlags({
  ...commonFlags,
  "query": { type: "string", short: "q", help: "a list filter such as WorkflowType = 'Order'" },
});
const listFlags = defineFlags({ ...queryFlags, "limit": { type: "number", help: "at most so many" } });

type CommonValues = Values<typeof commonFlags>;
type RunValues = Values<typeof runFlags>;

/** Where a command's answer goes: as text or as JSON. */
interface Answer {
  /** Named values. */
  fields(values: Record<string, unknown>): void;
  /** Rows, as JSON one array. */
  rows(rows: Record<string, unknown>[]): void;
  /** One value as JSON in both forms. */
  value(value: unknown): void;
}

/** The last words of the commands. */
export type WorkflowCommand =
  | "start"
  | "execute"
  | "signal"
  | "query"
  | "update"
  | "result"
  | "describe"
  | "show"
  | "list"
  | "count"
  | "cancel"
  | "terminate";

/** The commands by their last word. */
export const workflowCommands: Readonly<Record<WorkflowCommand, Command>> = {
  start: onClient(startFlags, async (client, values, answer) => {
    const handle = await startFrom(client, values);
    answer.fields({ WorkflowId: handle.id, RunId: handle.resultRunId, Namespace: client.namespace });
  }),
  execute: onClient(startFlags, async (client, values, answer) => {
    answer.value(await (await startFrom(client, values)).result());
  }),
  signal: onClient(callFlags, async (client, values) => {
    await findRun(client, values).signal(need(values, "name"), ...readInputs(values.input));
  }),
  query: onClient(callFlags, async (client, values, answer) => {
    answer.value(await findRun(client, values).query(need(values, "name"), ...readInputs(values.input)));
  }),
  update: onClient(callFlags, async (client, values, answer) => {
    const args = readInputs(values.input);
    answer.value(await findRun(client, values).executeUpdate(need(values, "name"), { args }));
  }),
  result: onClient(runFlags, async (client, values, answer) => {
    answer.value(await findRun(client, values).result());
  }),
  describe: onClient(runFlags, async (client, values, answer) => {
    answer.fields(summarize(await findRun(client, values).describe()));
  }),
  show: onClient(runFlags, showHistory),
  list: onClient(listFlags, async (client, values, answer) => {
    const rows: Record<string, unknown>[] = [];
    for await (const execution of client.workflow.list(values.query, { limit: values.limit })) {
      rows.push(summarize(execution));
    }
    answer.rows(rows);
  }),
  count: onClient(queryFlags, async (client, values, answer) => {
    const { count, groups } = await client.workflow.count(values.query);
    const byGroup = groups.map((group) => [group.groupValues.join(" "), group.count]);
    answer.fields({ Total: count, ...Object.fromEntries(byGroup) });
  }),
  cancel: onClient(reasonFlags, async (client, values) => {
    await findRun(client, values).cancel(values.reason);
  }),
  terminate: onClient(reasonFlags, async (client, values) => {
    await findRun(client, values).terminate(values.reason);
  }),
};

function onClient<F extends Flags & typeof commonFlags>(
  flags: F,
  run: (client: Client, values: Values<F>, answer: Answer) => Promise<void>,
): Command {
  return defineCommand(flags, async (values, terminal) => {
    const common = values as unknown as CommonValues;
    const answer = createAnswer(common.output, terminal);
    const options = await readConnectOptions(common);
    await using client = await Client.connect({ ...options, namespace: common.namespace ?? options.namespace });
    await run(client, values, answer);
  });
}

function createAnswer(form: string, terminal: Terminal): Answer {
  const value = (content: unknown): void => terminal.print(toJsonText(content));
  if (form === "json") return { fields: value, rows: value, value };
  if (form !== "text") throw new UsageError(`--output takes text or json, not ${JSON.stringify(form)}`);
  return {
    value,
    fields: (values) => printFields(terminal, values),
    rows: (rows) => printTable(terminal, rows),
  };
}

async function startFrom(client: Client, values: Values<typeof startFlags>): Promise<WorkflowHandle> {
  return await client.workflow.start<UntypedWorkflow>(need(values, "type"), {
    id: values["workflow-id"] ?? crypto.randomUUID(),
    taskQueue: need(values, "task-queue"),
    args: readInputs(values.input),
  });
}

function findRun(client: Client, values: RunValues): WorkflowHandle {
  return client.workflow.getHandle(need(values, "workflow-id"), { runId: values["run-id"] });
}

async function showHistory(client: Client, values: RunValues, answer: Answer): Promise<void> {
  const history = await findRun(client, values).fetchHistory();
  if (values.output === "json") return answer.value(history.toJSON());
  answer.rows(history.events.map(({ eventId, eventTime, eventType }) => ({
    Event: Number(eventId),
    Time: toDate(eventTime),
    Type: EVENT_NAMES.get(eventType) ?? eventType,
  })));
}

const EVENT_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(EventType).map(([name, number]) => [number, toPascalCase(name)]),
);

function toPascalCase(name: string): string {
  return name.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function summarize(execution: WorkflowExecution): Record<string, unknown> {
  const { status, id, runId, workflowType, taskQueue, startTime, closeTime, historyLength } = execution;
  return {
    Status: status,
    WorkflowId: id,
    RunId: runId,
    Type: workflowType,
    TaskQueue: taskQueue,
    StartTime: startTime,
    CloseTime: closeTime,
    HistoryLength: historyLength,
  };
}

function need<K extends string>(values: { [N in K]?: string | undefined }, name: K): string {
  const value = values[name];
  if (!value) throw new UsageError(`--${name} is missing`);
  return value;
}

function readInputs(inputs: string[]): unknown[] {
  return inputs.map((input) => {
    try {
      return JSON.parse(input);
    } catch (error) {
      throw new UsageError(`--input takes JSON (strings in quotes), not ${input}`, { cause: error });
    }
  });
}
