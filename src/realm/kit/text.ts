/** `TextEncoder` and `TextDecoder`. @module */
import type { KitHost } from "./host.ts";

/** The globals of this part. */
export function create(host: KitHost): Record<"TextEncoder" | "TextDecoder", unknown> {
  class WorkflowTextEncoder {
    get encoding(): string {
      return "utf-8";
    }
    encode(text: unknown = ""): Uint8Array {
      return new Uint8Array(host.encodeText(String(text)));
    }
    encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
      let read = 0;
      let written = 0;
      for (const character of String(text)) {
        const bytes = host.encodeText(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }
  class WorkflowTextDecoder {
    readonly #decoder: TextDecoder;
    constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }) {
      try {
        this.#decoder = host.makeDecoder(label, options);
      } catch (error) {
        throw new RangeError((error as Error).message);
      }
    }
    get encoding(): string {
      return this.#decoder.encoding;
    }
    get fatal(): boolean {
      return this.#decoder.fatal;
    }
    get ignoreBOM(): boolean {
      return this.#decoder.ignoreBOM;
    }
    decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string {
      try {
        return this.#decoder.decode(bytes as Uint8Array<ArrayBuffer>, { stream: options?.stream ?? false });
      } catch (error) {
        throw new TypeError((error as Error).message);
      }
    }
  }
  Object.defineProperty(WorkflowTextEncoder, "name", { value: "TextEncoder" });
  Object.defineProperty(WorkflowTextDecoder, "name", { value: "TextDecoder" });
  return { TextEncoder: WorkflowTextEncoder, TextDecoder: WorkflowTextDecoder };
}
