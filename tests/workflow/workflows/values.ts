// deno-lint-ignore-file require-await -- workflows are async
/** Values that JSON refuses, but for bigints, which this module teaches to write themselves. */
import * as workflow from "@anywhen/temporal/workflow";

(BigInt.prototype as unknown as { toJSON(): string }).toJSON = function () {
  return `${this}n`;
};

export async function writesBigints(): Promise<unknown> {
  return { count: 5n };
}

/** What is wrong with a cycle. */
export async function writesCycle(): Promise<unknown> {
  const cycle: Record<string, unknown> = {};
  cycle.inside = cycle;
  try {
    workflow.payloadConverter().toPayload(cycle);
  } catch (error) {
    return [error instanceof Error, error instanceof workflow.ValueError];
  }
}
