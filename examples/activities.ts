import * as activity from "@anywhen/temporal/activity";

// deno-lint-ignore require-await
export async function composeGreeting(greeting: string, name: string): Promise<string> {
  activity.heartbeat({ progress: 0.5 });
  activity.info().attempt; // 1
  activity.cancellationSignal().throwIfAborted();
  return `${greeting}, ${name}!`;
}
