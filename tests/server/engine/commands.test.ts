import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { CommandType } from "../../../src/gen/temporal/api/enums/v1/command_type_pb.ts";
import type { RawClient } from "./harness.ts";
import {
  cancelActivity,
  cancelTimer,
  close,
  completeWorkflow,
  errorOf,
  failWorkflow,
  ms,
  payload,
  payloads,
  Scene,
  scheduleActivity,
  startTimer,
} from "./harness.ts";

after(close);

type Commands = Parameters<Scene["complete"]>[1];

interface Case {
  name: string;
  commands: (scene: Scene) => NonNullable<Commands>;
  error: string;
  cause: string;
}

const large = "x".repeat(2 * 1024 * 1024 + 10);
const long = "l".repeat(1001);

function bare(commandType: CommandType): NonNullable<Commands> {
  return [{ commandType }];
}

function marker(markerName: string, value: unknown = 1): NonNullable<Commands>[number] {
  return {
    commandType: CommandType.RECORD_MARKER,
    attributes: { case: "recordMarkerCommandAttributes", value: { markerName, details: { data: payloads(value) } } },
  };
}

function upsert(fields: Record<string, ReturnType<typeof payload>>): NonNullable<Commands> {
  return [{
    commandType: CommandType.UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    attributes: {
      case: "upsertWorkflowSearchAttributesCommandAttributes",
      value: { searchAttributes: { indexedFields: fields } },
    },
  }];
}

function modify(fields: Record<string, ReturnType<typeof payload>>): NonNullable<Commands> {
  return [{
    commandType: CommandType.MODIFY_WORKFLOW_PROPERTIES,
    attributes: { case: "modifyWorkflowPropertiesCommandAttributes", value: { upsertedMemo: { fields } } },
  }];
}

