/**
 * Measures replay without workflow code: 600 activities in a history of about 1 970 events, the code
 * played by a script. Run it on each runtime; it prints the median of its rounds.
 *
 * @module
 */
import { Run } from "../../src/core/run.ts";
import type { Command } from "../../src/workflow/activation.ts";
import { createTask, options, scheduleActivity } from "./driver.ts";
import { HistoryBuilder } from "./history_builder.ts";

const batches = 57;
const activities = 600;

/** Activities in batches of about ten: each batch is scheduled by one task, its results wake the next. */
function buildHistory(): HistoryBuilder {
  const history = new HistoryBuilder();
  history.start();
  let next = 1;
  for (let batch = 1; batch <= batches; batch++) {
    history.fullTask();
    const scheduled: number[] = [];
    while (next <= Math.round(activities * batch / batches)) scheduled.push(history.activityScheduled(String(next++)));
    for (const id of scheduled) history.activityCompleted(id, history.activityStarted(id), "done");
  }
  history.openTask();
  return history;
}

function replay(history: HistoryBuilder): number {
  const run = new Run(options);
  run.begin(createTask(history.events));
  let seq = 1;
  let batch = 1;
  for (let activation = run.next(); activation; activation = run.next()) {
    const commands: Command[] = [];
    const last = Math.round(activities * Math.min(batch++, batches) / batches);
    while (seq <= last) commands.push(scheduleActivity(seq++));
    run.accept({ kind: "successful", commands, usedFlags: [] });
  }
  if (run.finish().commands.length > 0 || run.lastStartedEventId !== history.lastId) throw new Error("did not replay");
  return history.lastId;
}

const history = buildHistory();
const rates: number[] = [];
for (let round = 0; round < 200; round++) {
  const start = performance.now();
  const events = replay(history);
  rates.push(events / (performance.now() - start) * 1000);
}
const tail = rates.slice(rates.length / 2).sort((one, other) => one - other);
console.log(JSON.stringify({
  measure: "core replay",
  events: history.lastId,
  firstPerSecond: Math.round(rates[0]),
  perSecond: Math.round(tail[tail.length >> 1]),
}));
