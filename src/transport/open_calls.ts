/**
 * The calls of one transport that have not ended yet.
 *
 * @module
 */
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { CallControl } from "./call_control.ts";

/** A transport that can be closed. */
export interface ClosableTransport extends Transport {
  /** Ends all unary calls and connections; new calls fail. */
  close(): void;
}

/** Keeps count of the calls of one transport, so that closing it ends them. */
export class OpenCalls {
  readonly #label: string;
  readonly #controls: Set<CallControl> = new Set();
  #isClosed = false;

  /** `label` names the server in errors. */
  constructor(label: string) {
    this.#label = label;
  }

  /**
   * The control of a call that begins.
   *
   * @param limit milliseconds; undefined is no limit
   * @throws {ConnectError} all is closed, or the signal has been aborted
   */
  begin(method: string, signal: AbortSignal | undefined, limit: number | undefined): CallControl {
    if (this.#isClosed) throw this.#createClosedError();
    const control = new CallControl(`${method} to ${this.#label}`, signal, limit);
    if (control.stopped) throw control.stopped;
    this.#controls.add(control);
    return control;
  }

  /** Forgets a call that has ended. */
  end(control: CallControl): void {
    this.#controls.delete(control);
    control.dispose();
  }

  /** Stops all calls; no new one may begin. */
  close(): void {
    this.#isClosed = true;
    for (const control of this.#controls) control.stop(this.#createClosedError());
  }

  #createClosedError(): ConnectError {
    return new ConnectError(`the connection to ${this.#label} is closed; open a new one`, Code.Canceled);
  }
}
