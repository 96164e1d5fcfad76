/**
 * The inside of a workflow thread: does what it is told, one thing after the other.
 *
 * @module
 */
import { nodeModule } from "../../platform.ts";
import { createLimitedRunner } from "../../platform/limits.ts";
import { takeMessage, type ThreadScope } from "../../platform/threads.ts";
import type { Completion } from "../../workflow/activation.ts";
import type { SinkCall } from "../../workflow/runtime/outlets/sinks.ts";
import { createRealmHost, type RealmHost, type WorkflowRealm } from "../host.ts";
import { fromErrorData, toErrorData } from "./errors.ts";
import {
  type Answer,
  type FromThread,
  type Open,
  type Question,
  type ToThread,
  words,
  type WorkItem,
} from "./messages.ts";
import { ThreadLogger } from "./logger.ts";
import { MetricBuffer } from "./metrics.ts";
import { pack, unpack } from "./packing.ts";

type Performers = { [K in WorkItem["kind"]]: (item: Extract<WorkItem, { kind: K }>) => Promise<void> | void };

/** How many completions go in one message at most: fewer messages cost less, but a run stands still while its own waits. */
const completionsPerMessage = 2;

/** A workflow thread. */
export class Inside {
  readonly #scope: ThreadScope;
  readonly #items: WorkItem[] = [];
  readonly #runs: Map<number, WorkflowRealm> = new Map();
  readonly #metrics: MetricBuffer = new MetricBuffer();
  #words: Int32Array = new Int32Array(0);
  #answers: MessagePort | undefined;
  #host: RealmHost | undefined;
  #sinkCalls: SinkCall[] = [];
  #completions: { id: number; completion: Completion }[] = [];
  #isBusy = false;
  #perform: (work: () => Promise<void>) => Promise<void> = (work) => work();

  /** Waits to be told. */
  constructor(scope: ThreadScope) {
    this.#scope = scope;
    scope.listen((message) => this.#take((unpack(message) ?? message) as ToThread));
  }

  #take(message: ToThread): void {
    if (message.kind === "open") void this.#open(message);
    else this.#items.push(...message.items);
    void this.#workOff();
  }

  async #open({ settings, sinks, hasDecidePatch, words: memory, answers, limit }: Open): Promise<void> {
    this.#words = new Int32Array(memory);
    this.#answers = answers;
    try {
      this.#host = await createRealmHost({
        ...settings,
        drain: this.#limit(limit),
        logger: new ThreadLogger((message) => this.#post(message)),
        meter: this.#metrics.meter,
        sinks: sinks && { functions: sinks, take: (calls) => void this.#sinkCalls.push(...calls) },
        callExtern: (name, args) => this.#ask({ kind: "extern", name, args }),
        decidePatch: hasDecidePatch ? (question) => this.#ask({ kind: "patch", question }) : undefined,
      });
      this.#post({ kind: "opened", workflowTypes: this.#host.workflowTypes });
      await this.#workOff();
    } catch (error) {
      this.#post({ kind: "refused", error: toErrorData(error) });
    }
  }

  /** Where a thread cannot be ended from outside, every part of an activation is a call that ends by itself. */
  #limit(limit: number | undefined): (() => Promise<void>) | undefined {
    const run = limit === undefined ? undefined : createLimitedRunner();
    if (!run) return undefined;
    const { setImmediate } = nodeModule("node:timers");
    this.#perform = (work) => {
      let done = Promise.resolve();
      run(() => done = work(), limit!);
      return done;
    };
    return () => new Promise((resolve) => void setImmediate(() => run(resolve, limit!)));
  }

  async #workOff(): Promise<void> {
    if (!this.#host || this.#isBusy) return;
    this.#isBusy = true;
    for (let item = this.#items.shift(); item; item = this.#items.shift()) {
      const perform = this.#performers[item.kind] as (item: WorkItem) => Promise<void> | void;
      await perform(item);
      if (this.#items.length === 0 || this.#completions.length >= completionsPerMessage) this.#flush();
    }
    this.#isBusy = false;
  }

  readonly #performers: Performers = {
    activate: ({ id, run, runId, isTraced, activation }) => {
      const realm = this.#runs.get(run) ?? this.#host!.createRun({ runId, isTraced });
      this.#runs.set(run, realm);
      return this.#watched(
        id,
        () => this.#answer(id, async () => this.#complete(id, await realm.activate(activation))),
      );
    },
    // Not watched: it may take as long as all that the run has replayed, which did not block.
    locate: ({ id, run, command, seq }) => {
      const realm = this.#runs.get(run);
      return this.#answer(id, async () => {
        this.#post({ kind: "located", id, place: await realm?.locate(command, seq) });
      });
    },
    dispose: ({ run }) => {
      this.#runs.get(run)?.dispose();
      this.#runs.delete(run);
    },
  };

  async #watched(id: number, work: () => Promise<void>): Promise<void> {
    this.#setCurrent(id);
    await work();
    this.#setCurrent(0);
  }

  async #answer(id: number, work: () => Promise<void>): Promise<void> {
    if (id < Atomics.load(this.#words, words.floor)) return;
    try {
      await this.#perform(work);
    } catch (error) {
      this.#post({ kind: "threw", id, error: toErrorData(error) });
    }
  }

  #complete(id: number, completion: Completion): void {
    const calls = this.#sinkCalls;
    this.#sinkCalls = [];
    if (calls.length > 0) this.#post({ kind: "sank", calls });
    this.#completions.push({ id, completion });
  }

  #flush(): void {
    const completions = this.#completions;
    if (completions.length === 0) return;
    this.#completions = [];
    this.#scope.post(pack({ kind: "completed", completions, values: this.#metrics.take() } satisfies FromThread));
  }

  /** Waits for the worker, during which nobody takes this thread for blocked. */
  #ask(question: Question): unknown {
    const current = Atomics.load(this.#words, words.current);
    Atomics.store(this.#words, words.answered, 0);
    this.#setCurrent(0);
    this.#post({ kind: "asked", question });
    Atomics.wait(this.#words, words.answered, 0);
    this.#setCurrent(current);
    const answer = takeMessage(this.#answers!) as Answer;
    if ("error" in answer) throw fromErrorData(answer.error);
    return answer.value;
  }

  #setCurrent(id: number): void {
    Atomics.add(this.#words, words.turn, 1);
    Atomics.store(this.#words, words.current, id);
  }

  #post(message: FromThread): void {
    this.#scope.post(message);
  }
}
