/**
 * A workflow thread as its worker sees it.
 *
 * @module
 */
import { startThread, type Thread } from "../../platform/threads.ts";
import type { RealmSettings } from "../host.ts";
import { DeadlockError, RealmLostError } from "../errors.ts";
import type { Outlets } from "../outlets.ts";
import { fromErrorData, toErrorData } from "./errors.ts";
import { type Answer, type FromThread, type Question, type ToThread, words, type WorkItem } from "./messages.ts";
import { MetricRecorder } from "./metrics.ts";
import { pack, unpack } from "./packing.ts";
import { Watch } from "./watch.ts";

/** What a thread is started with. */
export interface RealmThreadOptions extends Outlets {
  /** Milliseconds that an activation may take, no limit when unset. */
  deadlockTimeout?: number;
}

/** A question to the thread that has an answer. */
export type Ask = Extract<WorkItem, { id: number }> extends infer Item ? Item extends unknown ? Omit<Item, "id"> : never
  : never;

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

type Listeners = { [K in FromThread["kind"]]: (message: Extract<FromThread, { kind: K }>) => void };

const here = import.meta.url;
const entry = new URL(`./entry${here.slice(here.lastIndexOf("."))}`, here);

/** The part of the time-out that is left to those who end the thread from outside. */
const patience = 1_000;

/** A workflow thread. */
export class RealmThread {
  /** The types of the workflows that it knows; rejects with what went wrong while they were loaded. */
  readonly workflowTypes: Promise<string[]>;
  readonly #options: RealmThreadOptions;
  readonly #recorder: MetricRecorder | undefined;
  readonly #thread: Thread;
  readonly #memory: SharedArrayBuffer = new SharedArrayBuffer(Object.keys(words).length * 4);
  readonly #words: Int32Array = new Int32Array(this.#memory);
  readonly #answers: MessageChannel = new MessageChannel();
  readonly #pending: Map<number, Pending> = new Map();
  readonly #watch: Watch | undefined;
  #opened!: PromiseWithResolvers<string[]>;
  #items: WorkItem[] = [];
  #lastId = 0;
  #slowId = 0;
  #isOpen = false;
  #hasEnded = false;

