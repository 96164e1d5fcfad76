/**
 * What a converter or codec is told about the value it works on.
 *
 * @module
 */

/** Whose value is converted: the target's, for example the child's when starting a child. */
export type SerializationContext = WorkflowSerializationContext | ActivitySerializationContext;

/** The value belongs to a workflow. */
export interface WorkflowSerializationContext {
  kind: "workflow";
  namespace: string;
  workflowId: string;
}

/** The value belongs to an activity. */
export interface ActivitySerializationContext {
  kind: "activity";
  namespace: string;
  activityId?: string;
  activityType?: string;
  activityTaskQueue?: string;
  /** Of the workflow that scheduled it; unset for a standalone activity. */
  workflowId?: string;
  workflowType?: string;
  isLocal: boolean;
}
