// Our side of the replay benchmark: one history from its JSON, again and again.
import { Replayer } from "@anywhen/temporal/worker";
import { measureReplays, readHistory } from "../replays.ts";

const replayer = await Replayer.create({ workflows: new URL("./workflows.ts", import.meta.url) });
const history = readHistory();

await measureReplays(history, async function* (count) {
  for await (const { error } of replayer.replayWorkflows(Array(count).fill(history))) yield error;
});
process.exit(0);
