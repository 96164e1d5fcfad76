import { proxyActivities } from "@temporalio/workflow";

const { composeGreeting } = proxyActivities<{ composeGreeting(greeting: string, name: string): Promise<string> }>({
  startToCloseTimeout: "10s",
});

export async function greet(name: string): Promise<string> {
  return await composeGreeting("Hello", name);
}
