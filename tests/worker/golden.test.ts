import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { before, describe, test } from "node:test";
import { type HistoryEvent, WorkflowHistory } from "@anywhen/temporal/client";
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
const typescript = ["basics", "children", "local", "races", "values", "versions"].map((name) =>
  `golden_typescript/${name}.ts`
);
const recorders = {
  "typescript-1.10.3": typescript,
  "typescript-1.11.8": typescript,
  "typescript-1.24.0": typescript,
  "python-1.35.0": ["golden_python/basics.ts", "golden_python/features.ts", "golden_python/rules.ts"],
};

for (const [recorder, modules] of Object.entries(recorders)) {
  describe(`histories of ${recorder}`, () => {
    const workflows = modules.map((name) => new URL(`./workflows/${name}`, import.meta.url));
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
      test(`REPLAY-06 ${name} replays and ends as recorded`, async () => {
        const { history } = await replayer.replayWorkflow(read(name));
        assert.deepEqual(await findEnd(host, history), recordedEnd(JSON.parse(read(name)).events.at(-1)));
      });
    }

    test("REPLAY-01 all of them replay up to each of their workflow tasks", async () => {
      for (const name of names) {
        const { workflowId, events } = WorkflowHistory.fromJSON(name, read(name));
        const isTask = ({ attributes }: HistoryEvent) => attributes.case === "workflowTaskStartedEventAttributes";
        const prefixes = events.filter(isTask).map(({ eventId }) =>
          new WorkflowHistory(workflowId, events.slice(0, Number(eventId)))
        );
        for await (const { history, error } of replayer.replayWorkflows(prefixes)) {
          assert.equal(error, undefined, `${name} up to event ${history.events.length}: ${error?.message}`);
        }
      }
    });

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

describe("a patch over the releases", () => {
  const workflows = new URL("./workflows/golden_typescript/later_versions.ts", import.meta.url);
  const read = (path: string) => readFileSync(new URL(`../histories/${path}.json`, import.meta.url), "utf8");
  let replayer: Replayer;

  before(async () => {
    replayer = await Replayer.create({ workflows });
  });

  for (const path of ["typescript-1.10.3/patchedOnce", "typescript-1.24.0/patchedOnce"]) {
    test(`REPLAY-06 ${path} replays when its patches are deprecated`, async () => {
      await replayer.replayWorkflow(read(path));
    });
  }

  test("REPLAY-06 typescript-1.24.0/patchDeprecated replays when its deprecated patches are gone", async () => {
    await replayer.replayWorkflow(read("typescript-1.24.0/patchDeprecated"));
  });

  test("a patch that goes without being deprecated is nondeterminism", async () => {
    const gone = JSON.parse(read("typescript-1.24.0/patchDeprecated"));
    const marker = gone.events.find((event: Event) => event.eventType === "EVENT_TYPE_MARKER_RECORDED");
    const { payloads: [payload] } = marker.markerRecordedEventAttributes.details["patch-data"];
    payload.data = btoa(JSON.stringify({ ...JSON.parse(atob(payload.data)), deprecated: false }));
    await assert.rejects(replayer.replayWorkflow(gone), {
      name: "NondeterminismError",
      expected: 'MARKER_RECORDED (patch "first change")',
    });
  });
});

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
