/** What both sides record and replay: one workflow, three shapes. */

/** Activities that a workflow runs: `width` at once, `rounds` times in a row. */
export interface Fan {
  rounds: number;
  width: number;
}

/** Histories that are recorded once, by the official SDK on the official dev server. */
export const recorded: Record<string, Fan> = {
  "600 activities at once": { rounds: 1, width: 600 },
  "6,000 activities, 300 at once": { rounds: 20, width: 300 },
};

/** Replays of a history before and while the time is taken. */
export const replays = { warmUp: 10, measured: 30 };