  /** Starts a thread; it does nothing before {@link open}. */
  constructor(options: RealmThreadOptions) {
    this.#options = options;
    const { deadlockTimeout, meter } = options;
    this.#recorder = meter && new MetricRecorder(meter);
    this.#opened = Promise.withResolvers();
    this.workflowTypes = this.#opened.promise;
    this.workflowTypes.catch(() => {}); // told to everybody who asks the thread
    this.#thread = start((message) => this.#take(message), (reason) => this.#lose(reason));
    this.#watch = deadlockTimeout === undefined ? undefined : new Watch(this.#words, deadlockTimeout, {
      slow: (id) => this.#giveUpOthers(id),
      blocked: (id) => this.#block(id, deadlockTimeout),
    });
  }

  /** Whether it takes more: it has not ended, and what it does now does not take long. */
  get isResponsive(): boolean {
    return !this.#hasEnded && this.#slowId === 0;
  }

  /** Loads the workflows. */
  open(settings: RealmSettings): void {
    const { sinks, decidePatch, deadlockTimeout } = this.#options;
    const { port2 } = this.#answers;
    this.#thread.hold(true);
    this.#thread.post(
      {
        kind: "open",
        settings,
        sinks: sinks?.functions,
        hasDecidePatch: decidePatch !== undefined,
        words: this.#memory,
        answers: port2,
        limit: deadlockTimeout === undefined ? undefined : deadlockTimeout + patience,
      } satisfies ToThread,
      [port2],
    );
  }

  /** Gives the thread something to do. Rejects with RealmLostError where the thread is gone before it did it. */
  ask(item: Ask): Promise<unknown> {
    if (this.#hasEnded) return Promise.reject(new RealmLostError());
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = ++this.#lastId;
    this.#pending.set(id, { resolve, reject });
    if (this.#pending.size === 1) this.#hold(true);
    this.#send({ ...item, id } as WorkItem);
    return promise;
  }

  /** Lets go of a run. */
  dispose(run: number): void {
    if (!this.#hasEnded) this.#send({ kind: "dispose", run });
  }

  /** Ends the thread; what it had still to do is lost. */
  end(): void {
    this.#settleAll(() => new RealmLostError());
    this.#close();
  }

  #hold(isHeld: boolean): void {
    this.#thread.hold(isHeld);
    if (isHeld) this.#watch?.start();
    else this.#watch?.stop();
  }

  /** All that is sent in one turn goes in one message. */
  #send(item: WorkItem): void {
    this.#items.push(item);
    if (this.#items.length > 1) return;
    queueMicrotask(() => {
      const items = this.#items;
      this.#items = [];
      if (!this.#hasEnded) this.#thread.post(pack({ kind: "work", items } satisfies ToThread));
    });
  }

  #take(message: FromThread): void {
    const listen = this.#listeners[message.kind] as (message: FromThread) => void;
    listen(message);
  }

  readonly #listeners: Listeners = {
    opened: ({ workflowTypes }) => {
      this.#isOpen = true;
      this.#opened.resolve(workflowTypes);
      if (this.#pending.size === 0) this.#hold(false);
    },
    refused: ({ error }) => {
      this.#opened.reject(fromErrorData(error));
      this.#settleAll(() => fromErrorData(error));
      this.#close();
    },
    completed: ({ completions, values }) => {
      for (const { id, completion } of completions) this.#settle(id)?.resolve(completion);
      for (const value of values) this.#record(value);
    },
    sank: ({ calls }) => this.#options.sinks?.take(calls),
    located: ({ id, place }) => this.#settle(id)?.resolve(place),
    threw: ({ id, error }) => this.#settle(id)?.reject(fromErrorData(error)),
    logged: ({ level, message, attributes }) => this.#options.logger[level](message, attributes),
    asked: ({ question }) => this.#answer(question),
  };

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (id === this.#slowId) this.#slowId = 0;
    if (this.#pending.size === 0) this.#hold(false);
    return pending;
  }

  #settleAll(makeError: (id: number) => Error): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(makeError(id));
  }

  #record(value: Parameters<MetricRecorder["record"]>[0]): void {
    try {
      this.#recorder?.record(value);
    } catch (error) {
      this.#options.logger.warn(`the meter did not take a value of metric ${value.metric.name}`, { error });
    }
  }

  #answer(question: Question): void {
    this.#answers.port1.postMessage(this.#findAnswer(question));
    Atomics.store(this.#words, words.answered, 1);
    Atomics.notify(this.#words, words.answered);
  }

  #findAnswer(question: Question): Answer {
    const { callExtern, decidePatch } = this.#options;
    try {
      const value = question.kind === "patch"
        ? decidePatch!(question.question)
        : callExtern!(question.name, question.args);
      return { value: structuredClone(value) };
    } catch (error) {
      return { error: toErrorData(error) };
    }
  }

  /** What waits behind something slow need not wait: it can be loaded elsewhere. */
  #giveUpOthers(slowId: number): void {
    this.#slowId = slowId;
    Atomics.store(this.#words, words.floor, this.#lastId + 1);
    for (const id of [...this.#pending.keys()]) if (id !== slowId) this.#settle(id)?.reject(new RealmLostError());
  }

  #block(id: number, timeout: number): void {
    const blocked = this.#settle(id);
    this.end();
    blocked?.reject(new DeadlockError(`did not yield within ${timeout / 1_000} s`));
  }

  /** What was in progress is to blame. */
  #lose(reason: string): void {
    const current = Atomics.load(this.#words, words.current);
    const unopened = this.#isOpen ? undefined : new Error(`a workflow thread did not start: ${reason}`);
    if (unopened) this.#opened.reject(unopened);
    const ended = new Error(`the thread ended: ${reason}`);
    this.#settleAll((id) => unopened ?? (id === current ? ended : new RealmLostError()));
    this.#close();
  }

  #close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#watch?.stop();
    this.#thread.end();
    this.#answers.port1.close();
  }
}

function start(message: (message: FromThread) => void, ended: (reason: string) => void): Thread {
  const thread = startThread(entry, { message: (data) => message((unpack(data) ?? data) as FromThread), ended });
  if (!thread) throw new Error("this runtime has no threads; set workflowThreads to 0");
  return thread;
}
