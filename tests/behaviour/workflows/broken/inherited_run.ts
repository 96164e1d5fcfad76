import * as workflow from "@anywhen/temporal/workflow";

class Base {
  @workflow.run
  async run(): Promise<void> {}
}

/** Has nothing of its own to run. */
@workflow.defn
export class Derived extends Base {}
