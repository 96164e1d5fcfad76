/** `URL` and `URLSearchParams` over those of the host. @module */
import type { KitHost } from "./host.ts";

const parts = [
  "href",
  "protocol",
  "username",
  "password",
  "host",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
] as const;

/** The globals of this part. */
export function create(host: KitHost): Record<"URL" | "URLSearchParams", unknown> {
  class WorkflowSearchParams {
    readonly #params: URLSearchParams;
    constructor(init: unknown = "", behind?: URLSearchParams) {
      this.#params = behind ?? host.makeSearchParams(typeof init === "string" ? init : "");
      if (!behind && typeof init === "object" && init !== null) {
        for (const [name, value] of toPairs(init)) this.#params.append(String(name), String(value));
      }
    }
    get size(): number {
      return this.#params.size;
    }
    append(name: string, value: string): void {
      this.#params.append(name, value);
    }
    delete(name: string, value?: string): void {
      if (value === undefined) this.#params.delete(name);
      else this.#params.delete(name, value);
    }
    get(name: string): string | null {
      return this.#params.get(name);
    }
    getAll(name: string): string[] {
      return Array.from(this.#params.getAll(name));
    }
    has(name: string, value?: string): boolean {
      return value === undefined ? this.#params.has(name) : this.#params.has(name, value);
    }
    set(name: string, value: string): void {
      this.#params.set(name, value);
    }
    sort(): void {
      this.#params.sort();
    }
    forEach(callback: (value: string, name: string, params: unknown) => void): void {
      for (const [name, value] of this) callback(value, name, this);
    }
    *entries(): Generator<[string, string]> {
      for (const [name, value] of this.#params) yield [name, value];
    }
    *keys(): Generator<string> {
      for (const [name] of this.#params) yield name;
    }
    *values(): Generator<string> {
      for (const [, value] of this.#params) yield value;
    }
    [Symbol.iterator](): Generator<[string, string]> {
      return this.entries();
    }
    toString(): string {
      return this.#params.toString();
    }
    get [Symbol.toStringTag](): string {
      return "URLSearchParams";
    }
  }

  class WorkflowURL {
    readonly #url: URL;
    #searchParams: WorkflowSearchParams | undefined;
    constructor(url: unknown, base?: unknown) {
      try {
        this.#url = host.makeURL(String(url), base === undefined ? undefined : String(base));
      } catch {
        throw new TypeError(`Invalid URL: ${String(url)}`);
      }
    }
    static canParse(url: unknown, base?: unknown): boolean {
      return WorkflowURL.parse(url, base) !== null;
    }
    static parse(url: unknown, base?: unknown): WorkflowURL | null {
      try {
        return new WorkflowURL(url, base);
      } catch {
        return null;
      }
    }
    static {
      for (const part of parts) {
        Object.defineProperty(WorkflowURL.prototype, part, {
          configurable: true,
          enumerable: true,
          get: function (this: WorkflowURL): string {
            return this.#url[part];
          },
          set: function (this: WorkflowURL, value: unknown): void {
            try {
              this.#url[part] = String(value);
            } catch {
              throw new TypeError(`Invalid URL: ${String(value)}`);
            }
          },
        });
      }
    }
    get origin(): string {
      return this.#url.origin;
    }
    get searchParams(): WorkflowSearchParams {
      return this.#searchParams ??= new WorkflowSearchParams("", this.#url.searchParams);
    }
    toString(): string {
      return this.#url.href;
    }
    toJSON(): string {
      return this.#url.href;
    }
    get [Symbol.toStringTag](): string {
      return "URL";
    }
  }
  Object.defineProperty(WorkflowURL, "name", { value: "URL" });
  Object.defineProperty(WorkflowSearchParams, "name", { value: "URLSearchParams" });
  return { URL: WorkflowURL, URLSearchParams: WorkflowSearchParams };
}

function toPairs(init: object): Iterable<readonly [unknown, unknown]> {
  return Symbol.iterator in init ? init as Iterable<readonly [unknown, unknown]> : Object.entries(init);
}
