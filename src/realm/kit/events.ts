/** `Event`, `EventTarget`, `AbortController`, `AbortSignal`; `AbortSignal.timeout` is a durable timer. @module */
import type { KitHost } from "./host.ts";

type Listener = ((event: unknown) => void) | { handleEvent(event: unknown): void };
interface Registration {
  listener: Listener;
  once: boolean;
}
interface Dispatch {
  target: unknown;
  isStopped: boolean;
}

/** The globals of this part. */
export function create(host: KitHost): Record<"Event" | "EventTarget" | "AbortController" | "AbortSignal", unknown> {
  const dispatches = new WeakMap<object, Dispatch>();

  class Event {
    readonly type: string;
    readonly cancelable: boolean;
    defaultPrevented = false;
    constructor(type: string, options: { cancelable?: boolean } = {}) {
      this.type = String(type);
      this.cancelable = options.cancelable ?? false;
    }
    get target(): unknown {
      return dispatches.get(this)?.target ?? null;
    }
    get currentTarget(): unknown {
      return this.target;
    }
    get timeStamp(): number {
      return host.now();
    }
    preventDefault(): void {
      if (this.cancelable) this.defaultPrevented = true;
    }
    stopPropagation(): void {}
    stopImmediatePropagation(): void {
      const dispatch = dispatches.get(this);
      if (dispatch) dispatch.isStopped = true;
    }
  }

  class EventTarget {
    readonly #registrations: Map<string, Registration[]> = new Map();
    addEventListener(
      type: string,
      listener: Listener | null,
      options: boolean | { once?: boolean; signal?: AbortSignal } = {},
    ): void {
      if (!listener) return;
      const { once = false, signal } = typeof options === "object" ? options : {};
      if (signal?.aborted) return;
      const registrations = this.#registrations.get(type) ?? [];
      if (registrations.some((known) => known.listener === listener)) return;
      this.#registrations.set(type, [...registrations, { listener, once }]);
      signal?.addEventListener("abort", () => this.removeEventListener(type, listener), { once: true });
    }
    removeEventListener(type: string, listener: Listener | null): void {
      const rest = this.#registrations.get(type)?.filter((known) => known.listener !== listener);
      if (rest) this.#registrations.set(type, rest);
    }
    dispatchEvent(event: Event): boolean {
      const dispatch: Dispatch = { target: this, isStopped: false };
      dispatches.set(event, dispatch);
      for (const registration of this.#registrations.get(event.type) ?? []) {
        if (dispatch.isStopped) break;
        if (!this.#registrations.get(event.type)?.includes(registration)) continue;
        const { listener, once } = registration;
        if (once) this.removeEventListener(event.type, listener);
        this.#call(listener, event);
      }
      return !event.defaultPrevented;
    }
    /** What a listener throws does not reach who dispatched. */
    #call(listener: Listener, event: Event): void {
      try {
        if (typeof listener === "function") listener.call(this, event);
        else listener.handleEvent(event);
      } catch (error) {
        host.report(error);
      }
    }
  }

  const secret = Symbol();
  let abort: (signal: AbortSignal, reason: unknown) => void;

  class AbortSignal extends EventTarget {
    #aborted = false;
    #reason: unknown;
    onabort: ((event: unknown) => void) | null = null;
    constructor(key?: symbol) {
      if (key !== secret) throw new TypeError("Illegal constructor");
      super();
    }
    static {
      abort = (signal, reason) => {
        if (signal.#aborted) return;
        signal.#aborted = true;
        signal.#reason = reason === undefined ? new DOMException("This operation was aborted", "AbortError") : reason;
        const event = new Event("abort");
        signal.onabort?.(event);
        signal.dispatchEvent(event);
      };
    }
    static abort(reason?: unknown): AbortSignal {
      const signal = new AbortSignal(secret);
      abort(signal, reason);
      return signal;
    }
    static timeout(milliseconds: number): AbortSignal {
      const signal = new AbortSignal(secret);
      host.setTimer(Math.max(1, Number(milliseconds)), () => {
        abort(signal, new DOMException("The operation was aborted due to timeout", "TimeoutError"));
      });
      return signal;
    }
    static any(signals: Iterable<AbortSignal>): AbortSignal {
      const result = new AbortSignal(secret);
      const all = Array.from(signals);
      const aborted = all.find((signal) => signal.aborted);
      if (aborted) abort(result, aborted.reason);
      else {for (const signal of all) {
          signal.addEventListener("abort", () => abort(result, signal.reason), { once: true });
        }}
      return result;
    }
    get aborted(): boolean {
      return this.#aborted;
    }
    get reason(): unknown {
      return this.#reason;
    }
    throwIfAborted(): void {
      if (this.#aborted) throw this.#reason;
    }
    get [Symbol.toStringTag](): string {
      return "AbortSignal";
    }
  }

  class AbortController {
    readonly signal: AbortSignal = new AbortSignal(secret);
    abort(reason?: unknown): void {
      abort(this.signal, reason);
    }
    get [Symbol.toStringTag](): string {
      return "AbortController";
    }
  }

  return { Event, EventTarget, AbortController, AbortSignal };
}
