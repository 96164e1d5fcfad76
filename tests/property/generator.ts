/** Makes up programs. */
import { createRandom, type Random } from "../core/random_program.ts";
import type { Block, Case, End, Message, Moment, Program, Step, Work, WorkerKind } from "./program.ts";

/** Where a step is to stand. */
interface Place {
  random: Random;
  /** Steps that may still be made, in all. */
  budget: { steps: number };
  depth: number;
  /** Whether the lock is held here: it is not to be asked for again. */
  isLocked?: boolean;
  /** Whether an update's handler runs it, which must not continue as new. */
  isUpdate?: boolean;
}

type Maker = (place: Place) => Step;

const cancellations = ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] as const;
const childCancellations = [...cancellations, "WAIT_CANCELLATION_REQUESTED"] as const;
const policies = ["TERMINATE", "ABANDON", "REQUEST_CANCEL"] as const;
const workers: readonly WorkerKind[] = ["cached", "uncached", "small", "mixed"];
const targets = ["self", "parent", "nobody"] as const;

const sendings = [
  ...Array.from({ length: 9 }, () => "signal" as const),
  ...Array.from({ length: 6 }, () => "update" as const),
  ...["query", "query", "query", "cancel", "cancel", "cancel", "reset", "reset", "terminate"] as const,
];

/** Milliseconds that something takes which is to be cancelled on the way. */
const longest = 1_000;

/** The case of a seed. */
export function makeCase(seed: number): Case {
  const random = createRandom(Math.imul(seed, 0x9e3779b1));
  const place: Place = { random, budget: { steps: 6 + random.below(24) }, depth: 0 };
  return {
    program: { ...makeProgram(place), worker: pick(random, workers) },
    start: chance(random, 0.7) ? "plain" : pick(random, ["signal", "update"]),
    first: makeBlock(inner(place), 2),
    early: chance(random, 0.4) ? makeMessages(place) : [],
  };
}

function makeProgram(place: Place): Program {
  const { random } = place;
  const block = makeBlock(place, 9);
  return {
    block,
    listensAfter: chance(random, 0.8) ? 0 : random.below(block.length + 1),
    drains: chance(random, 0.6),
    yields: chance(random, 0.5),
    ...(chance(random, 0.25) && { end: makeEnd(place) }),
    ...(chance(random, 0.05) && { runTimeout: 30 + random.below(60) }),
    ...(chance(random, 0.2) && { taskTimeout: 300 }),
    ...(chance(random, 0.1) && { attempts: 2 }),
  };
}

function makeEnd(place: Place): End {
  const { random, depth } = place;
  if (depth > 2 || place.isUpdate || chance(random, 0.3)) return { how: "fail" };
  return { how: "continue", program: makeProgram({ ...place, depth: depth + 2, budget: { steps: 5 } }) };
}

function makeBlock(place: Place, most: number): Block {
  const { random, budget } = place;
  const block: Block = [];
  for (let left = 1 + random.below(most); left > 0 && budget.steps > 0; left--) {
    budget.steps--;
    const step = makeStep(place);
    block.push(chance(random, 0.07) ? { ...step, throws: true } : step);
  }
  return block;
}

function makeStep(place: Place): Step {
  const possible = makers.filter(([, { isDeep = false, locks = false }]) =>
    !(isDeep && place.depth >= 3) && !(locks && place.isLocked)
  );
  let left = place.random.below(possible.reduce((sum, [weight]) => sum + weight, 0));
  const [, { make }] = possible.find(([weight]) => (left -= weight) < 0)!;
  return make(place);
}

/** How often which steps are made. */
const makers: readonly [weight: number, { make: Maker; isDeep?: boolean; locks?: boolean }][] = [
  [14, { make: (place) => ({ ...makeCall(place), do: "activity" }) }],
  [8, { make: (place) => ({ ...makeCall(place), do: "local" }) }],
  [8, {
    make: ({ random }) => ({
      do: "timer",
      ms: 1 + random.below(20),
      style: chance(random, 0.7) ? "sleep" : "setTimeout",
      ...maybeCancel(random),
    }),
  }],
  [5, {
    make: ({ random }) => ({
      do: "wait",
      count: random.below(4),
      timeout: chance(random, 0.1) ? 0 : 1 + random.below(30),
      ...maybeCancel(random),
    }),
  }],
  [4, { make: () => ({ do: "wake" }) }],
  [9, { isDeep: true, make: (place) => ({ do: "drive", messages: makeMessages(place) }) }],
  [9, { isDeep: true, make: makeChild }],
  [6, { isDeep: true, make: (place) => ({ do: "all", blocks: makeBlocks(place) }) }],
  [4, { isDeep: true, make: (place) => ({ do: "settle", blocks: makeBlocks(place) }) }],
  [6, {
    isDeep: true,
    make: (place) => ({ do: "race", blocks: makeBlocks(place), cancels: chance(place.random, 0.7) }),
  }],
  [2, { isDeep: true, make: (place) => ({ do: "fork", block: makeBlock(inner(place), 3) }) }],
  [2, { isDeep: true, make: (place) => ({ do: "shield", block: makeBlock(inner(place), 3) }) }],
  [2, {
    isDeep: true,
    locks: true,
    make: (place) => ({
      do: "lock",
      block: makeBlock({ ...inner(place), isLocked: true }, 2),
      ...(chance(place.random, 0.5) && { timeout: 1 + place.random.below(20) }),
    }),
  }],
  [8, {
    isDeep: true,
    make: (place) => ({
      do: "scope",
      block: makeBlock(inner(place), 4),
      ...maybeCancel(place.random, 0.8),
      ...(chance(place.random, 0.2) && { timeout: 1 + place.random.below(20) }),
    }),
  }],
  [3, {
    isDeep: true,
    make: (place) => ({
      do: "signal",
      target: pick(place.random, targets),
      block: makeBlock(inner(place), 2),
      ...maybeCancel(place.random),
    }),
  }],
  [1, { make: ({ random }) => ({ do: "cancelOther", target: pick(random, targets) }) }],
  [5, {
    isDeep: true,
    make: (place) => ({
      do: "patch",
      id: makePatchId(place.random),
      on: makeBlock(inner(place), 2),
      off: makeBlock(inner(place), 1),
    }),
  }],
  [1, { make: ({ random }) => ({ do: "deprecate", id: makePatchId(random) }) }],
  [2, { make: ({ random }) => ({ do: chance(random, 0.5) ? "memo" : "attributes", value: makeValue(random) }) }],
  [3, { make: ({ random }) => ({ do: pick(random, ["random", "info", "details"]) }) }],
  [2, { make: ({ random }) => ({ do: "ticks", count: 1 + random.below(6) }) }],
  [2, { make: ({ random }) => ({ do: "listen", handlers: pick(random, ["named", "named", "dynamic", "none"]) }) }],
  [2, { make: () => ({ do: "stumble" }) }],
  [1, { isDeep: true, make: (place) => ({ do: "end", end: makeEnd(place) }) }],
];

