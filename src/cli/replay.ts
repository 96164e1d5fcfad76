/**
 * `anywhen replay`: the determinism check, on histories in files or on a server.
 *
 * @module
 */
import { Client } from "../client/client.ts";
import { WorkflowHistory } from "../client/history.ts";
import { NondeterminismError, ValueError } from "../common/errors.ts";
import { nodeModule } from "../platform.ts";
import { Replayer, type WorkflowReplayResult } from "../worker/replayer.ts";
import { type Command, defineOperandCommand, type Terminal } from "./command.ts";
import { connectionFlags, readConnectOptions } from "./connection.ts";
import { defineFlags, UsageError, type Values } from "./flags.ts";
import { toJsonText } from "./output.ts";

const flags = defineFlags({
  "query": { type: "string", short: "q", help: "replays what a list filter finds, such as WorkflowType = 'Order'" },
  "limit": { type: "number", help: "at most so many of them" },
  "fail-fast": { type: "boolean", help: "ends with the first failure" },
  "output": { type: "string", short: "o", default: "text", help: "text or json" },
  "namespace": { type: "string", short: "n", help: "the namespace (TEMPORAL_NAMESPACE, default)" },
  ...connectionFlags,
});

type ReplayValues = Values<typeof flags>;

/** A replayed history, as `--output json` prints it. */
interface Report {
  workflowId: string;
  runId: string;
  workflowType: string;
  events: number;
  error?: { name: string; message: string; eventId?: number; source?: string; diff?: string };
}

/** Replays histories; fails when one of them does not replay. */
export const replay: Command = defineOperandCommand("<workflows> [history.json …]", flags, run);

async function run(values: ReplayValues, operands: readonly string[], terminal: Terminal): Promise<void> {
  const [workflows, ...files] = checkUsage(values, operands);
  const isText = values.output === "text";
  const reports: Report[] = [];
  let failed = 0;
  await using replayer = await Replayer.create({ workflows, namespace: values.namespace });
  for await (const result of replayer.replayWorkflows(readHistories(values, files))) {
    const report = toReport(result);
    reports.push(report);
    if (report.error) failed++;
    if (isText) print(report, terminal);
    if (report.error && values["fail-fast"]) break;
  }
  if (!isText) terminal.print(toJsonText(reports));
  else terminal.print(`${reports.length - failed} replayed, ${failed} failed`);
  if (failed > 0) throw new Error(`the workflow code does not do what ${failed} of ${reports.length} histories say`);
}

function checkUsage(values: ReplayValues, operands: readonly string[]): readonly string[] {
  if (operands.length === 0) {
    throw new UsageError("the workflows are missing: anywhen replay <workflows> [history.json …]");
  }
  if (!["text", "json"].includes(values.output)) {
    throw new UsageError(`--output takes text or json, not ${JSON.stringify(values.output)}`);
  }
  const hasQuery = values.query !== undefined;
  if (operands.length === 1 && !hasQuery) {
    throw new UsageError("nothing to replay: name history files, or give --query");
  }
  if (values.limit !== undefined && !hasQuery) throw new UsageError("--limit goes with --query");
  return operands;
}

async function* readHistories(values: ReplayValues, files: readonly string[]): AsyncGenerator<WorkflowHistory> {
  for (const file of files) yield await readFile(file);
  if (values.query === undefined) return;
  const options = await readConnectOptions(values);
  await using client = await Client.connect({ ...options, namespace: values.namespace ?? options.namespace });
  yield* client.workflow.list(values.query, { limit: values.limit }).mapHistories();
}

/** Histories that do not name their workflow get the name of their file. */
async function readFile(file: string): Promise<WorkflowHistory> {
  let text: string;
  try {
    text = await nodeModule("node:fs").promises.readFile(file, "utf8");
  } catch (error) {
    throw new ValueError(`${file} cannot be read (${(error as { code?: string }).code ?? error})`, { cause: error });
  }
  const history = WorkflowHistory.fromJSON(file, text);
  return new WorkflowHistory(startOf(history)?.workflowId || file, history.events);
}

function startOf({ events }: WorkflowHistory) {
  const attributes = events[0]?.attributes;
  return attributes?.case === "workflowExecutionStartedEventAttributes" ? attributes.value : undefined;
}

function toReport({ workflowId, runId, history, error }: WorkflowReplayResult): Report {
  const workflowType = startOf(history)?.workflowType?.name ?? "";
  const report = { workflowId, runId, workflowType, events: history.events.length };
  if (!error) return report;
  const { name, message } = error;
  if (!(error instanceof NondeterminismError)) return { ...report, error: { name, message } };
  const { eventId, source, diff } = error;
  return { ...report, error: { name, message, eventId, source, diff } };
}

function print({ workflowId, runId, workflowType, events, error }: Report, terminal: Terminal): void {
  terminal.print(`${error ? "FAILED" : "ok    "}  ${workflowType}  ${workflowId}  ${runId}  ${events} events`);
  if (!error) return;
  terminal.print(`  ${error.name}: ${error.message}`);
  for (const line of error.diff?.split("\n") ?? []) terminal.print(`    ${line}`);
}
