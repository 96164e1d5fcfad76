/**
 * Code that is ended when it takes too long.
 *
 * @module
 */
import { nodeModule } from "../platform.ts";

interface DenoLike {
  readonly internal?: symbol;
  readonly [internal: symbol]: { core?: { runMicrotasks?(): void } } | undefined;
}

/**
 * Runs work and the promise jobs that come of it; throws when that takes more than so many milliseconds. What it is given
 * within is part of the same work: a limit costs about as much as all else that there is to do for an activation.
 */
export type LimitedRunner = (work: () => void, limit: number) => void;

/**
 * Makes what runs work and its promise jobs within a limit of milliseconds. Undefined where that is not needed, because
 * threads can be ended whatever they do: Deno's go on until their code pauses.
 */
export function createLimitedRunner(): LimitedRunner | undefined {
  const { Deno } = globalThis as unknown as { Deno?: DenoLike };
  const runJobs = Deno?.internal && Deno[Deno.internal]?.core?.runMicrotasks;
  if (!runJobs) return undefined;
  const vm = nodeModule("node:vm");
  const context = vm.createContext({}) as { work?: () => void };
  const script = new vm.Script("work()");
  let isWithin = false;
  return (work, timeout) => {
    if (isWithin) return work();
    context.work = () => {
      work();
      runJobs();
    };
    isWithin = true;
    try {
      script.runInContext(context, { timeout });
    } finally {
      isWithin = false;
    }
  };
}
