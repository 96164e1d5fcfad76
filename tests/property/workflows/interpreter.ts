/** Runs programs: each step leaves a mark, and what is asked for carries what the marks so far amount to. */
import { type RawValue, SearchAttributeKey } from "@anywhen/temporal/common";
import * as workflow from "@anywhen/temporal/workflow";
import type { Block, End, Moment, Program, Step } from "../program.ts";

export const bump = workflow.defineSignal<[block: Block]>("bump");
export const wake = workflow.defineSignal<[path: string]>("wake");
export const change = workflow.defineUpdate<string, [block: Block, reject: boolean]>("change");
export const count = workflow.defineQuery<number>("count");

/** The message of failures of tasks that a program has asked for. */
export const stumbling = "stumbled on purpose";

const quantity = SearchAttributeKey.forInt("AnywhenInt");

/** What a program leaves behind. */
export interface Outcome {
  trace: string[];
  digest: number;
}

/** Runs a program; `digest` is that of the run before. */
export async function interpret(program: Program, digest: number = 1): Promise<Outcome> {
  const interpreter = new Interpreter(program, digest);
  return await Promise.race([interpreter.run(), interpreter.fault]);
}

type Kind = Step["do"];
type StepOf<K extends Kind> = Extract<Step, { do: K }>;
type Performers = { readonly [K in Kind]: (me: Interpreter, step: StepOf<K>, path: string) => Promise<unknown> };

class Interpreter {
  readonly program: Program;
  readonly woken: Set<string> = new Set();
  readonly lock: workflow.Lock = new workflow.Lock();
  bumps = 0;
  isOver = false;
  readonly #trace: string[] = [];
  readonly #fault: PromiseWithResolvers<never> = Promise.withResolvers();
  #digest: number;
  #changes = 0;

  constructor(program: Program, digest: number) {
    this.program = program;
    this.#digest = digest;
  }

  /** Rejects with an error that fails the task, wherever the code has thrown it. */
  get fault(): Promise<never> {
    return this.#fault.promise;
  }

  /** What the marks so far amount to. */
  get digest(): number {
    return this.#digest;
  }

  async run(): Promise<Outcome> {
    try {
      return await this.#perform();
    } finally {
      this.isOver = true;
    }
  }

