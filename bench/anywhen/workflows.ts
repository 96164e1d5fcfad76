import * as workflow from "@anywhen/temporal/workflow";

const { composeGreeting } = workflow.proxyActivities<{ composeGreeting(greeting: string, name: string): string }>({
  startToCloseTimeout: "10s",
});

export async function greet(name: string): Promise<string> {
  return await composeGreeting("Hello", name);
}
