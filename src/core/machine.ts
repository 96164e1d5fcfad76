/**
 * State machines as tables: states down, triggers across, readable at a glance. The table runs the
 * machine, draws it and says which of its transitions were taken.
 *
 * @module
 */

/** What a table drives: anything with a state. */
export interface Stateful<S extends string> {
  state: S;
}

/** What happens on the way; the machine is in its new state by then. */
export type Action<M, D> = (machine: M, data: D) => void;

/** For each state, what each trigger leads to: a state, or a state and an action. */
export type Transitions<M, S extends string, T> = {
  readonly [state in S]: { readonly [trigger in keyof T]?: S | readonly [to: S, action: Action<M, T[trigger]>] };
};

/** One line of a table. */
export interface Transition {
  readonly from: string;
  readonly trigger: string;
  readonly to: string;
}

interface Target {
  readonly to: string;
  readonly action?: (machine: never, data: never) => void;
  readonly transition: Transition;
}

/** A kind of machine: `M` is what it drives, `S` its states, `T` its triggers with the data each brings. */
export class StateTable<M extends Stateful<S>, S extends string, T> {
  readonly name: string;
  /** The state in which machines of this kind are made. */
  readonly initial: S;
  /** All lines of the table, in its order. */
  readonly transitions: readonly Transition[];
  readonly #targets: Record<string, Record<string, Target>> = {};
  #watcher: ((transition: Transition) => void) | undefined;

  /** A kind of machine with a name for people, the state it starts in and its table. */
  constructor(name: string, initial: S, table: Transitions<M, S, T>) {
    this.name = name;
    this.initial = initial;
    const transitions: Transition[] = [];
    for (const [from, row] of Object.entries(table) as [string, Record<string, unknown>][]) {
      const targets: Record<string, Target> = this.#targets[from] = {};
      for (const [trigger, cell] of Object.entries(row)) {
        const [to, action] = Array.isArray(cell) ? cell : [cell];
        const transition = { from, trigger, to };
        transitions.push(transition);
        targets[trigger] = { to, action, transition };
      }
    }
    this.transitions = transitions;
  }

  /** Takes the transition for `trigger`; false, and nothing is changed, where the state has none. */
  fire<K extends keyof T & string>(machine: M, trigger: K, data: T[K]): boolean {
    const target = this.#targets[machine.state][trigger];
    if (target === undefined) return false;
    this.#watcher?.(target.transition);
    machine.state = target.to as S;
    (target.action as Action<M, T[K]> | undefined)?.(machine, data);
    return true;
  }

  /** Tells `watcher` of every transition taken, in place of any watcher before it; undefined ends it. */
  watch(watcher: ((transition: Transition) => void) | undefined): void {
    this.#watcher = watcher;
  }

  /** The table as a Mermaid state diagram. */
  render(): string {
    const lines = ["stateDiagram-v2", `  [*] --> ${this.initial}`];
    for (const { from, trigger, to } of this.transitions) lines.push(`  ${from} --> ${to}: ${trigger}`);
    for (const [state, row] of Object.entries(this.#targets)) {
      if (Object.values(row).every(({ to }) => to === state)) lines.push(`  ${state} --> [*]`);
    }
    return lines.join("\n") + "\n";
  }
}

/** Which transitions of a table were taken since the recording began. */
export interface Coverage {
  /** Transitions not taken so far. */
  missed(): Transition[];
  /** The figure for people, such as `Timer: 9 of 9 transitions (100 %)`. */
  summary(): string;
  /** Ends the recording. */
  stop(): void;
}

/** Records the transitions that machines of one kind take from now on. */
export function recordCoverage<M extends Stateful<S>, S extends string, T>(table: StateTable<M, S, T>): Coverage {
  const taken = new Set<Transition>();
  table.watch((transition) => taken.add(transition));
  return {
    missed: () => table.transitions.filter((transition) => !taken.has(transition)),
    summary: () => {
      const share = Math.floor(taken.size / table.transitions.length * 100);
      return `${table.name}: ${taken.size} of ${table.transitions.length} transitions (${share} %)`;
    },
    stop: () => table.watch(undefined),
  };
}
