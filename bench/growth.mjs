// Whether cost grows faster than work: later steps of a long workflow, and many jobs in one activation.
import { format, median, printTable, runProgram } from "./programs.mjs";

/** Measures growth and prints the table; a ratio of 1 is linear. */
export function measureGrowth({ rounds }) {
  const rows = ["Bun", "Node", "Deno"].map((runtime) => {
    const samples = Array.from({ length: rounds }, () => runProgram(runtime, "growth.ts"));
    const figure = (name) => median(samples, (sample) => sample[name]);
    return [
      runtime,
      format(figure("earlyStep")),
      `${format(figure("lateStep"))} (${format(figure("lateStep") / figure("earlyStep"))}×)`,
      format(figure("jobOf100")),
      `${format(figure("jobOf1000"))} (${format(figure("jobOf1000") / figure("jobOf100"))}×)`,
    ];
  });
  printTable(`growth: medians of ${rounds}, in process`, [
    "steps 10 to 110 of 1,000, CPU µs each",
    "steps 900 to 1,000, CPU µs each",
    "a job of 100 in an activation, µs",
    "a job of 1,000, µs",
  ], rows);
}
