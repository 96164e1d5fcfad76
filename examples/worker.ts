import { Client } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import * as activities from "./activities.ts";
import { Approval, greet } from "./workflows.ts";

await using server = await DevServer.start();
const client = await Client.connect(server);
await using worker = await Worker.create({
  client,
  taskQueue: "greetings",
  activities,
  workflows: new URL("./workflows.ts", import.meta.url),
});

await worker.runUntil(async () => {
  console.log(await client.workflow.execute(greet, { id: "greet-1", taskQueue: "greetings", args: ["World"] }));

  const handle = await client.workflow.start(Approval, { id: "a-1", taskQueue: "greetings", args: ["order 7"] });
  console.log("approver:", await handle.query("approver"));
  console.log("limit was:", await handle.executeUpdate("setLimit", { args: [10] }));
  await handle.signal("approve", "Ada");
  console.log(await handle.result());
  console.log((await handle.describe()).status);

  let events = 0;
  for await (const event of handle.history()) events = Number(event.eventId);
  console.log(events, "events");
  for await (const execution of client.workflow.list("WorkflowType = 'Approval'")) console.log(execution.id);
});
