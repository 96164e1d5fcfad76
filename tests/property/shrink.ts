/** Looks for the smallest case that still fails. */
import type { Block, Case, Program, Step } from "./program.ts";

/** Cases that lack something of this one, the ones that lack most first. */
export function* smallerCases(subject: Case): Generator<Case> {
  const { program, early, first, start } = subject;
  if (early.length > 0) yield { ...subject, early: [] };
  for (const less of without(early)) yield { ...subject, early: less };
  if (start !== "plain") yield { ...subject, start: "plain", first: [] };
  for (const block of start === "plain" ? [] : smallerBlocks(first)) yield { ...subject, first: block };
  for (const smaller of smallerPrograms(program)) yield { ...subject, program: smaller };
  for (const [index, message] of early.entries()) {
    if (!("block" in message)) continue;
    for (const block of smallerBlocks(message.block)) {
      yield { ...subject, early: early.with(index, { ...message, block }) };
    }
  }
}

/** Takes away from a case as long as what is left still fails and it is not late; gives the last that did. */
export async function shrink(subject: Case, fails: (smaller: Case) => Promise<boolean>, time: number): Promise<Case> {
  let smallest = subject;
  const deadline = performance.now() + time;
  for (let found = true; found;) {
    found = false;
    for (const smaller of smallerCases(smallest)) {
      if (performance.now() > deadline) return smallest;
      if (!await fails(smaller)) continue;
      smallest = smaller;
      found = true;
      break;
    }
  }
  return smallest;
}

function* smallerPrograms(program: Program): Generator<Program> {
  const { end, runTimeout, ...rest } = program;
  const { block, listensAfter, drains, yields } = program;
  for (const smaller of smallerBlocks(block)) yield { ...program, block: smaller };
  if (end) yield { ...rest, runTimeout };
  if (end?.how === "continue") {
    for (const next of smallerPrograms(end.program)) yield { ...program, end: { ...end, program: next } };
  }
  if (listensAfter > 0) yield { ...program, listensAfter: 0 };
  if (runTimeout !== undefined) yield { ...rest, end };
  if (drains) yield { ...program, drains: false };
  if (yields) yield { ...program, yields: false };
}

function* smallerBlocks(block: Block): Generator<Block> {
  if (block.length > 1) yield block.slice(0, block.length >> 1), yield block.slice(block.length >> 1);
  yield* without(block);
  for (const [index, step] of block.entries()) {
    for (const inner of innerBlocks(step)) yield [...block.slice(0, index), ...inner, ...block.slice(index + 1)];
    for (const smaller of smallerSteps(step)) yield block.with(index, smaller);
  }
}

function innerBlocks(step: Step): Block[] {
  if ("blocks" in step) return step.blocks;
  return "block" in step && step.do !== "signal" ? [step.block] : [];
}

/** The parts of a step are those of its properties that are blocks, lists of blocks, programs or messages. */
function* smallerSteps(step: Step): Generator<Step> {
  if (step.throws) yield { ...step, throws: undefined };
  if ("cancel" in step && step.cancel) yield { ...step, cancel: undefined };
  if ("blocks" in step) {
    for (const blocks of without(step.blocks)) if (blocks.length > 0) yield { ...step, blocks };
    for (const [index, block] of step.blocks.entries()) {
      for (const smaller of smallerBlocks(block)) yield { ...step, blocks: step.blocks.with(index, smaller) };
    }
  }
  for (const key of ["block", "on", "off", "signals"]) {
    const block = (step as Record<string, unknown>)[key] as Block | undefined;
    if (key === "signals" && block) yield { ...step, signals: undefined } as Step;
    for (const smaller of block ? smallerBlocks(block) : []) yield { ...step, [key]: smaller } as Step;
  }
  if (step.do === "child") {
    for (const program of smallerPrograms(step.program)) yield { ...step, program };
  }
  if (step.do === "drive") yield* smallerDrives(step);
}

function* smallerDrives(step: Extract<Step, { do: "drive" }>): Generator<Step> {
  const { messages } = step;
  for (const less of without(messages)) yield { ...step, messages: less };
  for (const [index, message] of messages.entries()) {
    if (!("block" in message)) continue;
    for (const block of smallerBlocks(message.block)) {
      yield { ...step, messages: messages.with(index, { ...message, block }) };
    }
  }
}

function* without<T>(list: readonly T[]): Generator<T[]> {
  for (let index = 0; index < list.length; index++) yield list.toSpliced(index, 1);
}
