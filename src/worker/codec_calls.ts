/**
 * The calls of a codec for one activation or completion: only so many at once, none after a failure.
 *
 * @module
 */
import type { Payload } from "../common/payload.ts";
import type { PayloadCodec } from "../converter/codec.ts";
import type { SerializationContext } from "../converter/context.ts";

/** A codec whose calls are limited together; make one for each message. */
export class CodecCalls implements PayloadCodec {
  readonly #codec: PayloadCodec;
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  /** With those that are about to begin in the place of one that has ended. */
  #running = 0;
  #fault: { error: unknown } | undefined;
  #drained: (() => void) | undefined;

  constructor(codec: PayloadCodec, limit: number) {
    this.#codec = codec;
    this.#limit = limit;
  }

  encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return this.#call(() => this.#codec.encode(payloads, context));
  }

  decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    return this.#call(() => this.#codec.decode(payloads, context));
  }

  /** Resolves once no call is under way. */
  async drain(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => this.#drained = resolve);
  }

  async #call(work: () => Promise<Payload[]>): Promise<Payload[]> {
    if (this.#running < this.#limit) this.#running += 1;
    // Whoever wakes it hands over its place, which no other can take in between.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      if (this.#fault) throw this.#fault.error;
      return await work();
    } catch (error) {
      this.#fault ??= { error };
      throw error;
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) return next();
    this.#running -= 1;
    if (this.#running === 0) this.#drained?.();
  }
}
