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
  attempt(() => workflow.sleep(1)),
  attempt(() => workflow.waitCondition(() => true)),
  attempt(() => workflow.executeActivity("activity", { startToCloseTimeout: 1 })),
  attempt(() => workflow.startActivity("activity", { startToCloseTimeout: 1 })),
  attempt(() => workflow.executeLocalActivity("activity", { startToCloseTimeout: 1 })),
  attempt(() => workflow.startLocalActivity("activity", { startToCloseTimeout: 1 })),
  attempt(() => workflow.startChildWorkflow("child")),
  attempt(() => workflow.executeChildWorkflow("child")),
  attempt(() => workflow.getExternalWorkflowHandle("other").signal("x")),
  attempt(() => workflow.getExternalWorkflowHandle("other").cancel()),
  attempt(() => new workflow.CancellationScope()),
  attempt(() => workflow.continueAsNew()),
  attempt(() => workflow.payloadConverter()),
  String(workflow.inWorkflow()),
];

export async function tooEarly(): Promise<string[]> {
  return [...told, String(workflow.inWorkflow())];
}
