// deno-lint-ignore-file require-await -- workflows are async
import * as workflow from "@anywhen/temporal/workflow";

export const other = workflow.define({ name: "same", run: async () => {} });
