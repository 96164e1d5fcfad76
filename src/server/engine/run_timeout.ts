/**
 * The end of runs whose time is up.
 *
 * @module
 */

import { ContinueAsNewInitiator, RetryState, TimeoutType } from "../../gen/temporal/api/enums/v1/workflow_pb.ts";
import { nextCronDelay, repeatRun } from "./chain.ts";
import { closeRun, forceTaskEnd } from "./close.ts";
import type { Engine, Job } from "./engine.ts";
import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import { activityTimeoutFailure } from "./failures.ts";
import type { RetryAnswer } from "./retry.ts";
import { decideRetry } from "./retry.ts";
import { transact } from "./transaction.ts";

/** The job of a run's deadline. */
export function onRunTimeout(engine: Engine, job: Extract<Job, { kind: "runTimeout" }>): void {
  const { run } = job;
  if (!isRunning(run)) return;
  transact(engine, run, () => {
    const failure = activityTimeoutFailure(TimeoutType.START_TO_CLOSE, undefined, undefined);
    failure.message = "workflow timeout";
    const { delayMs, state } = decideAfterTimeout(engine, run, failure);
    const cronDelayMs = delayMs === undefined && state !== RetryState.TIMEOUT ? nextCronDelay(engine, run) : undefined;
    const next = delayMs ?? cronDelayMs;
    const newRunId = next === undefined ? "" : crypto.randomUUID();
    forceTaskEnd(engine, run);
    closeRun(engine, run, {
      case: "workflowExecutionTimedOutEventAttributes",
      value: { retryState: state, newExecutionRunId: newRunId },
    }, { continuedRunId: newRunId });
    if (next === undefined) return;
    repeatRun(engine, run, newRunId, {
      initiator: delayMs === undefined ? ContinueAsNewInitiator.CRON_SCHEDULE : ContinueAsNewInitiator.RETRY,
      delayMs: next,
      failure,
      lastCompletionResult: run.start.lastCompletionResult,
    });
  });
}

function decideAfterTimeout(
  engine: Engine,
  run: Execution,
  failure: ReturnType<typeof activityTimeoutFailure>,
): RetryAnswer {
  const now = engine.clock.now();
  // The whole chain is over, whatever the policy says.
  if (run.executionExpiration > 0 && now >= run.executionExpiration) {
    return { delayMs: undefined, state: RetryState.TIMEOUT };
  }
  return decideRetry({
    policy: run.start.retryPolicy,
    failure,
    attempt: run.start.attempt,
    now,
    expiration: run.executionExpiration,
  });
}
