/**
 * Functions of the worker that a run calls at once.
 *
 * @module
 */
import { ValueError } from "../../../common/errors.ts";
import type { RunState } from "../state.ts";

/** The functions of the worker, for one run. */
export class Externs {
  readonly #state: RunState;
  readonly #call: ((name: string, args: readonly unknown[]) => unknown) | undefined;

  /** Without `call` there are none. */
  constructor(state: RunState, call: ((name: string, args: readonly unknown[]) => unknown) | undefined) {
    this.#state = state;
    this.#call = call;
  }

  /** Calls a function; data that it gives is that of the realm. Throws what it throws. */
  call(name: string, args: readonly unknown[]): unknown {
    this.#state.assertRunning(`extern function ${name}`);
    if (!this.#call) {
      throw new ValueError(`extern function ${name} is not registered; add it to the option \`externFunctions\``);
    }
    const result = this.#call(name, args);
    return isPlain(result) ? this.#state.realm.load("plain").copyPlain(result) : result;
  }
}

/** Whether it is made of records, lists, bytes and primitive values alone. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value !== "function";
  if (Array.isArray(value)) return value.every(isPlain);
  if (value instanceof Uint8Array) return true;
  return Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain);
}
