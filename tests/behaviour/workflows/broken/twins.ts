// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

export const First = workflow.define({ name: "first", dynamic: true, run: async () => {} });
export const Second = workflow.define({ name: "second", dynamic: true, run: async () => {} });
export const one = workflow.define({ name: "same", run: async () => {} });
