/**
 * Task queues: waiting tasks on one side, parked polls on the other.
 *
 * @module
 */

import type { WorkerVersionCapabilities } from "../../gen/temporal/api/common/v1/message_pb.ts";
import type { TaskQueueMetadata } from "../../gen/temporal/api/taskqueue/v1/message_pb.ts";
import type { Clock, ClockEntry } from "./clock.ts";
import type { Caller, Waiter } from "./wait.ts";
import { park, parkingTime } from "./wait.ts";

/** The two kinds of task queues. */
export type TaskQueueType = "workflow" | "activity";

/** A worker's poll as tasks see it. */
export interface Poll {
  readonly caller: Caller;
  readonly identity: string;
  readonly queue: TaskQueue;
  /** The queue is one worker's own. */
  readonly isSticky: boolean;
  /** What the worker says of itself, for describing the queue. */
  readonly capabilities?: WorkerVersionCapabilities;
  /** What the worker asks of the queue. */
  readonly metadata?: TaskQueueMetadata;
}

/** Something a worker is to do. */
export interface Task {
  /** Hands the task to a poll and gives the poll's answer; undefined if nobody wants the task any more. */
  start(poll: Poll): unknown;
  /** When it was offered, in milliseconds since the epoch. */
  readonly createdAt: number;
}

/** A worker that polled lately. */
export interface PollerRecord {
  identity: string;
  lastAccess: number;
  ratePerSecond: number;
  capabilities: WorkerVersionCapabilities | undefined;
}

interface Parked {
  poll: Poll;
  waiter: Waiter<unknown>;
}

const POLL_TIME = 60_000;
const POLLER_MEMORY = 300_000;
const STICKY_MEMORY = 10_000;
const DEFAULT_RATE = 100_000;

/** One queue of one type in one namespace. */
export class TaskQueue {
  readonly name: string;
  readonly type: TaskQueueType;
  readonly pollers: Map<string, PollerRecord> = new Map();
  /** It is one worker's own. */
  isSticky = false;
  readonly #wall: Clock;
  readonly #parked = new Set<Parked>();
  #backlog: Task[] = [];
  #head = 0;
  #lastPoll = -Infinity;
  #rate = DEFAULT_RATE;
  #nextAllowed = 0;
  #resume: ClockEntry | undefined;

  constructor(name: string, type: TaskQueueType, wall: Clock) {
    this.name = name;
    this.type = type;
    this.#wall = wall;
  }

  /** How many tasks wait. */
  get backlogSize(): number {
    return this.#backlog.length - this.#head;
  }

  /** How long the oldest task has waited, in milliseconds. */
  get backlogAge(): number {
    const first = this.#backlog[this.#head];
    return first ? Math.max(this.#wall.now() - first.createdAt, 0) : 0;
  }

  /** How long nobody has polled, in milliseconds. */
  get idleTime(): number {
    return this.#parked.size > 0 ? 0 : this.#wall.now() - this.#lastPoll;
  }

  /** Whether a worker is parked here or was within the last ten seconds. */
  get isPolled(): boolean {
    return this.idleTime < STICKY_MEMORY;
  }

  /** Gives the task to a parked poll at once, or keeps it until one comes; true if given. */
  offer(task: Task): boolean {
    if (this.#isIdle() && this.#deliver(task)) return true;
    this.#backlog.push(task);
    if (this.#parked.size > 0 && this.#rateDelay() > 0) this.#resumeLater();
    return false;
  }

  /** Takes a waiting task out; false if it does not wait here (any more). */
  withdraw(task: Task): boolean {
    const index = this.#backlog.indexOf(task, this.#head);
    if (index < 0) return false;
    this.#backlog.splice(index, 1);
    return true;
  }

  /** Waits for a task and gives its answer, undefined if none came in time. */
  async poll(poll: Poll): Promise<unknown> {
    this.#remember(poll);
    const answer = this.#takeFirst(poll);
    if (answer !== undefined) return answer;
    const parked = { poll } as Parked;
    parked.waiter = park<unknown>({
      clock: this.#wall,
      timeoutMs: parkingTime(poll.caller, POLL_TIME),
      signal: poll.caller.signal,
      empty: () => undefined,
      onEnd: () => this.#leave(parked),
    });
    if (poll.caller.signal.aborted) parked.waiter.settle(undefined);
    else this.#parked.add(parked);
    return await parked.waiter.promise;
  }

  /** Ends the parked polls of one worker, all if no identity is given. */
  release(identity?: string): void {
    for (const parked of [...this.#parked]) {
      if (identity === undefined || parked.poll.identity === identity) parked.waiter.settle(undefined);
    }
    if (identity === undefined) {
      this.pollers.clear();
      this.#lastPoll = -Infinity;
    }
  }

  /** The workers that polled within the last five minutes. */
  listPollers(): PollerRecord[] {
    const oldest = this.#wall.now() - POLLER_MEMORY;
    for (const [identity, record] of this.pollers) {
      if (record.lastAccess < oldest) this.pollers.delete(identity);
    }
    return [...this.pollers.values()];
  }

  #isIdle(): boolean {
    return this.#parked.size > 0 && this.backlogSize === 0 && this.#rateDelay() <= 0;
  }

  #leave(parked: Parked): void {
    this.#parked.delete(parked);
    this.#lastPoll = this.#wall.now();
  }

  #remember(poll: Poll): void {
    this.#lastPoll = this.#wall.now();
    this.isSticky = poll.isSticky;
    const rate = poll.metadata?.maxTasksPerSecond;
    if (rate !== undefined) this.#rate = rate;
    const record = this.pollers.get(poll.identity);
    if (record) {
      record.lastAccess = this.#lastPoll;
      record.ratePerSecond = this.#rate;
      return;
    }
    this.pollers.set(poll.identity, {
      identity: poll.identity,
      lastAccess: this.#lastPoll,
      ratePerSecond: this.#rate,
      capabilities: poll.capabilities,
    });
  }

  #takeFirst(poll: Poll): unknown {
    while (this.backlogSize > 0) {
      if (this.#rateDelay() > 0) {
        this.#resumeLater();
        return undefined;
      }
      const task = this.#backlog[this.#head];
      this.#backlog[this.#head++] = undefined as unknown as Task;
      if (this.#head === this.#backlog.length || this.#head > 1024) {
        this.#backlog = this.#backlog.slice(this.#head);
        this.#head = 0;
      }
      const answer = task.start(poll);
      if (answer !== undefined) {
        this.#countDispatch();
        return answer;
      }
    }
    return undefined;
  }

