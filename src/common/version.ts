/**
 * How this SDK names itself to servers.
 *
 * @module
 */

/** The name under which SDK flags and metadata are recorded in histories. */
export const sdkName: string = "temporal-anywhen";

/** The version of this package, the same as in its manifests. */
export const version: string = "0.1.0";
