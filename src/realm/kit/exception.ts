/** `DOMException`. @module */

const codes: Record<string, number> = {
  InvalidCharacterError: 5,
  NotSupportedError: 9,
  InvalidStateError: 11,
  SyntaxError: 12,
  NetworkError: 19,
  AbortError: 20,
  QuotaExceededError: 22,
  TimeoutError: 23,
  DataCloneError: 25,
};

/** The globals of this part. */
export function create(): { DOMException: unknown } {
  class DOMException extends Error {
    readonly #name: string;
    constructor(message: string = "", options: string | { name?: string; cause?: unknown } = "Error") {
      const { name = "Error", cause } = typeof options === "string" ? { name: options } : options;
      super(String(message), cause === undefined ? undefined : { cause });
      this.#name = String(name);
    }
    override get name(): string {
      return this.#name;
    }
    get code(): number {
      return codes[this.#name] ?? 0;
    }
    get [Symbol.toStringTag](): string {
      return "DOMException";
    }
  }
  return { DOMException };
}
