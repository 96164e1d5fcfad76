import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "./activities.ts";

const { composeGreeting } = workflow.proxyActivities<typeof activities>({ startToCloseTimeout: "10s" });

export const finish = workflow.defineSignal("finish");
export const language = workflow.defineQuery<string>("language");
export const setLanguage = workflow.defineUpdate<string, [name: string]>("setLanguage");

const greetings: Record<string, string> = { English: "Hello", French: "Bonjour", German: "Hallo" };

/** Greets once somebody says that the language is settled. */
export async function greeting(name: string): Promise<string> {
  let current = "English";
  let finished = false;
  workflow.setHandler(language, () => current);
  workflow.setHandler(setLanguage, (next) => {
    const previous = current;
    current = next;
    return previous;
  }, {
    validator: (next) => {
      if (!(next in greetings)) throw new Error(`no greeting in ${next}; try ${Object.keys(greetings).join(", ")}`);
    },
  });
  workflow.setHandler(finish, () => {
    finished = true;
  });

  await workflow.waitCondition(() => finished);
  await workflow.sleep("50ms");
  return await composeGreeting(greetings[current], name);
}
