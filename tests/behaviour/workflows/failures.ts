// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

const once = { startToCloseTimeout: "10s", retryPolicy: { maximumAttempts: 1 } };

/** Runs an activity and tells of the failure, level by level. */
export async function describesFailure(
  activity: string,
  options: Partial<workflow.ActivityOptions> = {},
): Promise<Record<string, unknown>[]> {
  try {
    await workflow.executeActivity(activity, { ...once, ...options });
    return [];
  } catch (error) {
    return describeLevels(error);
  }
}

/** Each level of a chain of causes, with what is set in it. */
export function describeLevels(error: unknown): Record<string, unknown>[] {
  const { name, message, cause, ...fields } = error as Error & Record<string, unknown>;
  const { stack: _stack, failure: _failure, code: _code, ...own } = fields;
  const level: Record<string, unknown> = { name, message, isError: error instanceof Error, ...own };
  return [level, ...(cause ? describeLevels(cause) : [])];
}

/** Runs an activity and lets its failure pass. */
export async function passesFailure(activity: string): Promise<void> {
  await workflow.executeActivity(activity, once);
}

/** Wraps the failure of an activity twice. */
export async function wrapsFailure(activity: string): Promise<void> {
  try {
    await workflow.executeActivity(activity, once);
  } catch (cause) {
    const inner = new RangeError("in between", { cause });
    throw new workflow.ApplicationError("outermost", { type: "Outer", cause: inner });
  }
}

class OrderError extends workflow.ApplicationError {
  order = 7;
}

class PlainError extends Error {}

/** Throws what a workflow may throw. */
export async function throws(what: string): Promise<void> {
  const things: Record<string, () => unknown> = {
    application: () =>
      new workflow.ApplicationError("gone wrong", {
        type: "Wrong",
        details: [1, { two: 2 }],
        nonRetryable: true,
        nextRetryDelay: "90s",
        category: "BENIGN",
      }),
    subclass: () => new OrderError("out of stock"),
    named: () => new workflow.ApplicationError("with a type", { cause: new PlainError("of a class of its own") }),
    object: () => ({ an: "object" }),
    bigint: () => 5n,
    text: () => "a text",
    nothing: () => undefined,
    refused: () => new workflow.ApplicationError("refuse this"),
    marked: () => new workflow.ApplicationError("mark this"),
  };
  throw things[what]();
}

/** Whether errors of all kinds are instances of the classes of this realm. */
export async function checksInstances(): Promise<boolean[]> {
  try {
    await workflow.executeActivity("failsWithClass", once);
  } catch (error) {
    const { cause } = error as Error;
    return [
      error instanceof workflow.ActivityError,
      error instanceof workflow.FailureError,
      error instanceof Error,
      cause instanceof workflow.ApplicationError,
      cause instanceof Error,
      cause instanceof workflow.CancelledError,
    ];
  }
  return [];
}

export async function runsUntilItWorks(): Promise<number> {
  return await workflow.executeActivity("failsOnce", {
    startToCloseTimeout: "10s",
    retryPolicy: { initialInterval: "1h" },
  }) as number;
}
