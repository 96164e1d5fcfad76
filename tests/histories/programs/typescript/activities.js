import { CompleteAsyncError, Context, heartbeat, sleep } from "@temporalio/activity";

/** Gives its argument back. */
export function echo(value) {
  return value;
}

/** Fails as long as its attempt is not the given one. */
export function succeedOn(attempt) {
  const { info } = Context.current();
  if (info.attempt < attempt) throw new Error(`attempt ${info.attempt}`);
  return attempt;
}

/** Heartbeats until it is cancelled, which takes it a moment to admit. */
export async function beat() {
  try {
    for (;;) {
      heartbeat();
      await sleep(20);
    }
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Is too slow for any time-out, and deaf. */
export async function hang() {
  await new Promise((resolve) => setTimeout(resolve, 3_000));
}

/** Is completed by somebody else. */
export function later() {
  throw new CompleteAsyncError();
}

/** Takes its time. */
export async function rest(milliseconds) {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return milliseconds;
}

/** Sleeps until it is cancelled, which takes it a moment to admit. */
export async function drowse() {
  try {
    await sleep(8_000);
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
