import { Client } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Replayer, Worker } from "@anywhen/temporal/worker";
import * as activities from "./activities.ts";
import { greet } from "./workflows.ts";

const workflows = new URL("./workflows.ts", import.meta.url);

await using server = await DevServer.start();
const client = await Client.connect(server);
await using worker = await Worker.create({ client, taskQueue: "greetings", activities, workflows });
await worker.runUntil(client.workflow.execute(greet, { id: "greet-1", taskQueue: "greetings", args: ["World"] }));

const history = await client.workflow.getHandle("greet-1").fetchHistory();
const replayer = await Replayer.create({ workflows });
await replayer.replayWorkflow(history);
for await (const result of replayer.replayWorkflows([history])) {
  console.log(result.workflowId, result.error ?? "replays");
}
