/** `Headers` over those of the host. @module */
import type { KitHost } from "./host.ts";

/** The globals of this part. */
export function create(host: KitHost): { Headers: unknown } {
  class WorkflowHeaders {
    readonly #headers: Headers = host.makeHeaders();
    constructor(init?: object) {
      if (!init) return;
      const pairs = Symbol.iterator in init ? init as Iterable<[unknown, unknown]> : Object.entries(init);
      for (const [name, value] of pairs) this.append(String(name), String(value));
    }
    append(name: string, value: string): void {
      this.#change(() => this.#headers.append(name, value));
    }
    delete(name: string): void {
      this.#change(() => this.#headers.delete(name));
    }
    get(name: string): string | null {
      return this.#headers.get(name);
    }
    getSetCookie(): string[] {
      return Array.from(this.#headers.getSetCookie());
    }
    has(name: string): boolean {
      return this.#headers.has(name);
    }
    set(name: string, value: string): void {
      this.#change(() => this.#headers.set(name, value));
    }
    forEach(callback: (value: string, name: string, headers: unknown) => void): void {
      for (const [name, value] of this) callback(value, name, this);
    }
    *entries(): Generator<[string, string]> {
      for (const [name, value] of this.#headers) yield [name, value];
    }
    *keys(): Generator<string> {
      for (const [name] of this.#headers) yield name;
    }
    *values(): Generator<string> {
      for (const [, value] of this.#headers) yield value;
    }
    [Symbol.iterator](): Generator<[string, string]> {
      return this.entries();
    }
    #change(change: () => void): void {
      try {
        change();
      } catch (error) {
        throw new TypeError((error as Error).message);
      }
    }
    get [Symbol.toStringTag](): string {
      return "Headers";
    }
  }
  Object.defineProperty(WorkflowHeaders, "name", { value: "Headers" });
  return { Headers: WorkflowHeaders };
}
