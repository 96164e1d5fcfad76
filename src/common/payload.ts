/**
 * Payloads: encoded values as plain data.
 *
 * @module
 */

/** An encoded value: plain data, never a protobuf message. */
export interface Payload {
  /** What decoding needs to know; `encoding` names the converter. */
  metadata: Record<string, Uint8Array>;
  data: Uint8Array;
  /** Sizes of what is stored outside of this payload, where external storage is in use. */
  externalPayloads?: { sizeBytes: bigint }[];
}

/** Bytes of payloads on the wire, near enough for a limit. */
export function payloadsSize(payloads: readonly Payload[]): number {
  let size = 0;
  for (const { data, metadata } of payloads) {
    size += data.length;
    for (const key in metadata) size += key.length + metadata[key].length;
  }
  return size;
}

const brand: unique symbol = Symbol.for("@anywhen/temporal/RawValue") as never;

/** A payload that skips the payload converter (though not the codec), in both directions. */
export class RawValue {
  /** The payload as it is. */
  readonly payload: Payload;

  /** Wraps `payload`. */
  constructor(payload: Payload) {
    this.payload = payload;
  }

  static {
    // Marks instances of every realm and every copy of this package.
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  /** Recognises instances of other realms and of other copies of this package. */
  static [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && (value as { [brand]?: true })[brand] === true;
  }
}
