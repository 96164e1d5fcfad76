/**
 * Names from the forms in which handlers are referred to.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";

/** The name of a signal, query or update; throws ValueError in the name of `where` for anything else. */
export function handlerName(
  where: string,
  kind: "signal" | "query" | "update",
  reference: string | { readonly kind: string; readonly name: string },
): string {
  if (typeof reference === "string" && reference !== "") return reference;
  if (typeof reference === "object" && reference !== null && reference.kind === kind) return reference.name;
  const found = typeof reference === "object" && reference?.kind ? `a ${reference.kind} definition` : "neither";
  throw new ValueError(`${where}: give the ${kind}'s name or its definition; this is ${found}`);
}
