import * as workflow from "@anywhen/temporal/workflow";
import type { Fan } from "../workload.ts";

const { composeGreeting } = workflow.proxyActivities<{ composeGreeting(greeting: string, name: string): string }>({
  startToCloseTimeout: "10s",
});

export async function greet(name: string): Promise<string> {
  return await composeGreeting("Hello", name);
}

export async function fan({ rounds, width }: Fan): Promise<number> {
  let done = 0;
  for (let round = 0; round < rounds; round++) {
    const calls = Array.from({ length: width }, (_, i) => composeGreeting("Hello", String(i)));
    done += (await Promise.all(calls)).length;
  }
  return done;
}