const BAD: Case[] = [
  {
    name: "an activity with no timeout",
    commands: (scene) => [scheduleActivity(scene, "a", { startToCloseTimeout: undefined })],
    error: "BadScheduleActivityAttributes: A valid StartToClose or ScheduleToCloseTimeout is not set on " +
      "ScheduleActivityTaskCommand. ActivityId=a ActivityType=Act",
    cause: "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES",
  },
  {
    name: "an activity with no id",
    commands: (scene) => [scheduleActivity(scene, "")],
    error: "BadScheduleActivityAttributes: ActivityId is not set on ScheduleActivityTaskCommand. ActivityType=Act",
    cause: "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES",
  },
  {
    name: "an activity with no type",
    commands: (scene) => [scheduleActivity(scene, "a", { activityType: undefined })],
    error: "BadScheduleActivityAttributes: ActivityType is not set on ScheduleActivityTaskCommand. ActivityID=a",
    cause: "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES",
  },
  {
    name: "an activity with a negative timeout",
    commands: (scene) => [scheduleActivity(scene, "a", { heartbeatTimeout: { seconds: -5n, nanos: 0 } })],
    error: "BadScheduleActivityAttributes: Invalid HeartbeatTimeout for ScheduleActivityTaskCommand: " +
      "negative duration. ActivityId=a ActivityType=Act",
    cause: "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES",
  },
  {
    name: "two activities of one id",
    commands: (scene) => [scheduleActivity(scene, "a"), scheduleActivity(scene, "a")],
    error: "ScheduleActivityDuplicateId: invalid history builder state for action: " +
      "add-activitytask-scheduled-event, ActivityID: a",
    cause: "SCHEDULE_ACTIVITY_DUPLICATE_ID",
  },
  {
    name: "an activity whose id is too long",
    commands: (scene) => [scheduleActivity(scene, long)],
    error: `BadScheduleActivityAttributes: ActivityId on ScheduleActivityTaskCommand exceeds length limit. ` +
      `ActivityId=${long} ActivityType=Act Length=1001 Limit=1000`,
    cause: "BAD_SCHEDULE_ACTIVITY_ATTRIBUTES",
  },
  {
    name: "a cancel request for an activity that is not there",
    commands: () => [cancelActivity(5)],
    error: "BadRequestCancelActivityAttributes: invalid history builder state for action: " +
      "add-activitytask-cancel-requested-event, ScheduledEventID: 5",
    cause: "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES",
  },
  {
    name: "a cancel request for no activity",
    commands: () => [cancelActivity(0)],
    error: "BadRequestCancelActivityAttributes: ScheduledEventId is not set on RequestCancelActivityTaskCommand.",
    cause: "BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES",
  },
  {
    name: "a timer with no id",
    commands: () => [startTimer("", 1)],
    error: "BadStartTimerAttributes: TimerId is not set on StartTimerCommand.",
    cause: "BAD_START_TIMER_ATTRIBUTES",
  },
  {
    name: "two timers of one id",
    commands: () => [startTimer("t", 1000), startTimer("t", 1000)],
    error: "StartTimerDuplicateId: invalid history builder state for action: add-timer-started-event, TimerID: t",
    cause: "START_TIMER_DUPLICATE_ID",
  },
  {
    name: "a cancelled timer that is not there",
    commands: () => [cancelTimer("t")],
    error: "BadCancelTimerAttributes: invalid history builder state for action: add-timer-canceled-event, TimerID: t",
    cause: "BAD_CANCEL_TIMER_ATTRIBUTES",
  },
  {
    name: "a marker with no name",
    commands: () => [marker("")],
    error: "BadRecordMarkerAttributes: MarkerName is not set on RecordMarkerCommand.",
    cause: "BAD_RECORD_MARKER_ATTRIBUTES",
  },
  {
    name: "a failure that is none",
    commands: () => [{
      commandType: CommandType.FAIL_WORKFLOW_EXECUTION,
      attributes: { case: "failWorkflowExecutionCommandAttributes", value: {} },
    }],
    error: "BadFailWorkflowExecutionAttributes: Failure is not set on FailWorkflowExecutionCommand.",
    cause: "BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES",
  },
  {
    name: "a search attribute nobody defined",
    commands: () => upsert({ Nonsense: payload("x") }),
    error: "BadSearchAttributes: Namespace default has no mapping defined for search attribute Nonsense",
    cause: "BAD_SEARCH_ATTRIBUTES",
  },
  {
    name: "no search attributes at all",
    commands: () => upsert({}),
    error: "BadSearchAttributes: IndexedFields is not set on UpsertWorkflowSearchAttributesCommand.",
    cause: "BAD_SEARCH_ATTRIBUTES",
  },
  {
    name: "a memo of nothing",
    commands: () => modify({}),
    error: "BadModifyWorkflowPropertiesAttributes: UpsertedMemo.Fields is not set on ModifyWorkflowPropertiesCommand.",
    cause: "BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES",
  },
  {
    name: "a command with no attributes",
    commands: () => bare(CommandType.START_TIMER),
    error: "BadStartTimerAttributes: StartTimerCommandAttributes is not set on StartTimerCommand.",
    cause: "BAD_START_TIMER_ATTRIBUTES",
  },
];

describe("a bad command fails the task, and nothing of it stays:", () => {
  for (const { name, commands, error, cause } of BAD) {
    test(name, async () => {
      const scene = new Scene();
      await scene.start();
      const bad = [marker("before"), ...commands(scene)];
      assert.equal(await errorOf(scene.complete(await scene.poll(), bad)), `InvalidArgument: ${error}`);
      const next = await scene.poll();
      assert.equal(next.attempt, 2);
      await scene.complete(next, [completeWorkflow()]);
      const lines = await scene.history();
      assert.equal(lines[3], `4 WorkflowTaskFailed scheduledEventId=2 startedEventId=3 cause=${cause}`);
      assert.equal(lines.at(-1), "8 WorkflowExecutionCompleted");
    });
  }
});

