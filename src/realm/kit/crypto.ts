/** `crypto` with the run's random numbers. @module */
import type { KitHost } from "./host.ts";

/** The globals of this part. */
export function create(host: KitHost): { crypto: unknown } {
  const crypto = {
    randomUUID: () => host.uuid4(),
    getRandomValues<T extends ArrayBufferView>(array: T): T {
      if (!ArrayBuffer.isView(array)) throw new TypeError("crypto.getRandomValues: the argument is no typed array");
      host.fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      return array;
    },
    get subtle(): never {
      return host.refuse("crypto.subtle");
    },
  };
  return { crypto };
}
