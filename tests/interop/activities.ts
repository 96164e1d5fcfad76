import * as activity from "@anywhen/temporal/activity";

export async function echo(value: unknown): Promise<unknown> {
  activity.heartbeat("echo");
  return await Promise.resolve(value);
}