describe("a command too large terminates the workflow:", () => {
  const cases: [string, (scene: Scene) => NonNullable<Commands>, string][] = [
    [
      "activity input",
      (scene) => [scheduleActivity(scene, "a", { input: payloads(large) })],
      "BadScheduleActivityAttributes: ScheduleActivityTaskCommandAttributes.Input exceeds size limit.",
    ],
    [
      "marker",
      () => [marker("m", large)],
      "BadRecordMarkerAttributes: RecordMarkerCommandAttributes.Details exceeds size limit.",
    ],
    [
      "memo",
      () => modify({ big: payload(large) }),
      "BadModifyWorkflowPropertiesAttributes: ModifyWorkflowPropertiesCommandAttributes exceeds size limit.",
    ],
  ];
  for (const [name, commands, message] of cases) {
    test(name, async () => {
      const scene = new Scene();
      await scene.start();
      assert.equal(
        await errorOf(scene.complete(await scene.poll(), commands(scene))),
        `InvalidArgument: ${message}`,
      );
      const lines = await scene.history();
      assert.match(lines[3], /^4 WorkflowTaskFailed /);
      assert.equal(lines[4], `5 WorkflowExecutionTerminated reason=${message}`);
    });
  }
});

describe("command sequences", () => {
  test("with something behind the end are refused, and the task stays with its worker", async () => {
    const scene = new Scene();
    await scene.start();
    const task = await scene.poll();
    assert.equal(
      await errorOf(scene.complete(task, [completeWorkflow(), startTimer("t", 1000)])),
      "InvalidArgument: invalid command sequence: [CompleteWorkflowExecution, StartTimer], " +
        "command CompleteWorkflowExecution must be the last command.",
    );
    await scene.complete(task, [completeWorkflow()]);
    assert.equal((await scene.history()).length, 5);
  });

  test("are applied in order", async () => {
    const scene = new Scene();
    await scene.start();
    const command = marker("m");
    await scene.step(
      { ...command, userMetadata: { summary: payload("why") } },
      startTimer("t", 60_000),
      cancelTimer("t"),
      startTimer("t", 60_000),
      ...modify({ note: payload("n"), gone: payload(1) }),
      ...modify({ gone: payload([]) }),
      failWorkflow("over"),
    );
    assert.deepEqual((await scene.history()).slice(4), [
      "5 MarkerRecorded markerName=m",
      "6 TimerStarted timerId=t",
      "7 TimerCanceled startedEventId=6 timerId=t",
      "8 TimerStarted timerId=t",
      "9 WorkflowPropertiesModified",
      "10 WorkflowPropertiesModified",
      "11 WorkflowExecutionFailed retryState=RETRY_POLICY_NOT_SET",
    ]);
    const described = await describeScene(scene.client, scene);
    assert.deepEqual(Object.keys(described.workflowExecutionInfo?.memo?.fields ?? {}), ["note"]);
  });
});

function describeScene(client: RawClient, scene: Scene): ReturnType<RawClient["describeWorkflowExecution"]> {
  return client.describeWorkflowExecution({ namespace: "default", execution: scene.execution });
}

describe("activity timeouts are completed", () => {
  test("from one another and from the run's", async () => {
    const scene = new Scene();
    await scene.start({ workflowRunTimeout: ms(60_000) });
    await scene.step(
      scheduleActivity(scene, "a", { startToCloseTimeout: undefined, scheduleToCloseTimeout: ms(5000) }),
      scheduleActivity(scene, "b", { startToCloseTimeout: ms(90_000), heartbeatTimeout: ms(100_000) }),
      scheduleActivity(scene, "c", { startToCloseTimeout: ms(9000), scheduleToStartTimeout: ms(7000) }),
    );
    const events = (await scene.events()).slice(4, 7).map((event) => event.attributes.value as never as Timeouts);
    const seconds = events.map((one) =>
      [
        one.scheduleToCloseTimeout,
        one.scheduleToStartTimeout,
        one.startToCloseTimeout,
        one.heartbeatTimeout,
      ].map((duration) => Number(duration?.seconds))
    );
    assert.deepEqual(seconds, [[5, 5, 5, 0], [60, 60, 60, 60], [60, 7, 9, 0]]);
    await scene.terminate();
  });
});

interface Timeouts {
  scheduleToCloseTimeout?: { seconds: bigint };
  scheduleToStartTimeout?: { seconds: bigint };
  startToCloseTimeout?: { seconds: bigint };
  heartbeatTimeout?: { seconds: bigint };
}
