/**
 * The Temporal SDK for Bun, Deno and Node: every room of the package as a module object.
 *
 * @example Start a workflow
 * ```ts ignore
 * import { client } from "@anywhen/temporal";
 *
 * const connected = await client.Client.connect("localhost:7233");
 * ```
 *
 * @module
 */
export * as activity from "./src/activity/mod.ts";
export * as client from "./src/client/mod.ts";
export * as common from "./src/common/mod.ts";
export * as converter from "./src/converter/mod.ts";
export * as nexus from "./src/nexus/mod.ts";
export * as testing from "./src/testing/mod.ts";
export * as worker from "./src/worker/mod.ts";
export * as workflow from "./src/workflow/mod.ts";
