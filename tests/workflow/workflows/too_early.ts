// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

function attempt(work: () => unknown): string {
  try {
    work();
    return "nothing thrown";
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

const told = [
  attempt(() => workflow.memo()),
  attempt(() => workflow.upsertMemo({ a: 1 })),
  attempt(() => workflow.upsertSearchAttributes([])),
  attempt(() => workflow.setCurrentDetails("early")),
  attempt(() => workflow.hasLastCompletionResult()),
  attempt(() => workflow.getLastFailure()),
  attempt(() => workflow.metricMeter().createCounter("early").add(1)),
  String(workflow.inWorkflow()),
];

export async function tooEarly(): Promise<string[]> {
  return [...told, String(workflow.inWorkflow())];
}
