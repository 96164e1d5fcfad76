/**
 * All that the engine knows of one run.
 *
 * @module
 */
import type { WorkerDeploymentVersion } from "../common/options.ts";
import type { Payload } from "../common/payload.ts";
import type { WorkflowExecutionStartedEventAttributes } from "../gen/temporal/api/history/v1/message_pb.ts";
import { JobQueue } from "./activation_jobs.ts";
import type { Activity } from "./activity.ts";
import type { Child } from "./child.ts";
import { CommandQueue } from "./commands.ts";
import { type MachineContext, MachineIndex, type RunOptions } from "./context.ts";
import { Flags } from "./flags.ts";
import { HistoryCursor } from "./history.ts";
import type { LocalActivities } from "./local_activities.ts";
import { RequestQueue } from "./messages.ts";
import type { Patches } from "./patch.ts";
import type { SignalExternal } from "./signal_external.ts";
import type { Timer } from "./timer.ts";
import type { Update } from "./update.ts";

/** How far a run has come; ids are those of events. */
export interface Progress {
  /** The last event applied. */
  lastEventId: number;
  /** The last event applied by the tasks before this one; this one may bring it again. */
  knownEventId: number;
  /** The WORKFLOW_TASK_STARTED of the last task taken in. */
  lastStartedId: number;
  /** The same for the sequence being applied, which may hold tasks that came to nothing before it. */
  sequenceStartedId: number;
  /** The last task completed when the server made the current one. */
  previousStartedId: number;
  /** Workflow time in milliseconds; never goes back. */
  time: number;
  /** In bytes, as the last task was told. */
  historySize: number;
  continueAsNewSuggested: boolean;
  targetVersionChanged: boolean;
  /** Build id of the worker that completed the current task, in replay. */
  buildId: string;
  /** Deployment version of that worker, where it has one. */
  deploymentVersion?: WorkerDeploymentVersion;
  /** Whether the history has the event that closes the run. */
  isClosed: boolean;
}

/** The state of a run: its machines and what they share. */
export interface RunState extends MachineContext {
  isReplaying: boolean;
  isLastSequence: boolean;
  readonly history: HistoryCursor;
  readonly progress: Progress;
  readonly activities: MachineIndex<Activity>;
  readonly timers: MachineIndex<Timer>;
  readonly updates: Map<string, Update>;
  /** Child workflows, once there are any. */
  children?: MachineIndex<Child>;
  /** Local activities, once there are any. */
  localActivities?: LocalActivities;
  /** Signals to other workflows, once there are any. */
  externalSignals?: MachineIndex<SignalExternal>;
  /** Requests for updates whose turn has not come. */
  readonly requests: RequestQueue;
  /** The patches that history or code have named, once there are any. */
  patches?: Patches;
  /** The last marker that replay skipped. */
  skippedMarkerId?: number;
  /** The search attributes of the run as its code has changed them, once it has. */
  searchAttributes?: Record<string, Payload>;
  /** The attributes of the event that started the run. */
  started?: WorkflowExecutionStartedEventAttributes;
}

/** The state of a run of which no event was applied. */
export function createRunState(options: RunOptions): RunState {
  return {
    options,
    jobs: new JobQueue(),
    commands: new CommandQueue(),
    flags: new Flags(),
    outbox: [],
    followers: new Map(),
    isReplaying: false,
    isLastSequence: false,
    history: new HistoryCursor(),
    activities: new MachineIndex(),
    timers: new MachineIndex(),
    updates: new Map(),
    requests: new RequestQueue(),
    progress: {
      lastEventId: 0,
      knownEventId: 0,
      lastStartedId: 0,
      sequenceStartedId: 0,
      previousStartedId: 0,
      time: 0,
      historySize: 0,
      continueAsNewSuggested: false,
      targetVersionChanged: false,
      buildId: "",
      isClosed: false,
    },
  };
}
