/**
 * Workers run workflows and activities.
 *
 * ```ts
 * import { Client } from "@anywhen/temporal/client";
 * import { Worker } from "@anywhen/temporal/worker";
 * import * as activities from "./activities.ts";
 *
 * const client = await Client.connect("localhost:7233");
 * const worker = await Worker.create({
 *   client,
 *   taskQueue: "greetings",
 *   activities,
 *   workflows: new URL("./workflows.ts", import.meta.url),
 * });
 * await worker.run();
 * ```
 *
 * @module
 */
export { GracefulShutdownPeriodExpiredError, NondeterminismError } from "../common/errors.ts";
export { bundleWorkflows } from "../realm/bundle.ts";
export type { WorkflowBundle } from "../realm/bundle.ts";
export type { ActivitySource } from "./activity_registry.ts";
export type { PollerBehavior, WorkerOptions, WorkflowHostOptions } from "./options.ts";
export { Replayer } from "./replayer.ts";
export type { ReplayerOptions, ReplayHistory, WorkflowReplayResult } from "./replayer.ts";
export { Worker } from "./worker.ts";
export type { WorkerState, WorkerStatus } from "./worker.ts";
export { loadDefaultBuildId } from "./workflow_host.ts";
