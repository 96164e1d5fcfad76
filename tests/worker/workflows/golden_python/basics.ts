/** The workflows of tests/histories/programs/python in this SDK's words, where they are not those of TypeScript. */
import * as workflow from "@anywhen/temporal/workflow";

export {
  activities,
  cancellationTypes,
  cancelled,
  continued,
  failing,
  signals,
  updates,
} from "../golden_typescript/basics.ts";

export async function timers(): Promise<string[]> {
  await workflow.sleep(1);
  const order: string[] = [];
  const note = (name: string, milliseconds: number) => workflow.sleep(milliseconds).then(() => void order.push(name));
  const scope = new workflow.CancellationScope();
  const never = scope.run(() => note("never", 3_600_000)).catch(workflow.isCancelledException);
  await Promise.all([note("slow", 300), note("fast", 10), note("middle", 100)]);
  scope.cancel();
  await never;
  clearTimeout(setTimeout(() => {}, 7_200_000));
  await workflow.sleep(5);
  return order;
}
