import type {
  ActivityArgs,
  ActivityDefinition,
  ActivityRef,
  ActivityResult,
  ArgsOption,
  HandlerArgs,
  HandlerName,
  HandlerResult,
  OptionsRest,
  Outputs,
  QueryDefinition,
  SignalDefinition,
  StandardSchemaV1,
  TypeHint,
  UntypedActivity,
  UntypedWorkflow,
  UpdateDefinition,
  WorkflowArgs,
  WorkflowDefinition,
  WorkflowRef,
  WorkflowResult,
} from "../../src/common/mod.ts";
import * as v from "valibot";
import type { Equal, Expect } from "./equal.ts";

declare function greet(name: string): Promise<string>;
declare function tick(): Promise<void>;
declare function search(text?: string, limit?: number): Promise<string[]>;
declare function order(id: string, ...tags: string[]): Promise<{ id: string }>;

declare class Approval {
  #by?: string;
  limit: number;
  run(order: string, amount: number): Promise<boolean>;
  approve(by: string): void;
  approver(): string | undefined;
  setLimit(limit: number): Promise<number>;
}

declare const defined: WorkflowDefinition<[id: string, amount?: number], Date>;

export type Workflows = Expect<[
  Equal<WorkflowArgs<typeof greet>, [name: string]>,
  Equal<WorkflowArgs<typeof tick>, []>,
  Equal<WorkflowArgs<typeof search>, [text?: string, limit?: number]>,
  Equal<WorkflowArgs<typeof order>, [id: string, ...tags: string[]]>,
  Equal<WorkflowArgs<typeof Approval>, [order: string, amount: number]>,
  Equal<WorkflowArgs<typeof defined>, [id: string, amount?: number]>,
  // deno-lint-ignore no-explicit-any -- what it is
  Equal<WorkflowArgs<UntypedWorkflow>, any[]>,
  Equal<WorkflowArgs<string>, never>,
  Equal<WorkflowResult<typeof greet>, string>,
  Equal<WorkflowResult<typeof tick>, void>,
  Equal<WorkflowResult<typeof Approval>, boolean>,
  Equal<WorkflowResult<typeof defined>, Date>,
  Equal<WorkflowResult<UntypedWorkflow>, unknown>,
]>;

export type Handlers = Expect<[
  Equal<HandlerName<typeof Approval>, "approve" | "approver" | "setLimit">,
  Equal<HandlerName<typeof greet>, string>,
  Equal<HandlerName<UntypedWorkflow>, string>,
  Equal<HandlerArgs<typeof Approval, "approve">, [by: string]>,
  Equal<HandlerArgs<typeof Approval, "approver">, []>,
  Equal<HandlerArgs<typeof Approval, "limit">, never>,
  // deno-lint-ignore no-explicit-any -- what it is
  Equal<HandlerArgs<typeof greet, "anything">, any[]>,
  Equal<HandlerResult<typeof Approval, "approver">, string | undefined>,
  Equal<HandlerResult<typeof Approval, "setLimit">, number>,
  // deno-lint-ignore no-explicit-any -- what it is
  Equal<HandlerResult<typeof greet, "anything">, any>,
]>;

declare function compose(greeting: string, name: string): Promise<string>;
declare function add(a: number, b?: number): number;
declare const charge: ActivityDefinition<[cents: number], string>;

export type Activities = Expect<[
  Equal<ActivityArgs<typeof compose>, [greeting: string, name: string]>,
  Equal<ActivityArgs<typeof add>, [a: number, b?: number]>,
  Equal<ActivityArgs<typeof charge>, [cents: number]>,
  Equal<ActivityResult<typeof compose>, string>,
  Equal<ActivityResult<typeof add>, number>,
  Equal<ActivityResult<typeof charge>, string>,
  Equal<ActivityResult<UntypedActivity>, unknown>,
]>;

const schemas = [v.pipe(v.string(), v.transform(Number)), v.optional(v.boolean())] as const;
export type Validation = Expect<[
  Equal<Outputs<typeof schemas>, [number, boolean | undefined]>,
  Equal<Outputs<[]>, []>,
]>;
export const hint: TypeHint<number> = schemas[0];
export const schema: StandardSchemaV1<string, number> = schemas[0];
// @ts-expect-error -- the schema's output is a number
export const wrongHint: TypeHint<string> = schemas[0];

