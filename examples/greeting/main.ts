import { Client } from "@anywhen/temporal/client";
import { createLogger } from "@anywhen/temporal/common";
import { DevServer } from "@anywhen/temporal/server";
import { Worker } from "@anywhen/temporal/worker";
import * as activities from "./activities.ts";
import { finish, greeting, language, setLanguage } from "./workflows.ts";

const taskQueue = "greetings";
const logger = createLogger({ format: "COMPACT", write: (line) => console.log(line) });

await using server = await DevServer.start({ port: 0 });
console.log(`embedded server on ${server.address}, namespace ${server.namespace}`);

const client = await Client.connect(server, { telemetry: { logger } });
await using worker = await Worker.create({
  client,
  taskQueue,
  activities,
  workflows: new URL("./workflows.ts", import.meta.url),
});

await worker.runUntil(async () => {
  const begun = performance.now();
  const handle = await client.workflow.start(greeting, { id: "greeting-1", taskQueue, args: ["World"] });
  console.log(`workflow ${handle.id} started, run ${handle.resultRunId}`);

  const previous = await handle.executeUpdate(setLanguage, { args: ["French"] });
  console.log(`update setLanguage: ${previous} -> ${await handle.query(language)}`);
  await handle.signal(finish);
  console.log("signal finish sent; the workflow now sleeps 50 ms, then greets");

  const result = await handle.result();
  const elapsed = Math.round(performance.now() - begun);
  console.log(`workflow ${handle.id} completed: ${JSON.stringify(result)} in ${elapsed} ms`);
});
