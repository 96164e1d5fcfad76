/**
 * What a run tells about itself while it runs.
 *
 * @module
 */
import { callRun } from "./current.ts";

/** What {@link setCurrentDetails} set last, "" at first. */
export function getCurrentDetails(): string {
  return callRun("currentDetails");
}

/** Says, in Markdown, what the workflow is at; tools show it. Nothing of it is in the history. */
export function setCurrentDetails(details: string): void {
  callRun("setCurrentDetails", details);
}