// Arguments are required exactly when a parameter is.
export const none: ArgsOption<WorkflowArgs<typeof tick>> = {};
export const empty: ArgsOption<WorkflowArgs<typeof tick>> = { args: [] };
export const one: ArgsOption<WorkflowArgs<typeof greet>> = { args: ["World"] };
export const left: ArgsOption<WorkflowArgs<typeof search>> = {};
export const some: ArgsOption<WorkflowArgs<typeof search>> = { args: ["x"] };
export const rest: ArgsOption<WorkflowArgs<typeof order>> = { args: ["1", "a", "b"] };
export const untyped: ArgsOption<WorkflowArgs<UntypedWorkflow>> = { args: [1, "x"] };
export const untypedNone: ArgsOption<WorkflowArgs<UntypedWorkflow>> = {};
// @ts-expect-error -- tick takes no argument
export const tooMany: ArgsOption<WorkflowArgs<typeof tick>> = { args: [1] };
// @ts-expect-error -- greet needs its name
export const missing: ArgsOption<WorkflowArgs<typeof greet>> = {};
// @ts-expect-error -- greet needs its name
export const tooFew: ArgsOption<WorkflowArgs<typeof greet>> = { args: [] };
// @ts-expect-error -- a name is a text
export const wrongType: ArgsOption<WorkflowArgs<typeof greet>> = { args: [1] };
// @ts-expect-error -- arguments are a list
export const notAList: ArgsOption<WorkflowArgs<typeof greet>> = { args: "World" };
// @ts-expect-error -- search takes two
export const threeOfTwo: ArgsOption<WorkflowArgs<typeof search>> = { args: ["x", 1, 2] };

// Options may be left out exactly when nothing in them is required.
declare function start<W extends WorkflowRef = UntypedWorkflow>(
  workflow: W | string,
  ...options: OptionsRest<ArgsOption<WorkflowArgs<W>> & { id?: string }>
): Promise<WorkflowResult<W>>;
declare function call<T extends ActivityRef = UntypedActivity>(
  activity: T | string,
  options: ArgsOption<ActivityArgs<T>>,
): Promise<ActivityResult<T>>;

export async function use(): Promise<void> {
  await start(tick);
  await start(tick, { id: "1" });
  await start(search, { args: [] });
  await start("Anything");
  await start("Anything", { args: [1, 2, 3] });
  const text: string = await start(greet, { args: ["World"] });
  const approved: boolean = await start(Approval, { args: ["order 7", 5] });
  const named: boolean = await start<typeof Approval>("Approval", { args: ["order 7", 5] });
  const date: Date = await start(defined, { args: ["1"] });
  const sum: number = await call(add, { args: [1] });
  const paid: string = await call(charge, { args: [100] });
  void [text, approved, named, date, sum, paid];

  // @ts-expect-error -- greet needs options
  await start(greet);
  // @ts-expect-error -- the run method needs two arguments
  await start(Approval, { args: ["order 7"] });
  // @ts-expect-error -- the named type is checked too
  await start<typeof Approval>("Approval", { args: [5, "order 7"] });
  // @ts-expect-error -- the result is a text
  const number: number = await start(greet, { args: ["World"] });
  // @ts-expect-error -- cents are a number
  await call(charge, { args: ["100"] });
  // @ts-expect-error -- a class without run is no workflow
  await start(Date);
  void number;
}

declare function signal<W extends WorkflowRef, N extends HandlerName<W>>(
  workflow: W,
  name: N,
  ...args: HandlerArgs<W, N>
): Promise<HandlerResult<W, N>>;
declare function send<A extends unknown[]>(definition: SignalDefinition<A>, ...args: A): void;
declare function ask<R, A extends unknown[]>(definition: QueryDefinition<R, A>, ...args: A): Promise<R>;
declare function update<R, A extends unknown[]>(definition: UpdateDefinition<R, A>, options: ArgsOption<A>): Promise<R>;
declare const approve: SignalDefinition<[by: string]>;
declare const approver: QueryDefinition<string | undefined, []>;
declare const setLimit: UpdateDefinition<number, [limit: number]>;

export async function useHandlers(): Promise<void> {
  await signal(Approval, "approve", "Ada");
  await signal(greet, "whatever", 1, 2);
  send(approve, "Ada");
  const by: string | undefined = await ask(approver);
  const old: number = await update(setLimit, { args: [5] });
  void [by, old];

  // @ts-expect-error -- no such handler
  await signal(Approval, "aprove", "Ada");
  // @ts-expect-error -- run is no handler
  await signal(Approval, "run", "order", 5);
  // @ts-expect-error -- limit is no method
  await signal(Approval, "limit");
  // @ts-expect-error -- a name is a text
  await signal(Approval, "approve", 5);
  // @ts-expect-error -- who?
  send(approve);
  // @ts-expect-error -- a signal is no query
  await ask(approve);
  // @ts-expect-error -- updates need their arguments
  await update(setLimit, {});
}
