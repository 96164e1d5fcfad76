// deno-lint-ignore-file require-await -- workflows are async
import type { RawValue } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";

/** A named workflow beside the dynamic one. */
export async function named(text: string): Promise<string> {
  return `named ${text}`;
}

/** Takes the types that no other workflow has. */
@workflow.defn({ dynamic: true })
export class Anything {
  readonly constructed: string;

  constructor(args: RawValue[]) {
    this.constructed = args.map(({ payload }) => workflow.payloadConverter().fromPayload(payload)).join();
  }

  @workflow.run
  async run(args: RawValue[]): Promise<string> {
    const values = args.map(({ payload }) => workflow.payloadConverter().fromPayload(payload));
    return `${workflow.info().workflowType} ${values} ${this.constructed}`;
  }

  @workflow.dynamicConfig
  config(): workflow.DynamicWorkflowConfig {
    return { versioningBehavior: "AUTO_UPGRADE" };
  }
}

/** Gets its start arguments twice. */
@workflow.defn({ name: "Kept", versioningBehavior: "PINNED", description: "keeps what it was started with" })
export class KeepsArguments {
  readonly args: unknown[];

  constructor(...args: unknown[]) {
    this.args = args;
  }

  @workflow.run
  async run(...args: unknown[]): Promise<unknown> {
    return [this.args, args];
  }
}
