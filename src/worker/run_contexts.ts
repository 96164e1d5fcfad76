/**
 * What codecs are told about the values of one run: its own belong to the workflow; what goes to and
 * comes from activities, children and other workflows belongs to those, as on their side.
 *
 * @module
 */
import type { SerializationContext, WorkflowSerializationContext } from "../converter/context.ts";
import type { Command, Job, ScheduleActivity, ScheduleLocalActivity } from "../workflow/activation.ts";

/** Which run the values belong to. */
export interface RunIdentity {
  namespace: string;
  workflowId: string;
  workflowType: string;
  /** The queue of the run, on which its local activities are. */
  taskQueue?: string;
}

/** Whose numbers they are that commands and jobs have. */
type Family = "activity" | "child" | "signal" | "cancellation";

/** The contexts of one run; lives as long as the run is loaded. */
export class RunContexts {
  readonly workflow: WorkflowSerializationContext;
  readonly #identity: RunIdentity;
  /** Of what was asked for and has not ended, by the number that the code gave it. */
  readonly #pending: Map<`${Family} ${number}`, SerializationContext> = new Map();

  constructor(identity: RunIdentity) {
    const { namespace, workflowId } = identity;
    this.workflow = { kind: "workflow", namespace, workflowId };
    this.#identity = identity;
  }

  /** The context of one field of a command; kept for the job that answers it. */
  ofCommand(command: Command, field: string): SerializationContext {
    switch (command.kind) {
      case "scheduleActivity":
      case "scheduleLocalActivity":
        // What the command shows beside the activity belongs to the workflow.
        return field === "metadata" ? this.workflow : this.#keep("activity", command.seq, this.#activity(command));
      case "startChild":
        return this.#keep("child", command.seq, this.#other(command.workflowId));
      case "signalExternal":
        return this.#keep("signal", command.seq, this.#other(command.workflowId));
      default:
        return this.workflow;
    }
  }

  /** Takes note of a command that has nothing to encode, but whose answer may have. */
  note(command: Command): void {
    if (command.kind !== "requestCancelExternal") return;
    this.#keep("cancellation", command.seq, this.#other(command.workflowId));
  }

  /** The context of a job; what it ends is forgotten. */
  ofJob(job: Job): SerializationContext {
    switch (job.kind) {
      case "resolveActivity":
      case "resolveLocalActivity":
        return this.#take("activity", job.seq);
      case "resolveChildStart":
        if (job.resolution.status === "started") return this.workflow;
        return this.#take("child", job.seq);
      case "resolveChild":
        return this.#take("child", job.seq);
      case "resolveSignalExternal":
        return this.#take("signal", job.seq);
      case "resolveCancelExternal":
        return this.#take("cancellation", job.seq);
      default:
        return this.workflow;
    }
  }

  #keep(family: Family, seq: number, context: SerializationContext): SerializationContext {
    this.#pending.set(`${family} ${seq}`, context);
    return context;
  }

  #take(family: Family, seq: number): SerializationContext {
    const context = this.#pending.get(`${family} ${seq}`);
    this.#pending.delete(`${family} ${seq}`);
    return context ?? this.workflow;
  }

  #other(workflowId: string): WorkflowSerializationContext {
    return { ...this.workflow, workflowId };
  }

  #activity(command: ScheduleActivity | ScheduleLocalActivity): SerializationContext {
    const { namespace, workflowId, workflowType, taskQueue } = this.#identity;
    return {
      kind: "activity",
      namespace,
      activityId: command.activityId,
      activityType: command.activityType,
      activityTaskQueue: command.kind === "scheduleActivity" ? command.taskQueue : taskQueue,
      workflowId,
      workflowType,
      isLocal: command.kind === "scheduleLocalActivity",
    };
  }
}
