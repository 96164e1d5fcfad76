/** A worker as a process of its own: `worker.ts <address> <task queue>`. */
import process from "node:process";
import { Client } from "@anywhen/temporal/client";
import { Worker } from "@anywhen/temporal/worker";
import * as activities from "../activities.ts";

const [address, taskQueue] = process.argv.slice(2);
const client = await Client.connect(address);
const worker = await Worker.create({
  client,
  taskQueue,
  activities,
  workflows: new URL("../workflows/survival.ts", import.meta.url),
  stickyQueueScheduleToStartTimeout: "1s",
});
await worker.run();
await client.close();
console.log("ended cleanly");
