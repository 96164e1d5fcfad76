/** `node:async_hooks` as far as workflow code needs it. @module */
import type { KitHost } from "./host.ts";

/** The exports of the module. */
export function create(host: KitHost): { AsyncLocalStorage: unknown } {
  class AsyncLocalStorage {
    readonly #storage = host.makeStorage();
    getStore(): unknown {
      return this.#storage.getStore();
    }
    run(store: unknown, work: (...args: unknown[]) => unknown, ...args: unknown[]): unknown {
      return this.#storage.run(store, () => work(...args));
    }
    exit(work: (...args: unknown[]) => unknown, ...args: unknown[]): unknown {
      return this.run(undefined, work, ...args);
    }
    enterWith(store: unknown): void {
      this.#storage.enterWith(store);
    }
    disable(): void {
      this.#storage.disable();
    }
  }
  return { AsyncLocalStorage };
}
