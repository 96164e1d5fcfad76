import * as workflow from "@anywhen/temporal/workflow";

/** All that can be wrong with the methods of a class. */
@workflow.defn
export class Broken {
  @workflow.run
  async go(): Promise<void> {}

  run!: () => Promise<void>;

  @workflow.signal
  __temporal_note(): void {}

  @workflow.update({ name: "same" })
  a(): void {}

  @workflow.update({ name: "same" })
  b(): void {}
}
