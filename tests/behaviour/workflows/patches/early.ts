// deno-lint-ignore-file require-await -- workflows are async
/** Asks for a patch while the module loads, and again in time. */
import * as workflow from "@anywhen/temporal/workflow";

let message = "";
try {
  workflow.patched("too early");
} catch (error) {
  message = (error as Error).message;
}

export async function early(): Promise<string> {
  return `${message}; then ${workflow.patched("in time")}`;
}

/** Asks in contexts that may only read. */
export async function asksInQuery(): Promise<string> {
  let isFinished = false;
  workflow.setHandler(workflow.defineSignal("finish"), () => void (isFinished = true));
  workflow.setHandler(workflow.defineQuery<boolean>("ask"), () => workflow.patched("in a query"));
  await workflow.waitCondition(() => isFinished);
  return "finished";
}