type Call = Extract<Step, { do: "activity" | "local" }>;

function makeCall({ random }: Place): Pick<Call, "work" | "cancellation" | "cancel" | "handle"> {
  const cancellation = pick(random, cancellations);
  const { cancel } = maybeCancel(random, 0.4);
  const isWaited = cancel !== undefined && cancel.when !== "before" && cancellation !== "ABANDON";
  const work = isWaited && chance(random, 0.5) ? makeSlow(random, longest) : makeWork(random);
  return { work, cancellation, ...(cancel && { cancel }), handle: chance(random, 0.3) };
}

function makeWork(random: Random): Work {
  const activity = pick(random, ["echo", "echo", "fails", "slow", "slow", "flaky"] as const);
  if (activity === "flaky") {
    return { activity, failures: 1 + random.below(2), interval: chance(random, 0.5) ? 1 : 5 + random.below(10) };
  }
  return activity === "slow" ? makeSlow(random, 1 + random.below(30)) : { activity };
}

function makeSlow(random: Random, ms: number): Work {
  const onCancel = pick(random, ["give up", "succeed", "fail"] as const);
  return { activity: "slow", ms, onCancel, ...(chance(random, 0.1) && { timeout: 5 + random.below(10) }) };
}

function makeChild(place: Place): Step {
  const { random } = place;
  const budget = { steps: 2 + random.below(8) };
  const { block, ...program } = makeProgram({ ...inner(place), budget, isLocked: false, isUpdate: false });
  const { cancel } = maybeCancel(random, 0.5);
  const cancellation = pick(random, childCancellations);
  const isCancelled = cancel !== undefined && cancel.when !== "before" && cancellation !== "ABANDON";
  const start: Block = isCancelled && chance(random, 0.6) ? [{ do: "wait", count: 100, timeout: longest }] : [];
  return {
    do: "child",
    program: { ...program, block: [...start, ...block], ...(chance(random, 0.3) && { worker: pick(random, workers) }) },
    cancellation,
    policy: pick(random, policies),
    how: pick(random, ["execute", "execute", "start", "start", "leave", "taken"]),
    ...(cancel && { cancel }),
    ...(chance(random, 0.3) && { signals: makeBlock(inner(place), 2) }),
    randomId: chance(random, 0.3),
  };
}

function makeMessages(place: Place): Message[] {
  return Array.from({ length: 1 + place.random.below(3) }, () => makeMessage(inner(place)));
}

function makeMessage(place: Place): Message {
  const { random } = place;
  const send = pick(random, sendings);
  if (send === "query" || send === "terminate") return { send };
  if (send === "reset") return { send, back: random.below(3) };
  if (send === "cancel") return { send, ...(chance(random, 0.5) && { reason: "enough" }) };
  if (send === "signal") return { send, block: makeBlock(place, 2) };
  return { send, block: makeBlock({ ...place, isUpdate: true }, 2), reject: chance(random, 0.25) };
}

function makeBlocks(place: Place): Block[] {
  return Array.from({ length: 1 + place.random.below(3) }, () => makeBlock(inner(place), 3));
}

/** Patches with "off" in their names are not to go live. */
function makePatchId(random: Random): string {
  return `${chance(random, 0.2) ? "off" : "on"}${random.below(3)}`;
}

function makeValue(random: Random): number | null {
  return chance(random, 0.3) ? null : random.below(100);
}

function maybeCancel(random: Random, probability = 0.25): { cancel?: Moment } {
  return chance(random, probability) ? { cancel: makeMoment(random) } : {};
}

function makeMoment(random: Random): Moment {
  const when = pick(random, ["before", "atOnce", "ticks", "later", "later"] as const);
  if (when === "ticks") return { when, after: 1 + random.below(5) };
  return when === "later" ? { when, after: 1 + random.below(16) } : { when };
}

function inner(place: Place): Place {
  return { ...place, depth: place.depth + 1 };
}

function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

function pick<T>(random: Random, choices: readonly T[]): T {
  return choices[random.below(choices.length)];
}
