/** `atob` and `btoa`. @module */
import type { KitHost } from "./host.ts";

/** The globals of this part. */
export function create(host: KitHost): Record<"atob" | "btoa", unknown> {
  const guarded = (convert: (text: string) => string) => (text: unknown): string => {
    try {
      return convert(String(text));
    } catch (error) {
      throw new DOMException((error as Error).message, "InvalidCharacterError");
    }
  };
  return { atob: guarded((text) => host.atob(text)), btoa: guarded((text) => host.btoa(text)) };
}
