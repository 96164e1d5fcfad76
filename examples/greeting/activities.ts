import * as activity from "@anywhen/temporal/activity";

/** Joins a greeting and a name. */
export function composeGreeting(greeting: string, name: string): string {
  const { activityType, attempt } = activity.info();
  activity.logger.info(`activity ${activityType}, attempt ${attempt}`);
  return `${greeting}, ${name}!`;
}
