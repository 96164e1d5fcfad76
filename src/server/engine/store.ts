/**
 * Where runs are kept.
 *
 * The engine reads and changes runs as objects; a store says where they live. The one in memory keeps
 * the objects themselves; one on disk keeps what `save` is given and reads it back.
 *
 * @module
 */

import type { Execution } from "./execution.ts";
import { isRunning } from "./execution.ts";
import type { Namespace } from "./namespace.ts";

/** Keeps runs. */
export interface Store {
  /** Keeps a new run; it becomes its workflow id's current one. */
  add(run: Execution): void;
  /** Keeps what changed in a run; called once at the end of each change. */
  save(run: Execution): void;
  /** Drops a run. */
  remove(run: Execution): void;
  /** A run by its id, undefined if there is none. */
  find(namespace: Namespace, workflowId: string, runId: string): Execution | undefined;
  /** The current run of a workflow id, undefined if there is none. */
  findCurrent(namespace: Namespace, workflowId: string): Execution | undefined;
  /** Open runs, newest first. */
  listOpen(namespace: Namespace): Iterable<Execution>;
  /** Closed runs, last closed first. */
  listClosed(namespace: Namespace): Iterable<Execution>;
}

interface Shelf {
  runs: Map<string, Execution>;
  current: Map<string, Execution>;
  open: Set<Execution>;
  closed: Set<Execution>;
}

/** A store that forgets everything with the process. */
export class MemoryStore implements Store {
  readonly #shelves = new Map<string, Shelf>();

  add(run: Execution): void {
    const shelf = this.#shelf(run.namespace);
    shelf.runs.set(run.runId, run);
    shelf.current.set(run.workflowId, run);
    shelf.open.add(run);
  }

  save(run: Execution): void {
    if (isRunning(run)) return;
    const shelf = this.#shelf(run.namespace);
    if (shelf.open.delete(run)) shelf.closed.add(run);
  }

  remove(run: Execution): void {
    const shelf = this.#shelf(run.namespace);
    shelf.runs.delete(run.runId);
    shelf.open.delete(run);
    shelf.closed.delete(run);
    if (shelf.current.get(run.workflowId) === run) shelf.current.delete(run.workflowId);
  }

  find(namespace: Namespace, workflowId: string, runId: string): Execution | undefined {
    const run = this.#shelf(namespace).runs.get(runId);
    return run?.workflowId === workflowId ? run : undefined;
  }

  findCurrent(namespace: Namespace, workflowId: string): Execution | undefined {
    return this.#shelf(namespace).current.get(workflowId);
  }

  listOpen(namespace: Namespace): Execution[] {
    return [...this.#shelf(namespace).open].reverse();
  }

  listClosed(namespace: Namespace): Execution[] {
    return [...this.#shelf(namespace).closed].reverse();
  }

  #shelf(namespace: Namespace): Shelf {
    const found = this.#shelves.get(namespace.id);
    if (found) return found;
    const made: Shelf = { runs: new Map(), current: new Map(), open: new Set(), closed: new Set() };
    this.#shelves.set(namespace.id, made);
    return made;
  }
}
