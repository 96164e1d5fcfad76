/**
 * Valibot schemas for values that JSON does not have: they read what travels as text or lists.
 *
 * Any Standard Schema types and validates workflows, activities, signals, queries and updates; these add the types that
 * a payload cannot hold as they are.
 *
 * @example A workflow whose argument is validated
 * ```ts ignore
 * import * as workflow from "@anywhen/temporal/workflow";
 * import { date } from "@anywhen/temporal/valibot";
 * import * as v from "valibot";
 *
 * export const remind = workflow.define({
 *   args: [v.object({ text: v.string(), at: date() })],
 *   run: async ({ at }) => await workflow.sleep(at.getTime() - Date.now()),
 * });
 * ```
 *
 * @module
 */
export { valibotDataConverter } from "./data_converter.ts";
export { bigint, bytes, date, duration, map, set, url } from "./schemas.ts";
