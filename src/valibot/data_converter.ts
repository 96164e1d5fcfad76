/**
 * The data converter that goes with the wire schemas.
 *
 * @module
 */
import type { DataConverterOptions } from "../converter/data.ts";

/**
 * Writes the values that JSON does not have as the schemas of this module read them: bigints as digits, bytes as base64,
 * maps as entries, sets as lists, also inside of lists and objects. Without a schema such a value is read as what was
 * written.
 *
 * ```ts ignore
 * import { Client } from "@anywhen/temporal/client";
 * import { valibotDataConverter } from "@anywhen/temporal/valibot";
 *
 * const client = await Client.connect("localhost:7233", { dataConverter: valibotDataConverter });
 * ```
 */
export const valibotDataConverter: DataConverterOptions = /* @__PURE__ */ makeOptions();

function makeOptions(): DataConverterOptions {
  const here = import.meta.url;
  return { payloadConverter: new URL(`./payload_converter${here.slice(here.lastIndexOf("."))}`, here) };
}
