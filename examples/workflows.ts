import * as workflow from "@anywhen/temporal/workflow";
import type * as activities from "./activities.ts";

const { composeGreeting } = workflow.proxyActivities<typeof activities>({ startToCloseTimeout: "10s" });

/** A plain async function is a workflow; its exported name is its type. */
export async function greet(name: string): Promise<string> {
  return await composeGreeting("Hello", name);
}

/** A class gives handlers a home. Decorators are the standard ones. */
@workflow.defn({ name: "Approval" })
export class Approval {
  #by?: string;
  limit = 1;

  @workflow.run
  async run(order: string): Promise<string> {
    const approved = await workflow.waitCondition(() => this.#by !== undefined, { timeout: "7 days" });
    if (!approved) throw new workflow.ApplicationError(`nobody approved ${order}`, { type: "Expired" });
    return `${order} approved by ${this.#by}`;
  }

  @workflow.signal
  approve(by: string): void {
    this.#by = by;
  }

  @workflow.query
  approver(): string | undefined {
    return this.#by;
  }

  @workflow.update({
    validator: (n: number) => {
      if (n < 0) throw new Error("limit must not be negative");
    },
  })
  // deno-lint-ignore require-await
  async setLimit(n: number): Promise<number> {
    const old = this.limit;
    this.limit = n;
    return old;
  }
}

/** Function style, no decorators: Node strips types but not decorators. */
export const approve = workflow.defineSignal<[by: string]>("approve");
export const approver = workflow.defineQuery<string | undefined>("approver");
export const setLimit = workflow.defineUpdate<number, [n: number]>("setLimit");

export async function approval(order: string): Promise<string> {
  let by: string | undefined;
  workflow.setHandler(approve, (who) => {
    by = who;
  });
  workflow.setHandler(approver, () => by);
  await workflow.waitCondition(() => by !== undefined);
  return `${order} approved by ${by}`;
}
