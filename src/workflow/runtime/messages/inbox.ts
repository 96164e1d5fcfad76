/**
 * Messages on their way to their handlers.
 *
 * @module
 */
import type { FoundHandler, Handlers } from "./handlers.ts";

/** Messages of one kind, handled in order of arrival; those without a handler wait until one is set. */
export class Inbox<M extends { readonly name: string }> {
  readonly #handlers: Handlers;
  readonly #kind: "signal" | "update";
  readonly #handle: (message: M, handler: FoundHandler) => void;
  #waiting: M[] = [];

  /** An empty one, which gives messages to `handle`. */
  constructor(handlers: Handlers, kind: "signal" | "update", handle: (message: M, handler: FoundHandler) => void) {
    this.#handlers = handlers;
    this.#kind = kind;
    this.#handle = handle;
    handlers.onSet(kind, () => this.#deliver());
  }

  /** Takes in a message. */
  receive(message: M): void {
    const handler = this.#handlers.find(this.#kind, message.name);
    if (handler) this.#handle(message, handler);
    else this.#waiting.push(message);
  }

  /** Hands over the messages that found no handler. */
  take(): M[] {
    const waiting = this.#waiting;
    if (waiting.length > 0) this.#waiting = [];
    return waiting;
  }

  /** From the first each time: a handler may set and clear others. */
  #deliver(): void {
    for (let index = 0; index < this.#waiting.length;) {
      const handler = this.#handlers.find(this.#kind, this.#waiting[index].name);
      if (handler) {
        const [message] = this.#waiting.splice(index, 1);
        this.#handle(message, handler);
        index = 0;
      } else index++;
    }
  }
}
