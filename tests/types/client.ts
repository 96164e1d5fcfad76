/** What TypeScript knows of client calls; compiled, never run. */
import type {
  Client,
  WithStartWorkflowOperation,
  WorkflowExecutionStatus,
  WorkflowHandle,
  WorkflowUpdateHandle,
} from "../../src/client/mod.ts";
import type {
  QueryDefinition,
  SignalDefinition,
  UntypedWorkflow,
  UpdateDefinition,
  WorkflowDefinition,
} from "../../src/common/definition.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
declare function expect<A, B>(equal: Equal<A, B>): void;

declare const client: Client;
declare function greet(name: string): Promise<string>;
declare function tick(): Promise<void>;
declare function maybe(name?: string): Promise<number>;
declare class Approval {
  limit: number;
  run(order: string, urgent?: boolean): Promise<string>;
  approve(by: string): void;
  approver(): string | undefined;
  setLimit(n: number): Promise<number>;
  reset(): Promise<void>;
}
declare const defined: WorkflowDefinition<[n: number], Date>;
declare const approve: SignalDefinition<[by: string]>;
declare const approver: QueryDefinition<string | undefined, []>;
declare const setLimit: UpdateDefinition<number, [n: number]>;
declare const reset: UpdateDefinition<void, []>;

const options = { id: "w", taskQueue: "q" };

export async function start(): Promise<void> {
  const handle = await client.workflow.start(greet, { ...options, args: ["World"] });
  expect<typeof handle, WorkflowHandle<typeof greet>>(true);
  expect<Awaited<ReturnType<typeof handle.result>>, string>(true);
  const result = await client.workflow.execute(greet, { ...options, args: ["World"] });
  expect<typeof result, string>(true);

  // @ts-expect-error: an argument is missing
  await client.workflow.start(greet, options);
  // @ts-expect-error: an argument of another type
  await client.workflow.start(greet, { ...options, args: [1] });
  // @ts-expect-error: an argument too many
  await client.workflow.start(greet, { ...options, args: ["a", "b"] });
  // @ts-expect-error: no id
  await client.workflow.start(greet, { taskQueue: "q", args: ["World"] });
  // @ts-expect-error: no task queue
  await client.workflow.start(greet, { id: "w", args: ["World"] });
  // @ts-expect-error: an unknown policy
  await client.workflow.start(tick, { ...options, idReusePolicy: "NEVER" });

  await client.workflow.start(tick, options);
  await client.workflow.start(tick, { ...options, args: [] });
  // @ts-expect-error: no arguments are taken
  await client.workflow.start(tick, { ...options, args: ["x"] });
  await client.workflow.start(maybe, options);
  await client.workflow.start(maybe, { ...options, args: ["x"] });

  const date = await client.workflow.execute(defined, { ...options, args: [1] });
  expect<typeof date, Date>(true);
}

export async function byName(): Promise<void> {
  const typed = await client.workflow.start<typeof Approval>("Approval", { ...options, args: ["order"] });
  expect<typeof typed, WorkflowHandle<typeof Approval>>(true);
  // @ts-expect-error: an argument of another type
  await client.workflow.start<typeof Approval>("Approval", { ...options, args: [7] });

  const untyped = await client.workflow.start("Approval", { ...options, args: ["anything", 7] });
  const plain: WorkflowHandle = untyped;
  expect<typeof plain, WorkflowHandle<UntypedWorkflow>>(true);
  const result = await untyped.result();
  expect<typeof result, unknown>(true);
  const executed = await client.workflow.execute("Approval", { ...options, args: ["anything", 7] });
  expect<typeof executed, unknown>(true);
  await untyped.signal("whatever", result);
  const answer: number = await untyped.query("whatever", 1, "x");
  await untyped.signal("whatever", answer);
  await untyped.executeUpdate("whatever", { args: [1, 2] });
  await untyped.executeUpdate("whatever");

  const found = client.workflow.getHandle<typeof Approval>("w");
  expect<typeof found, WorkflowHandle<typeof Approval>>(true);
  const forgotten: WorkflowHandle = found;
  // @ts-expect-error: a handle of another result
  const other: WorkflowHandle<typeof tick> = client.workflow.getHandle<typeof greet>(forgotten.id);
  await other.cancel();
  const byValue = client.workflow.getHandle("w", { workflow: greet });
  expect<typeof byValue, WorkflowHandle<typeof greet>>(true);
}

