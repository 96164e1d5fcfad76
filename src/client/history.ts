/**
 * Histories: fetched from a server, read from JSON, written to JSON.
 *
 * @module
 */
import { create, fromJson, isMessage, toJson } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import { ValueError } from "../common/errors.ts";
import { HistorySchema } from "../gen/temporal/api/history/v1/message_pb.ts";
import type { HistoryEvent as ProtoHistoryEvent } from "../gen/temporal/api/history/v1/message_pb.ts";
import { normalizeJson } from "./history_json.ts";

/** A raw event; `eventType` is `EventType` of `./api`. */
export type HistoryEvent = ProtoHistoryEvent;

/** The events of one run, as replayers take them. */
export class WorkflowHistory {
  readonly workflowId: string;
  readonly events: HistoryEvent[];

  /** A history of these events. */
  constructor(workflowId: string, events: HistoryEvent[]) {
    this.workflowId = workflowId;
    this.events = events;
  }

  /** Id of the run, from its first event; throws ValueError where that is not the started event. */
  get runId(): string {
    const attributes = this.events[0]?.attributes;
    if (attributes?.case === "workflowExecutionStartedEventAttributes") return attributes.value.originalExecutionRunId;
    throw new ValueError(`the history of workflow ${this.workflowId} does not begin with its started event`);
  }

  /**
   * Reads what the UI, the CLI and other SDKs write, in new and old spellings; fields it does not know are left out.
   *
   * Throws ValueError for what is not a history.
   */
  static fromJSON(workflowId: string, history: string | object): WorkflowHistory {
    if (isMessage(history, HistorySchema)) return new WorkflowHistory(workflowId, history.events);
    const json = unwrap(typeof history === "string" ? parse(workflowId, history) : history);
    if (!isHistoryShaped(json)) {
      throw new ValueError(
        `the history of workflow ${workflowId} has no list of events; give the JSON of a whole history`,
      );
    }
    try {
      const message = fromJson(HistorySchema, normalizeJson(HistorySchema, json), { ignoreUnknownFields: true });
      return new WorkflowHistory(workflowId, message.events);
    } catch (error) {
      throw new ValueError(`the history of workflow ${workflowId} cannot be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** The standard JSON of a history; what `JSON.stringify` writes. */
  toJSON(): object {
    return toJson(HistorySchema, create(HistorySchema, { events: this.events })) as object;
  }
}

function parse(workflowId: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ValueError(`the history of workflow ${workflowId} is not JSON: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A history in the answer of a server, and events alone, as some tools write them. */
function unwrap(json: unknown): unknown {
  if (Array.isArray(json)) return { events: json };
  return (json as { history?: unknown } | null)?.history ?? json;
}

function isHistoryShaped(json: unknown): json is { events: JsonValue[] } {
  return typeof json === "object" && json !== null && Array.isArray((json as { events?: unknown }).events);
}
