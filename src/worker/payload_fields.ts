/**
 * Where the payloads are in what passes between engine and run.
 *
 * @module
 */
import type { Failure } from "../common/failure.ts";
import type { Payload } from "../common/payload.ts";
import type { Command, Job } from "../workflow/activation.ts";

/** How a field holds payloads; `left` is never touched. */
export type Shape = "list" | "one" | "map" | "changes" | "headers" | "left" | "failure" | "nested";

/** The fields with payloads of one kind of job or command. */
export type Fields = Readonly<Record<string, Shape>>;

/** The shape of a field by its name and type, never for fields without payloads. */
type ShapeOf<K, V> = K extends "metadata" | "resolution" | "outcome" ? "nested"
  : K extends "headers" ? "headers"
  : K extends "searchAttributes" ? "left"
  : [V] extends [Payload | undefined] ? "one"
  : [V] extends [readonly Payload[] | undefined] ? "list"
  : [V] extends [Failure | undefined] ? "failure"
  : [V] extends [Readonly<Record<string, Payload>> | undefined] ? "map" | "changes"
  : never;

/** Each field with payloads and its shape: none can be forgotten. */
type FieldsOf<T> = { readonly [K in keyof T as ShapeOf<K, T[K]> extends never ? never : K]-?: ShapeOf<K, T[K]> };

type Table<T extends { kind: string }> = { readonly [K in T["kind"]]: FieldsOf<Extract<T, { kind: K }>> };

/** The fields of jobs. */
export const jobFields: Table<Job> = {
  initialize: {
    args: "list",
    headers: "headers",
    memo: "map",
    searchAttributes: "left",
    lastCompletionResult: "list",
    lastFailure: "failure",
  },
  notifyHasPatch: {},
  updateRandomSeed: {},
  signalWorkflow: { args: "list", headers: "headers" },
  doUpdate: { args: "list", headers: "headers" },
  fireTimer: {},
  resolveActivity: { resolution: "nested" },
  resolveLocalActivity: { resolution: "nested" },
  resolveChildStart: { resolution: "nested" },
  resolveChild: { resolution: "nested" },
  resolveSignalExternal: { failure: "failure" },
  resolveCancelExternal: { failure: "failure" },
  cancelWorkflow: {},
  queryWorkflow: { args: "list", headers: "headers" },
  removeFromCache: {},
};

/** The fields of commands. */
export const commandFields: Table<Command> = {
  startTimer: { metadata: "nested" },
  cancelTimer: {},
  scheduleActivity: { args: "list", headers: "headers", metadata: "nested" },
  requestCancelActivity: {},
  scheduleLocalActivity: { args: "list", headers: "headers", metadata: "nested" },
  requestCancelLocalActivity: {},
  startChild: { args: "list", headers: "headers", memo: "map", searchAttributes: "left", metadata: "nested" },
  cancelChild: {},
  signalExternal: { args: "list", headers: "headers" },
  cancelSignalExternal: {},
  requestCancelExternal: {},
  setPatchMarker: {},
  upsertSearchAttributes: { searchAttributes: "left" },
  upsertMemo: { memo: "changes" },
  updateAccepted: {},
  updateRejected: { failure: "failure" },
  updateCompleted: { outcome: "nested" },
  queryAnswered: { result: "one" },
  queryFailed: { failure: "failure" },
  completeWorkflow: { result: "one" },
  failWorkflow: { failure: "failure" },
  cancelWorkflow: {},
  continueAsNew: { args: "list", headers: "headers", memo: "map", searchAttributes: "left" },
};

/** The fields of what is nested in jobs and commands: resolutions, outcomes, user metadata. */
export const nestedFields: Fields = { result: "one", failure: "failure", summary: "one", details: "one" };