  async #perform(): Promise<Outcome> {
    workflow.setHandler(wake, (path) => void this.woken.add(path));
    workflow.setHandler(count, () => this.#trace.length);
    const { block, listensAfter, drains, yields, end } = this.program;
    await this.perform(block.slice(0, listensAfter), "");
    this.listen("named");
    await this.perform(block.slice(listensAfter), "+");
    if (drains) await workflow.shield(() => workflow.waitCondition(workflow.allHandlersFinished));
    const reason = workflow.cancellationReason();
    if (yields && reason !== undefined) throw new workflow.CancelledError(reason);
    if (end) this.finish(end);
    return { trace: this.#trace, digest: this.#digest };
  }

  /** What depends on the clock stands apart: the digest is without it. */
  mark(text: string): void {
    if (this.isOver) return;
    const info = workflow.info();
    const clock = [workflow.time(), info.getCurrentHistoryLength(), info.getCurrentHistorySize(), workflow.uuid7()];
    this.#trace.push(`${text} @${clock}`);
    for (let i = 0; i < text.length; i++) this.#digest = Math.imul(this.#digest ^ text.charCodeAt(i), 0x01000193);
  }

  /** Runs the steps of a block in order. */
  async perform(block: Block, path: string): Promise<string> {
    for (const [index, step] of block.entries()) await this.#step(step, `${path}${index}`);
    return path;
  }

  /** Runs blocks at the same time. */
  performAll(blocks: Block[], path: string): Promise<string>[] {
    return blocks.map((block, index) => this.perform(block, `${path}.${index}:`));
  }

  finish(end: End): never {
    this.mark(`ends: ${end.how}`);
    if (end.how === "fail") throw new workflow.ApplicationError(`digest ${this.#digest}`, { type: "End" });
    return workflow.continueAsNew({ args: [end.program, this.#digest] });
  }

  async #step(step: Step, path: string): Promise<void> {
    this.mark(`${path} ${step.do}`);
    try {
      const result = await (performers[step.do] as Performers[Kind])(this, step as never, path);
      this.mark(`${path} = ${JSON.stringify(result)}`);
    } catch (error) {
      this.mark(`${path} ! ${describe(error)}`);
      if (!isEnd(error) && !isExpected(error)) this.#fault.reject(error);
      if (step.throws || isEnd(error) || !isExpected(error)) throw error;
    }
  }

  listen(handlers: "named" | "dynamic" | "none"): void {
    const isNamed = handlers === "named";
    const onSignal = (block: Block) => this.#take("s", ++this.bumps, block);
    const onUpdate = (block: Block, reject: boolean) => {
      this.mark(`${workflow.currentUpdateInfo()?.name} ${reject}`);
      return this.#take("u", ++this.#changes, block);
    };
    workflow.setHandler(bump, isNamed ? async (block) => void await onSignal(block) : undefined);
    workflow.setHandler(change, isNamed ? onUpdate : undefined, { validator: (_, reject) => refuse(reject) });
    const isDynamic = handlers === "dynamic";
    workflow.setDynamicHandler("signal", isDynamic ? (_, [block]) => onSignal(read(block) as Block) : undefined);
    workflow.setDynamicHandler(
      "update",
      isDynamic ? (_, [block, reject]) => onUpdate(read(block) as Block, read(reject) as boolean) : undefined,
      { validator: (_, [, reject]) => refuse(read(reject) as boolean) },
    );
  }

  /** Runs what a message brings. */
  async #take(kind: string, number: number, block: Block): Promise<string> {
    const path = `${kind}${number}/`;
    this.mark(path);
    return await this.perform(block, path);
  }
}

function read({ payload }: RawValue): unknown {
  return workflow.payloadConverter().fromPayload(payload);
}

function refuse(reject: boolean): void {
  if (reject) throw new workflow.ApplicationError("rejected");
}

const performers: Performers = {
  all: (me, { blocks }, path) => Promise.all(me.performAll(blocks, path)),
  settle: async (me, { blocks }, path) =>
    (await Promise.allSettled(me.performAll(blocks, path))).map((it) => it.status),
  async race(me, { blocks, cancels }, path) {
    const scope = new workflow.CancellationScope();
    const first = await scope.run(() => Promise.race(me.performAll(blocks, path)));
    if (cancels) scope.cancel();
    return first;
  },
  fork(me, { block }, path) {
    me.perform(block, `${path}f`).catch(() => {});
    return Promise.resolve();
  },
  shield: (me, { block }, path) => workflow.shield(() => me.perform(block, `${path}h`)),
  async lock(me, { block, timeout }, path) {
    const permit = await me.lock.acquire({ timeout });
    try {
      return await me.perform(block, `${path}l`);
    } finally {
      permit.release();
    }
  },
  scope(me, { block, cancel, timeout }, path) {
    const scope = new workflow.CancellationScope({ timeout });
    scope.signal.addEventListener("abort", () => me.mark(`${path} aborted`));
    if (cancel?.when === "before") scope.cancel("before");
    const work = scope.run(() => me.perform(block, `${path}c`));
    if (cancel) at(cancel, () => scope.cancel(cancel.when));
    return work;
  },
  activity: (me, step) => call(me, step, workflow.executeActivity, workflow.startActivity),
  local: (me, step) => call(me, step, workflow.executeLocalActivity, workflow.startLocalActivity),
  timer(_, { ms, style, cancel }) {
    if (style === "sleep") return workflow.sleep(ms, { signal: cancel && abortAt(cancel), summary: "a timer" });
    return new Promise<void>((resolve) => {
      const id = setTimeout(resolve, ms);
      if (cancel) at(cancel, () => (clearTimeout(id), resolve()));
    });
  },
  wait: (me, { count, timeout, cancel }) =>
    workflow.waitCondition(() => me.bumps >= count, { timeout, signal: cancel && abortAt(cancel) }),
  async wake(me, _, path) {
    const options = { args: [path], startToCloseTimeout: 60_000, retryPolicy: { initialInterval: 1 } };
    workflow.shield(() => workflow.executeActivity("wakeUp", options)).catch(() => {});
    await workflow.waitCondition(() => me.woken.has(path));
  },
  drive: (_, { messages }) => workflow.executeActivity("drive", { args: [messages], startToCloseTimeout: "1m" }),
  async child(me, { program, cancellation, policy, how, cancel, signals, randomId }, path) {
    const { workflowId, taskQueue } = workflow.info();
    const own = how === "taken" ? workflowId : randomId ? undefined : `${workflowId}/${me.digest}/${path}`;
    const options = {
      id: own,
      args: [program, me.digest] as [Program, number],
      taskQueue: program.worker ? taskQueue.replace(/[a-z]+$/, program.worker) : undefined,
      runTimeout: program.runTimeout,
      taskTimeout: program.taskTimeout,
      retryPolicy: program.attempts ? { maximumAttempts: program.attempts, initialInterval: 1 } : undefined,
      cancellationType: cancellation,
      parentClosePolicy: policy,
    };
    const isEarly = how === "execute" || cancel?.when === "before" || cancel?.when === "atOnce";
    const all = { ...options, signal: isEarly && cancel ? abortAt(cancel) : undefined };
    if (how === "execute") return (await workflow.executeChildWorkflow(interpret, all)).digest;
    const child = await workflow.startChildWorkflow(interpret, all);
    me.mark(`${path} started ${child.id}`);
    if (cancel && !isEarly) at(cancel, () => child.cancel(cancel.when));
    if (signals) await child.signal(bump, signals);
    return how === "leave" ? child.firstExecutionRunId : (await child.result()).digest;
  },
  signal(_, { target, block, cancel }) {
    const send = () => workflow.getExternalWorkflowHandle(find(target)).signal(bump, block);
    if (!cancel) return send();
    const scope = new workflow.CancellationScope();
    const sent = scope.run(send);
    at(cancel, () => scope.cancel());
    return sent;
  },
  cancelOther: (_, { target }) => workflow.getExternalWorkflowHandle(find(target)).cancel("by a workflow"),
  patch: (me, { id, on, off }, path) => workflow.patched(id) ? me.perform(on, `${path}+`) : me.perform(off, `${path}-`),
  deprecate: (_, { id }) => Promise.resolve(workflow.deprecatePatch(id)),
  memo(_, { value }) {
    workflow.upsertMemo({ value });
    return Promise.resolve(workflow.memo());
  },
  attributes(_, { value }) {
    workflow.upsertSearchAttributes([value === null ? quantity.valueUnset() : quantity.valueSet(value)]);
    return Promise.resolve(workflow.info().searchAttributes.get(quantity));
  },
  random() {
    const { random } = workflow.newRandom("property");
    return Promise.resolve([workflow.uuid4(), Math.random(), crypto.randomUUID(), random()]);
  },
  info() {
    const { attempt, isContinueAsNewSuggested } = workflow.info();
    return Promise.resolve([attempt, isContinueAsNewSuggested(), workflow.cancellationReason()]);
  },
  details: (me) => Promise.resolve(workflow.setCurrentDetails(`digest ${me.digest}`)),
  async ticks(_, { count }) {
    for (let i = 0; i < count; i++) await undefined;
  },
  listen: (me, { handlers }) => Promise.resolve(me.listen(handlers)),
  stumble(me) {
    const { stumble } = workflow.externFunctions<{ stumble(workflowId: string): boolean }>();
    const isFirst = !me.isOver && stumble(workflow.info().workflowId);
    return isFirst ? Promise.reject(new Error(stumbling)) : Promise.resolve();
  },
  end: (me, { end }) => Promise.resolve(me.finish(end)),
};

type Call = StepOf<"activity" | "local">;

function call(
  me: Interpreter,
  { do: step, work, cancellation, cancel, handle }: Call,
  execute: typeof workflow.executeActivity,
  start: typeof workflow.startActivity,
): Promise<unknown> {
  const { activity, timeout = 30_000, interval = 1, failures = 0 } = work;
  const options = {
    args: [me.digest, work],
    startToCloseTimeout: timeout,
    retryPolicy: { maximumAttempts: failures + 1, initialInterval: interval },
    cancellationType: cancellation,
    ...(step === "local" ? { localRetryThreshold: 2 } : { heartbeatTimeout: 30_000 }),
  };
  if (!handle) return execute(activity, { ...options, signal: cancel && abortAt(cancel) });
  const started = start(activity, options);
  if (cancel) at(cancel, () => started.cancel(cancel.when));
  return started.result();
}

/** Aborts a signal at a moment; `before` it is aborted already. */
function abortAt(moment: Moment): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (moment.when === "atOnce") queueMicrotask(abort);
  else at(moment, abort);
  return controller.signal;
}

function at(moment: Moment, work: () => void): void {
  if (moment.when === "later") setTimeout(work, moment.after);
  else if (moment.when === "ticks") afterTicks(moment.after, work);
  else work();
}

function afterTicks(count: number, work: () => void): void {
  queueMicrotask(() => count > 1 ? afterTicks(count - 1, work) : work());
}

function find(target: "self" | "parent" | "nobody"): string {
  const { workflowId, parent } = workflow.info();
  if (target === "self") return workflowId;
  return (target === "parent" && parent?.workflowId) || `${workflowId}/nobody`;
}

function isEnd(error: unknown): boolean {
  const isFailure = error instanceof workflow.ApplicationError && error.type === "End";
  return isFailure || error instanceof workflow.ContinueAsNewError;
}

/** Whether an error stands for something that may happen to a program; anything else is a fault of the SDK. */
function isExpected(error: unknown): boolean {
  return error instanceof workflow.FailureError;
}

function describe(error: unknown): string {
  const { name, message, cause } = error as Error;
  return `${name}: ${message}${cause ? ` < ${describe(cause)}` : ""}`;
}
