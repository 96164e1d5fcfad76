// deno-lint-ignore-file require-await -- workflows are async
/** Activities, workflow, client and worker in one file. */
import { EventEmitter } from "node:events";
import process from "node:process";
import * as activity from "@anywhen/temporal/activity";
import { Client } from "@anywhen/temporal/client";
import { ValueError } from "@anywhen/temporal/common";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import * as workflow from "@anywhen/temporal/workflow";

export const greet = activity.define({ name: "greet", run: async (name: string) => `Hello, ${name}!` });

export class Mailer extends EventEmitter {
  @activity.defn
  send(): string {
    activity.heartbeat();
    return "sent";
  }
}

export async function hello(name: string): Promise<string> {
  return await workflow.executeActivity(greet, { args: [name], startToCloseTimeout: "10s" });
}

export async function misuse(): Promise<string> {
  try {
    activity.heartbeat();
    return "nothing happened";
  } catch (error) {
    return `${(error as Error).name} ${activity.inActivity()} ${error instanceof ValueError}`;
  }
}

export { Client, DevServer };

if (import.meta.main) {
  await using server = await DevServer.start();
  const client = await Client.connect(server);
  await using worker = await Worker.create({ client, taskQueue: "q", workflows: new URL(import.meta.url) });
  await worker.runUntil(() => client.workflow.execute(hello, { id: "1", taskQueue: "q", args: ["x"] }));
  process.exit(0);
}
