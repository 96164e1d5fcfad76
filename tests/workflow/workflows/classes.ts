// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

abstract class Named {
  names: string[] = [];
  @workflow.query
  all(): string[] {
    return this.names;
  }
  @workflow.signal
  add(name: string): void {
    this.names.push(`base ${name}`);
  }
}

@workflow.defn({ name: "Approval", description: "somebody has to say yes" })
export class ApprovalWorkflow extends Named {
  #by?: string;
  limit: number;
  readonly order: string;

  constructor(order: string) {
    super();
    this.order = order;
    this.limit = order.length;
  }

  @workflow.run
  async run(order: string): Promise<string> {
    await workflow.waitCondition(() => this.#by !== undefined, { timeout: "7 days" });
    return `${order} ${this.order === order} approved by ${this.#by}; ${this === workflow.instance()}`;
  }

  @workflow.signal
  approve(by: string): void {
    this.#by = by;
  }

  @workflow.query({ name: "approver" })
  whoApproved(): string | undefined {
    return this.#by;
  }

  @workflow.update({
    validator: function (this: ApprovalWorkflow, n: number) {
      if (n < this.limit) throw new Error(`must be at least ${this.limit}`);
    },
  })
  async setLimit(n: number): Promise<number> {
    const old = this.limit;
    this.limit = n;
    return old;
  }

  override add(name: string): void {
    this.names.push(`own ${name}`);
  }
}

@workflow.defn
export class Plain {
  static instances = 0;
  constructor() {
    Plain.instances++;
  }
  @workflow.run
  async run(): Promise<number> {
    return Plain.instances;
  }
}

@workflow.defn({ dynamic: true })
export class Everything {
  @workflow.run
  async run(args: { payload: unknown }[]): Promise<string> {
    return `${workflow.info().workflowType} ${Array.isArray(args)} ${args.length}`;
  }
  @workflow.update({ dynamic: true })
  any(name: string, args: unknown[]): string {
    return `${name} ${args.length}`;
  }
}

/** No workflows: a class without the decorator, a value, a definition of something else. */
export class Helper {
  run(): void {}
}
export const answer = 42;
export const approve = workflow.defineSignal<[string]>("approve");

@workflow.defn
export class AsksItself {
  readonly name = "me";

  @workflow.run
  async run(): Promise<unknown> {
    return workflow.getHandler(workflow.defineQuery<string>("whoami"))?.();
  }

  @workflow.query
  whoami(): string {
    return this.name;
  }
}
