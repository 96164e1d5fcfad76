/**
 * The embedded Temporal server, in your own process: in memory, started in milliseconds.
 *
 * ```ts
 * import { Client } from "@anywhen/temporal/client";
 * import { DevServer } from "@anywhen/temporal/server";
 *
 * await using server = await DevServer.start();
 * const client = await Client.connect(server);
 * ```
 *
 * @module
 */
export { DevServer } from "./dev_server.ts";
export type { DevServerOptions } from "./dev_server.ts";
