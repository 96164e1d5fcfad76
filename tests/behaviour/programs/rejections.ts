/** Promises that workflows and queries leave behind. Test runners take unhandled rejections for themselves: a program. */
import process from "node:process";
import { runScene } from "../../support/behaviour.ts";
import { unique } from "../../support/server.ts";
import * as types from "../workflows/failure_types.ts";
import * as queries from "../workflows/queries.ts";

const found: Record<string, unknown> = {};
const failing = { workflows: new URL("../workflows/failure_types.ts", import.meta.url) };
const asked = { workflows: new URL("../workflows/queries.ts", import.meta.url) };

await runScene({ ...failing, workflowFailureExceptionTypes: ["Error"] }, async ({ client, taskQueue }) => {
  const handle = await client.workflow.start(types.forgets, { id: unique("workflow"), taskQueue });
  for await (const { attributes } of handle.history({ waitNewEvent: true })) {
    if (attributes.case !== "workflowTaskFailedEventAttributes") continue;
    found.task = [attributes.value.cause, attributes.value.failure?.message];
    break;
  }
  await handle.terminate();
});

for (const maxCachedWorkflows of [0, 100]) {
  await runScene({ ...asked, maxCachedWorkflows }, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(queries.asked, { id: id(), taskQueue });
    const answer = await handle.query(queries.leavesBehind).catch((error) => `${error.name}: ${error.message}`);
    const state = await handle.query(queries.state, "!");
    await handle.signal(queries.stop);
    found[maxCachedWorkflows === 0 ? "replayed" : "cached"] = [answer, state, await handle.result()];
  });
}

console.log(JSON.stringify(found));
process.exit(0);