export async function handlers(handle: WorkflowHandle<typeof Approval>): Promise<void> {
  const by = await handle.query("approver");
  expect<typeof by, string | undefined>(true);
  const same = await handle.query(approver);
  expect<typeof same, string | undefined>(true);
  await handle.signal("approve", "Ada");
  await handle.signal(approve, "Ada");
  // @ts-expect-error: no such method
  await handle.signal("aprove", "Ada");
  // @ts-expect-error: `run` is no handler
  await handle.signal("run", "Ada");
  // @ts-expect-error: a property is no handler
  await handle.query("limit");
  // @ts-expect-error: an argument is missing
  await handle.signal("approve");
  // @ts-expect-error: an argument of another type
  await handle.signal(approve, 7);

  const old = await handle.executeUpdate("setLimit", { args: [10] });
  expect<typeof old, number>(true);
  const other = await handle.executeUpdate(setLimit, { args: [10], id: "u" });
  expect<typeof other, number>(true);
  await handle.executeUpdate("reset");
  await handle.executeUpdate(reset);
  // @ts-expect-error: an argument is missing
  await handle.executeUpdate("setLimit");
  // @ts-expect-error: an argument is missing
  await handle.executeUpdate(setLimit, {});
  // @ts-expect-error: an argument of another type
  await handle.executeUpdate("setLimit", { args: ["10"] });

  const update = await handle.startUpdate("setLimit", { args: [10], waitForStage: "ACCEPTED" });
  expect<typeof update, WorkflowUpdateHandle<number>>(true);
  // @ts-expect-error: the stage is missing
  await handle.startUpdate("reset");
  // @ts-expect-error: a stage that cannot be waited for
  await handle.startUpdate("reset", { waitForStage: "ADMITTED" });
  const again = handle.getUpdateHandle("u", { update: setLimit });
  expect<typeof again, WorkflowUpdateHandle<number>>(true);
  const unknown = handle.getUpdateHandle("u");
  expect<typeof unknown, WorkflowUpdateHandle<unknown>>(true);

  const derived = handle.with({ rejectCondition: "NOT_OPEN" });
  expect<typeof derived, WorkflowHandle<typeof Approval>>(true);
  const { status } = await handle.describe();
  expect<typeof status, WorkflowExecutionStatus | undefined>(true);
}

export async function withSignal(): Promise<void> {
  const start = { ...options, args: ["order"] as [string] };
  const handle = await client.workflow.signalWithStart(Approval, {
    ...start,
    startSignal: approve,
    startSignalArgs: ["A"],
  });
  expect<typeof handle, WorkflowHandle<typeof Approval>>(true);
  await client.workflow.signalWithStart(Approval, { ...start, startSignal: "approve", startSignalArgs: ["A"] });
  // @ts-expect-error: no such method
  await client.workflow.signalWithStart(Approval, { ...start, startSignal: "aprove" });
  // @ts-expect-error: an argument of another type
  await client.workflow.signalWithStart(Approval, { ...start, startSignal: approve, startSignalArgs: [7] });
}

export async function withStart(startWorkflowOperation: WithStartWorkflowOperation<typeof Approval>): Promise<void> {
  const result = await client.workflow.executeUpdateWithStart("setLimit", { args: [1], startWorkflowOperation });
  expect<typeof result, number>(true);
  const other = await client.workflow.executeUpdateWithStart(setLimit, { args: [1], startWorkflowOperation });
  expect<typeof other, number>(true);
  // @ts-expect-error: no such method
  await client.workflow.executeUpdateWithStart("setLimits", { args: [1], startWorkflowOperation });
  // @ts-expect-error: the operation is missing
  await client.workflow.executeUpdateWithStart(setLimit, { args: [1] });
  // @ts-expect-error: the stage is missing
  await client.workflow.startUpdateWithStart("reset", { startWorkflowOperation });
  expect<Awaited<ReturnType<typeof startWorkflowOperation.workflowHandle>>, WorkflowHandle<typeof Approval>>(true);
}

export function construct(Operation: typeof WithStartWorkflowOperation): void {
  new Operation(greet, { ...options, args: ["World"], idConflictPolicy: "FAIL" });
  // @ts-expect-error: the policy is missing
  new Operation(greet, { ...options, args: ["World"] });
}