  #deliver(task: Task): boolean {
    for (const parked of this.#parked) {
      if (!parked.waiter.isOpen) continue;
      const answer = task.start(parked.poll);
      // Nobody wants it any more: it is dealt with.
      if (answer === undefined) return true;
      this.#countDispatch();
      parked.waiter.settle(answer);
      return true;
    }
    return false;
  }

  #rateDelay(): number {
    return this.#rate >= DEFAULT_RATE ? 0 : this.#nextAllowed - this.#wall.now();
  }

  #countDispatch(): void {
    if (this.#rate >= DEFAULT_RATE) return;
    this.#nextAllowed = Math.max(this.#nextAllowed, this.#wall.now()) + 1000 / Math.max(this.#rate, 1e-3);
  }

  #resumeLater(): void {
    if (this.#resume && this.#resume.index >= 0) return;
    this.#resume = this.#wall.schedule(Math.ceil(this.#nextAllowed), () => this.#drain());
  }

  #drain(): void {
    for (const parked of [...this.#parked]) {
      if (!parked.waiter.isOpen) continue;
      const answer = this.#takeFirst(parked.poll);
      if (answer === undefined) return;
      parked.waiter.settle(answer);
    }
  }
}

/** Options of `Matching`. */
export interface MatchingOptions {
  wall: Clock;
  /** Milliseconds. */
  hintDelay: number;
  /** Called once a queue, when a workflow task waited that long and no worker polls. */
  onUnpolled?: (queue: TaskQueue, polled: string[]) => void;
}

/** Every task queue of the server. */
export class Matching {
  readonly #queues = new Map<string, TaskQueue>();
  readonly #watched = new Set<TaskQueue>();
  readonly #options: MatchingOptions;

  constructor(options: MatchingOptions) {
    this.#options = options;
  }

  /** The queue of that name and type, made when first asked for. */
  queue(namespaceId: string, type: TaskQueueType, name: string): TaskQueue {
    const key = `${type} ${namespaceId} ${name}`;
    const found = this.#queues.get(key);
    if (found) return found;
    const made = new TaskQueue(name, type, this.#options.wall);
    this.#queues.set(key, made);
    return made;
  }

  /** Looks after a workflow task that no worker took at once, to hint at a queue nobody polls. */
  watch(queue: TaskQueue): void {
    if (this.#watched.has(queue) || queue.isPolled) return;
    this.#watched.add(queue);
    const { wall, hintDelay } = this.#options;
    wall.schedule(wall.now() + hintDelay, () => {
      if (queue.backlogSize > 0 && !queue.isPolled) this.#options.onUnpolled?.(queue, this.#listPolled());
      else this.#watched.delete(queue);
    });
  }

  /** Ends every parked poll. */
  close(): void {
    for (const queue of this.#queues.values()) queue.release();
  }

  #listPolled(): string[] {
    const names = new Set<string>();
    for (const queue of this.#queues.values()) {
      if (queue.type === "workflow" && queue.isPolled && !queue.isSticky) names.add(queue.name);
    }
    return [...names];
  }
}
