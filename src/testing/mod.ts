/**
 * Testing: environments with a server in this process.
 *
 * @module
 */
export { WorkflowEnvironment } from "./environment.ts";
export type { EnvironmentOptions } from "./environment.ts";
