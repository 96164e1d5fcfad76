/** Plain data and raw values as objects of the realm. @module */
export { RawValue } from "../../common/payload.ts";
export { copyPlain } from "../../workflow/plain.ts";
