/** Times how fast one side replays a history. */
import { readFileSync } from "node:fs";
import { replays } from "./workload.ts";

/** What one process reports on its last line, as JSON. */
export interface ReplayMeasures {
  events: number;
  eventsPerSecond: number;
  /** CPU microseconds (user and system) of the process for one event. */
  cpuPerEvent: number;
}

/** The history in the file that the first argument names. */
export function readHistory(): { events: unknown[] } {
  return JSON.parse(readFileSync(process.argv[2], "utf8"));
}

/** Replays the history some times to warm up, then measures; `replay` yields what went wrong with each replay. */
export async function measureReplays(
  history: { events: unknown[] },
  replay: (count: number) => AsyncIterable<unknown>,
): Promise<void> {
  const { warmUp, measured } = replays;
  let done = 0;
  let begun = 0;
  let cpu = process.cpuUsage();
  for await (const error of replay(warmUp + measured)) {
    if (error) throw error;
    if (++done !== warmUp) continue;
    begun = performance.now();
    cpu = process.cpuUsage();
  }
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const events = history.events.length;
  const measures: ReplayMeasures = {
    events,
    eventsPerSecond: events * measured / seconds,
    cpuPerEvent: (user + system) / (events * measured),
  };
  console.log(JSON.stringify(measures));
}
