// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

/** A schema as any library would make it. */
function number() {
  return {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) =>
        typeof value === "number" ? { value: value + 0.5 } : { issues: [{ message: "no number", path: ["n"] }] },
      types: undefined as { input: number; output: number } | undefined,
    },
  };
}

export const half = workflow.define({ args: [number()], run: async (n) => n });

export const named = workflow.define({ name: "other-name", run: async (text: string) => text.toUpperCase() });

const setTo = workflow.defineUpdate("setTo", { args: [number()] });
const twice = workflow.defineQuery<number, [ReturnType<typeof number>]>("twice", { args: [number()] });
const bump = workflow.defineSignal("bump", { args: [number()] });

export async function handlers(): Promise<number> {
  let state = 0;
  workflow.setHandler(setTo, (n) => (state = n));
  workflow.setHandler(twice, (n) => 2 * n);
  workflow.setHandler(bump, (n) => {
    state = n;
  });
  await workflow.waitCondition(() => state > 0);
  return state;
}
