/**
 * Marks on values that facade and runtime both know.
 *
 * @module
 */

/** On a function made by `proxyActivities`: its options. */
export const proxiedOptionsKey: unique symbol = /* @__PURE__ */ Symbol.for(
  "@anywhen/temporal/ActivityOptions",
) as never;

/** On what stands for something that workflow code may not use. */
export const stubKey: unique symbol = /* @__PURE__ */ Symbol.for("@anywhen/temporal/Stub") as never;
