/** The activities of tests/histories/programs/typescript in this SDK's words. */
import * as activity from "@anywhen/temporal/activity";

export function echo(value: unknown): unknown {
  return value;
}

export function succeedOn(attempt: number): number {
  if (activity.info().attempt < attempt) throw new Error(`attempt ${activity.info().attempt}`);
  return attempt;
}

export async function rest(milliseconds: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return milliseconds;
}
