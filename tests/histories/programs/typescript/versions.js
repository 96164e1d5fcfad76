import { condition, deprecatePatch, patched, proxyActivities, setHandler, sleep, defineSignal } from "@temporalio/workflow";

const step = (activityId) => proxyActivities({ startToCloseTimeout: "30s", activityId }).echo(activityId);
const go = defineSignal("go");

/** The code as it was at first. */
export async function unpatched() {
  await step("old");
  await sleep(1);
  await step("last");
}

/** The code with a patch, asked for before and after a wait, and twice. */
export async function patchedOnce() {
  if (patched("first change")) await step("new");
  else await step("old");
  if (patched("first change")) await sleep(1);
  if (patched("second change")) await step("newer");
  await step("last");
}

/** The code with the patch deprecated. */
export async function patchDeprecated() {
  deprecatePatch("first change");
  await step("new");
  await sleep(1);
  deprecatePatch("second change");
  await step("last");
}

/** Patches in handlers, beside other commands, many in one task. */
export async function patchedInHandlers() {
  let gone = 0;
  setHandler(go, async (name) => {
    if (patched(`handler-${name}`)) await step(`handler-${name}`);
    gone++;
  });
  const timer = sleep(50);
  for (let i = 0; i < 3; i++) patched(`b${2 - i}`);
  await timer;
  await condition(() => gone === 2);
}
