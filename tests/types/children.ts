/** What TypeScript knows of child workflows and other workflows; compiled, never run. */
import type { SignalDefinition, UntypedWorkflow, WorkflowDefinition } from "../../src/common/definition.ts";
import {
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  continueAsNew,
  executeChildWorkflow,
  type ExternalWorkflowHandle,
  getExternalWorkflowHandle,
  startChildWorkflow,
} from "../../src/workflow/mod.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
declare function expect<A, B>(equal: Equal<A, B>): void;

declare function greet(name: string): Promise<string>;
declare function tick(): Promise<void>;
declare function maybe(name?: string): Promise<number>;
declare class Approval {
  limit: number;
  run(order: string, urgent?: boolean): Promise<boolean>;
  approve(by: string): void;
  reset(): void;
}
declare const defined: WorkflowDefinition<[n: number], Date>;
declare const approve: SignalDefinition<[by: string]>;

/** The results and arguments of functions, classes and definitions are known. */
export async function calls(): Promise<void> {
  const handle = await startChildWorkflow(greet, { args: ["World"] });
  expect<typeof handle, ChildWorkflowHandle<typeof greet>>(true);
  expect<Awaited<ReturnType<typeof handle.result>>, string>(true);
  const greeting = await executeChildWorkflow(greet, { args: ["World"] });
  expect<typeof greeting, string>(true);
  const isApproved = await executeChildWorkflow(Approval, { args: ["order"] });
  expect<typeof isApproved, boolean>(true);
  const date = await executeChildWorkflow(defined, { args: [1], id: "d" });
  expect<typeof date, Date>(true);
  const untyped = await executeChildWorkflow("greet", { args: [1, "anything"] });
  expect<typeof untyped, unknown>(true);
  const typedByName = await executeChildWorkflow<typeof greet>("greet", { args: ["World"] });
  expect<typeof typedByName, string>(true);
  await executeChildWorkflow(tick);
  await executeChildWorkflow(maybe, { args: [] });
  await executeChildWorkflow("tick");

  // @ts-expect-error: arguments are missing
  await executeChildWorkflow(greet);
  // @ts-expect-error: an argument is missing
  await startChildWorkflow(greet, { id: "x" });
  // @ts-expect-error: an argument of another type
  await startChildWorkflow(greet, { args: [1] });
  // @ts-expect-error: an argument too many
  await startChildWorkflow(greet, { args: ["a", "b"] });
  // @ts-expect-error: arguments where there are none
  await executeChildWorkflow(tick, { args: ["a"] });
  // @ts-expect-error: an argument of another type, by type and name
  await executeChildWorkflow<typeof greet>("greet", { args: [1] });
}

/** Options have their choices. */
export async function chooses(): Promise<void> {
  await startChildWorkflow(
    tick,
    {
      id: "x",
      taskQueue: "q",
      cancellationType: "WAIT_CANCELLATION_REQUESTED",
      parentClosePolicy: "REQUEST_CANCEL",
      idReusePolicy: "REJECT_DUPLICATE",
      cronSchedule: "0 * * * *",
      versioningIntent: "COMPATIBLE",
      executionTimeout: "1h",
      runTimeout: { minutes: 5 },
      taskTimeout: 5000,
      retryPolicy: { maximumAttempts: 3 },
      memo: { a: 1 },
      searchAttributes: [],
      staticSummary: "s",
      staticDetails: "d",
      priority: { priorityKey: 1 },
      signal: new AbortController().signal,
    } satisfies ChildWorkflowOptions<typeof tick>,
  );

  // @ts-expect-error: an unknown cancellation type
  await startChildWorkflow(tick, { cancellationType: "NEVER" });
  // @ts-expect-error: an unknown close policy
  await startChildWorkflow(tick, { parentClosePolicy: "NEVER" });
  // @ts-expect-error: children have no conflict policy
  await startChildWorkflow(tick, { idConflictPolicy: "FAIL" });
  // @ts-expect-error: no start delay either
  await startChildWorkflow(tick, { startDelay: "1h" });
}

/** Signals go by definition or by the name of a method. */
export async function signals(): Promise<void> {
  const child = await startChildWorkflow(Approval, { args: ["order"] });
  const other = getExternalWorkflowHandle("a-1", { workflow: Approval });
  expect<typeof other, ExternalWorkflowHandle<typeof Approval>>(true);
  for (const target of [child, other]) {
    await target.signal(approve, "Ada");
    await target.signal("approve", "Ada");
    await target.signal("reset");
    // @ts-expect-error: an argument of another type
    await target.signal(approve, 1);
    // @ts-expect-error: an argument is missing
    await target.signal("approve");
    // @ts-expect-error: no method of that name
    await target.signal("disapprove");
    // @ts-expect-error: a field is no method
    await target.signal("limit");
  }
  child.cancel("enough");
  await other.cancel("enough");

  const untyped = getExternalWorkflowHandle("a-1", { runId: "r" });
  expect<typeof untyped, ExternalWorkflowHandle<UntypedWorkflow>>(true);
  await untyped.signal("whatever", 1, 2);
}

/** The next run may be another workflow. */
export function goesOn(): void {
  if (Math.random() > 2) continueAsNew<typeof greet>({ args: ["again"] });
  if (Math.random() > 2) continueAsNew({ workflow: greet, args: ["again"] });
  if (Math.random() > 2) {
    continueAsNew<typeof tick>({ backoffStartInterval: "1 min", initialVersioningBehavior: "AUTO_UPGRADE" });
  }
  // @ts-expect-error: an argument of another type
  if (Math.random() > 2) continueAsNew<typeof greet>({ args: [1] });
  // @ts-expect-error: an argument is missing
  if (Math.random() > 2) continueAsNew<typeof greet>();
  // @ts-expect-error: no such behaviour
  if (Math.random() > 2) continueAsNew({ initialVersioningBehavior: "PINNED" });
}
