/**
 * What codecs are told about the values of one run: its own belong to the workflow, arguments and
 * results of its activities to those, as on the side of the activity.
 *
 * @module
 */
import type {
  ActivitySerializationContext,
  SerializationContext,
  WorkflowSerializationContext,
} from "../converter/context.ts";
import type { Command, Job, ScheduleActivity } from "../workflow/activation.ts";

/** Which run the values belong to. */
export interface RunIdentity {
  namespace: string;
  workflowId: string;
  workflowType: string;
}

/** The contexts of one run; lives as long as the run is loaded. */
export class RunContexts {
  readonly workflow: WorkflowSerializationContext;
  readonly #workflowType: string;
  /** Activities that have not ended, by the number that the code gave them. */
  readonly #activities: Map<number, ActivitySerializationContext> = new Map();

  constructor({ namespace, workflowId, workflowType }: RunIdentity) {
    this.workflow = { kind: "workflow", namespace, workflowId };
    this.#workflowType = workflowType;
  }

  /** The context of one field of a command; that of an activity is kept for its result. */
  ofCommand(command: Command, field: string): SerializationContext {
    if (command.kind !== "scheduleActivity" || field !== "args") return this.workflow;
    const context = this.#createActivity(command);
    this.#activities.set(command.seq, context);
    return context;
  }

  /** The context of a job; an activity whose result it brings is forgotten. */
  ofJob(job: Job): SerializationContext {
    if (job.kind !== "resolveActivity") return this.workflow;
    const context = this.#activities.get(job.seq);
    this.#activities.delete(job.seq);
    return context ?? this.workflow;
  }

  #createActivity({ activityId, activityType, taskQueue }: ScheduleActivity): ActivitySerializationContext {
    const { namespace, workflowId } = this.workflow;
    return {
      kind: "activity",
      namespace,
      activityId,
      activityType,
      activityTaskQueue: taskQueue,
      workflowId,
      workflowType: this.#workflowType,
      isLocal: false,
    };
  }
}
