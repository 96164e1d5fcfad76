/**
 * Tells of workflows that block the thread of their worker.
 *
 * @module
 */
import type { Logger } from "../common/logger.ts";
import type { RealmHost, WorkflowRealm } from "./host.ts";

/**
 * The same host, which logs an error after an activation that took longer than `timeout` milliseconds: on the worker's
 * own thread nothing can be done before it is over. Without a time-out it is the host given.
 */
export function reportSlow(host: RealmHost, timeout: number | undefined, logger: Logger): RealmHost {
  if (timeout === undefined) return host;
  return {
    ...host,
    createRun: (options) => watch(host.createRun(options), timeout, logger),
  };
}

function watch(realm: WorkflowRealm, timeout: number, logger: Logger): WorkflowRealm {
  let what = "a workflow";
  return {
    async activate(activation) {
      const start = activation.jobs.find((job) => job.kind === "initialize");
      if (start) what = `workflow ${start.workflowType} (${start.workflowId})`;
      const begun = performance.now();
      const completion = await realm.activate(activation);
      const milliseconds = performance.now() - begun;
      if (milliseconds > timeout) logger.error(describe(what, milliseconds), { runId: activation.runId });
      return completion;
    },
    locate: (kind, seq) => realm.locate(kind, seq),
    dispose: () => realm.dispose(),
  };
}

function describe(what: string, milliseconds: number): string {
  return `[TMPRL1101] Potential deadlock detected: ${what}, or another beside it, did not yield for ` +
    `${
      (milliseconds / 1_000).toFixed(1)
    } s and stopped the whole worker; move long computations to activities, or set workflowThreads to 1 or more`;
}
