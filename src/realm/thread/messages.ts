/**
 * What passes between a worker and its workflow threads; structured-cloneable data.
 *
 * @module
 */
import type { LogAttributes } from "../../common/logger.ts";
import type { MetricAttributes } from "../../common/meter.ts";
import type { Activation, Command, Completion } from "../../workflow/activation.ts";
import type { LogLevel, MetricDescriptor } from "../../workflow/bridge.ts";
import type { PatchQuestion } from "../../workflow/runtime/facts/patches.ts";
import type { SinkCall } from "../../workflow/runtime/outlets/sinks.ts";
import type { RealmSettings } from "../host.ts";

/** What a thread is told; work comes packed. */
export type ToThread = Open | { kind: "work"; items: WorkItem[] };

/** The first message. */
export interface Open {
  kind: "open";
  settings: RealmSettings;
  /** As in `SinkOutlet`. */
  sinks: ReadonlyMap<string, boolean> | undefined;
  hasDecidePatch: boolean;
  /** {@link Words} that both sides see. */
  words: SharedArrayBuffer;
  /** Where answers come, to questions that the thread waits for. */
  answers: MessagePort;
  /** Milliseconds after which work is given up on runtimes that can end it only from within. */
  limit: number | undefined;
}

/** One thing to do, in order. `run` numbers the runs of a thread, `id` the questions to it. */
export type WorkItem =
  | { kind: "activate"; id: number; run: number; runId: string; isTraced: boolean; activation: Activation }
  | { kind: "locate"; id: number; run: number; command: Command["kind"]; seq: number }
  | { kind: "dispose"; run: number };

/** What a thread tells. */
export type FromThread =
  | { kind: "opened"; workflowTypes: string[] }
  | { kind: "refused"; error: ErrorData }
  /** Comes packed. */
  | { kind: "completed"; completions: { id: number; completion: Completion }[]; values: MetricValue[] }
  /** Comes before the completion. */
  | { kind: "sank"; calls: readonly SinkCall[] }
  | { kind: "located"; id: number; place: string | undefined }
  | { kind: "threw"; id: number; error: ErrorData }
  | { kind: "logged"; level: LogLevel; message: string; attributes: LogAttributes | undefined }
  | { kind: "asked"; question: Question };

/** What a thread waits for. */
export type Question =
  | { kind: "extern"; name: string; args: readonly unknown[] }
  | { kind: "patch"; question: PatchQuestion };

/** The answer to a {@link Question}. */
export type Answer = { value: unknown } | { error: ErrorData };

/** A value for a metric, and what it takes to make the metric. */
export interface MetricValue {
  metric: MetricDescriptor;
  value: unknown;
  attributes: MetricAttributes;
}

/** An error without its class. */
export interface ErrorData {
  name: string;
  message: string;
  stack?: string;
  /** What it has besides. */
  fields: Record<string, unknown>;
}

/** The words of shared memory. */
export const words = {
  /** The id of the item in progress; 0 while there is none, and while the thread waits for an answer. */
  current: 0,
  /** Counts the times at which `current` was set. */
  turn: 1,
  /** 1 once the answer is there. */
  answered: 2,
  /** Items with lower ids need not be done any more. */
  floor: 3,
} as const;
