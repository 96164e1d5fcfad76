/** Programs: workflows as data, which the interpreter of `workflows/interpreter.ts` runs. */
import type {
  ActivityCancellationType,
  ChildWorkflowCancellationType,
  ParentClosePolicy,
} from "@anywhen/temporal/workflow";

/** Steps one after the other. */
export type Block = Step[];

/** When something is cancelled: before it begins, in the same turn, some promise jobs or milliseconds later. */
export type Moment = { when: "before" | "atOnce" } | { when: "ticks" | "later"; after: number };

/** What an activity does, ordinary or local. */
export interface Work {
  /** `slow` takes `ms`, less when it is cancelled; then it ends as `onCancel` says. */
  activity: "echo" | "fails" | "slow" | "flaky";
  ms?: number;
  onCancel?: "give up" | "succeed" | "fail";
  /** Attempts that fail before one succeeds. */
  failures?: number;
  /** Milliseconds between attempts. */
  interval?: number;
  /** Time-out of an attempt, in milliseconds. */
  timeout?: number;
}

/** What the driver sends to a workflow. */
export type Message =
  | { send: "signal"; block: Block }
  | { send: "update"; block: Block; reject?: boolean }
  | { send: "cancel"; reason?: string }
  /** Once a workflow, to the completed task that is so many before the last. */
  | { send: "reset"; back: number }
  | { send: "query" | "terminate" };

/** What the code does at the end of a block, whichever it is; an update's handler may do nothing of that. */
export type End = { how: "fail" } | { how: "continue"; program: Program };

/** One step; an error goes no further than the step it comes from unless `throws` is set. */
export type Step =
  & (
    | { do: "all" | "race" | "settle"; blocks: Block[]; cancels?: boolean }
    | { do: "fork" | "shield"; block: Block }
    | { do: "lock"; block: Block; timeout?: number }
    | { do: "scope"; block: Block; cancel?: Moment; timeout?: number }
    | {
      do: "activity" | "local";
      work: Work;
      cancellation: ActivityCancellationType;
      cancel?: Moment;
      handle?: boolean;
    }
    | { do: "timer"; ms: number; style: "sleep" | "setTimeout"; cancel?: Moment }
    | { do: "wait"; count: number; timeout: number; cancel?: Moment }
    /** Waits for a signal that nobody but the driver sends, asked for on the way. */
    | { do: "wake" }
    /** Has the driver send messages to this workflow, one after the other. */
    | { do: "drive"; messages: Message[] }
    | {
      do: "child";
      program: Program;
      cancellation: ChildWorkflowCancellationType;
      policy: ParentClosePolicy;
      /** `leave` does not wait for its end, `taken` uses an id that is taken. */
      how: "execute" | "start" | "leave" | "taken";
      cancel?: Moment;
      signals?: Block;
      /** Whether its id comes from the random stream. */
      randomId?: boolean;
    }
    | { do: "signal"; target: "self" | "parent" | "nobody"; block: Block; cancel?: Moment }
    | { do: "cancelOther"; target: "self" | "parent" | "nobody" }
    | { do: "patch"; id: string; on: Block; off: Block }
    | { do: "deprecate"; id: string }
    | { do: "memo" | "attributes"; value: number | null }
    | { do: "random" | "info" | "details" }
    | { do: "ticks"; count: number }
    /** Sets or removes the handlers of signals and updates. */
    | { do: "listen"; handlers: "named" | "dynamic" | "none" }
    /** Fails the task in progress; once a workflow, for the second time the server waits long. */
    | { do: "stumble" }
    | { do: "end"; end: End }
  )
  & { throws?: boolean };

/** What a workflow runs. */
export interface Program {
  block: Block;
  /** After which step of the block it listens to signals and updates; what came before waits, or is rejected. */
  listensAfter: number;
  /** Whether it waits for its handlers at the end. */
  drains: boolean;
  /** Whether it ends as cancelled once it was asked to; else it goes on as if nothing was. */
  yields: boolean;
  end?: End;
  /** Milliseconds. */
  runTimeout?: number;
  taskTimeout?: number;
  /** How often it is tried in all; once when unset. */
  attempts?: number;
  /** The worker that runs it; that of its parent when unset. */
  worker?: WorkerKind;
}

/** How workers keep runs: all of them, none, few, or two workers that take turns. */
export type WorkerKind = "cached" | "uncached" | "small" | "mixed";

/** A program with how it is started and what reaches it without its asking. */
export interface Case {
  program: Program;
  start: "plain" | "signal" | "update";
  /** What the start brings. */
  first: Block;
  /** Sent right after the start. */
  early: Message[];
}
