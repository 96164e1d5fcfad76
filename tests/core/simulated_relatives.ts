/**
 * The part of the simulated server that stands for other workflows: children that start, fail to start and
 * end, signals and requests to cancel that arrive or do not.
 *
 * @module
 */
import type { Command } from "../../src/gen/temporal/api/command/v1/message_pb.ts";
import { StartChildWorkflowExecutionFailedCause } from "../../src/gen/temporal/api/enums/v1/failed_cause_pb.ts";
import type { HistoryBuilder } from "./history_builder.ts";
import type { Random } from "./random_program.ts";

interface SimulatedChild {
  readonly initiatedId: number;
  readonly workflowId: string;
  startedId: number;
  isCancelRequested: boolean;
}

const endings = ["childCompleted", "childFailed", "childTimedOut", "childTerminated", "childCancelled"] as const;

/** The other workflows that one workflow has to do with. */
export class SimulatedRelatives {
  readonly #history: HistoryBuilder;
  readonly #random: Random;
  readonly #count: (what: string) => void;
  readonly #children: SimulatedChild[] = [];
  readonly #signals: number[] = [];
  readonly #cancellations: number[] = [];

  constructor(history: HistoryBuilder, random: Random, count: (what: string) => void) {
    this.#history = history;
    this.#random = random;
    this.#count = count;
  }

  /** Writes the event of a command; false where it is about something else. */
  record({ attributes }: Command): boolean {
    switch (attributes.case) {
      case "startChildWorkflowExecutionCommandAttributes": {
        const { workflowId, workflowType } = attributes.value;
        const initiatedId = this.#history.childInitiated(workflowId, workflowType?.name);
        this.#children.push({ initiatedId, workflowId, startedId: 0, isCancelRequested: false });
        return true;
      }
      case "signalExternalWorkflowExecutionCommandAttributes":
        this.#signals.push(this.#history.signalInitiated(attributes.value.execution!.workflowId));
        return true;
      case "requestCancelExternalWorkflowExecutionCommandAttributes": {
        const { workflowId } = attributes.value;
        const child = this.#children.find((child) => child.workflowId === workflowId);
        if (child) child.isCancelRequested = true;
        this.#cancellations.push(this.#history.cancelInitiated(workflowId));
        return true;
      }
      default:
        return false;
    }
  }

  /** Lets something happen, where there is anything that can. */
  happen(): void {
    const choice = this.#random.below(4);
    if (choice < 2) this.#moveChild();
    else if (choice < 3) this.#answer(this.#signals, "signal", "signalDelivered", "signalRefused");
    else this.#answer(this.#cancellations, "cancellation", "cancelDelivered", "cancelRefused");
  }

  #moveChild(): void {
    const index = this.#random.below(this.#children.length);
    const child = this.#children[index];
    if (!child) return;
    const { initiatedId, workflowId, startedId, isCancelRequested } = child;
    const when = isCancelRequested ? "after a request to cancel" : "on its own";
    if (startedId === 0 && this.#random.next() < 0.8) {
      this.#count(`child started ${when}`);
      child.startedId = this.#history.childStarted(initiatedId, workflowId);
      return;
    }
    this.#children.splice(index, 1);
    if (startedId === 0) {
      this.#count(`child failed to start ${when}`);
      this.#history.childStartFailed(initiatedId, StartChildWorkflowExecutionFailedCause.WORKFLOW_ALREADY_EXISTS);
      return;
    }
    const ending = endings[this.#random.below(isCancelRequested ? 5 : 4)];
    this.#count(`${ending} ${when}`);
    this.#history[ending](initiatedId, startedId);
  }

  #answer<D extends "signalDelivered" | "cancelDelivered", R extends "signalRefused" | "cancelRefused">(
    pending: number[],
    what: string,
    delivered: D,
    refused: R,
  ): void {
    if (pending.length === 0) return;
    const [initiatedId] = pending.splice(this.#random.below(pending.length), 1);
    const isDelivered = this.#random.next() < 0.7;
    this.#count(`${what} ${isDelivered ? "delivered" : "refused"}`);
    if (isDelivered) this.#history[delivered](initiatedId);
    else this.#history[refused](initiatedId);
  }
}
