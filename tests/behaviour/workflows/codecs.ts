// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

export async function echoes(text: string): Promise<string> {
  return text;
}

/** The bytes of a header as a text. */
export async function readsHeader(): Promise<string> {
  return new TextDecoder().decode(workflow.info().headers.given.data);
}
