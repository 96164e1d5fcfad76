import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { WorkflowHistory } from "@anywhen/temporal/client";
import { NondeterminismError } from "@anywhen/temporal/common";
import { Replayer } from "@anywhen/temporal/worker";
import { DataConverter } from "../../src/converter/data.ts";
import { Run } from "../../src/core/run.ts";
import { Activator } from "../../src/worker/activator.ts";
import { RunContexts } from "../../src/worker/run_contexts.ts";
import { createWorkflowHost, type WorkflowHost } from "../../src/worker/workflow_host.ts";
import type { Command } from "../../src/workflow/activation.ts";
import { createLog } from "../activity/support.ts";
import { readPayload } from "./support.ts";

/** Who recorded, and the same workflows in our words. */
const recorders = {
  "typescript-1.24.0": "./workflows/golden_typescript.ts",
  "python-1.35.0": "./workflows/golden_python.ts",
};

for (const [recorder, module] of Object.entries(recorders)) {
  describe(`histories of ${recorder}`, () => {
    const workflows = new URL(module, import.meta.url);
    const folder = new URL(`../histories/${recorder}/`, import.meta.url);
    const names = readdirSync(folder).filter((name) => name.endsWith(".json")).sort();
    const read = (name: string) => readFileSync(new URL(name, folder), "utf8");
    let replayer: Replayer;
    let host: WorkflowHost;

    before(async () => {
      const { logger } = createLog();
      replayer = await Replayer.create({ workflows, telemetry: { logger } });
      host = await createWorkflowHost(workflows, { logger, dataConverter: DataConverter.default });
    });

    for (const name of names) {
      test(`${name} replays and ends as recorded`, async () => {
        const history = read(name);
        await replayer.replayWorkflow(history);
        const end = await findEnd(host, WorkflowHistory.fromJSON("golden", history));
        assert.deepEqual(end, recordedEnd(JSON.parse(history).events.at(-1)));
      });
    }

    test("a history that says something else is nondeterminism", async () => {
      for (const name of ["activities.json", "timers.json", "cancellationTypes.json"]) {
        const events: Event[] = JSON.parse(read(name)).events;
        const isStart = (event: Event) => /TIMER_STARTED|TASK_SCHEDULED$/.test(event.eventType);
        const changed = events.filter(isStart).find((event) => !event.eventType.includes("WORKFLOW"))!;
        changed.eventType = "EVENT_TYPE_TIMER_CANCELED";
        await assert.rejects(replayer.replayWorkflow({ events }), NondeterminismError);
      }
    });
  });
}

interface Event {
  eventType: string;
  // deno-lint-ignore no-explicit-any
  [attributes: string]: any;
}

/** The command with which the workflow code ends its run, in the terms of {@link recordedEnd}. */
async function findEnd(host: WorkflowHost, history: WorkflowHistory): Promise<unknown> {
  const activator = new Activator({ dataConverter: DataConverter.default });
  const { runId, workflowId, events } = history;
  const identity = { namespace: "default", workflowId, workflowType: "" };
  const run = new Run({ ...identity, runId, taskQueue: "golden", buildId: "" });
  const contexts = new RunContexts(identity);
  const realm = host.realms.createRun({ runId });
  let end: Command | undefined;
  const startedEventId = Number(events.at(-1)!.eventId);
  run.begin({ events, previousStartedEventId: startedEventId, startedEventId, messages: [], queries: {} });
  for (let activation = run.next(); activation; activation = run.next()) {
    const completion = await activator.activate(realm, activation, contexts);
    if (completion.kind === "successful") end = completion.commands.find(isEnd) ?? end;
    run.accept(completion);
  }
  realm.dispose();
  switch (end?.kind) {
    case "completeWorkflow":
      return { result: end.result?.data.length ? readPayload(end.result) : undefined };
    case "failWorkflow":
      return { failure: end.failure.message };
    case "continueAsNew":
      return { args: end.args.map(readPayload) };
    default:
      return end && { kind: end.kind };
  }
}

function isEnd({ kind }: Command): boolean {
  return ["completeWorkflow", "failWorkflow", "cancelWorkflow", "continueAsNew"].includes(kind);
}

function recordedEnd(event: Event): unknown {
  const payloads = (holder?: { payloads: { data?: string }[] }) =>
    holder?.payloads.map(({ data }) => data ? JSON.parse(atob(data)) : undefined) ?? [];
  switch (event.eventType) {
    case "EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED":
      return { result: payloads(event.workflowExecutionCompletedEventAttributes.result)[0] };
    case "EVENT_TYPE_WORKFLOW_EXECUTION_FAILED":
      return { failure: event.workflowExecutionFailedEventAttributes.failure.message };
    case "EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW":
      return { args: payloads(event.workflowExecutionContinuedAsNewEventAttributes.input) };
    case "EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED":
      return { kind: "cancelWorkflow" };
    default:
      return undefined;
  }
}
