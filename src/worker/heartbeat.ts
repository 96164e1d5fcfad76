/**
 * Sends the heartbeats of one activity attempt: the first at once, then at most one an interval,
 * always the newest.
 *
 * @module
 */

/** How heartbeats are sent. */
export interface HeartbeatOptions {
  /** Milliseconds between two heartbeats. */
  interval: number;
  /** Sends one heartbeat; must not reject. Resolves with false when none must follow. */
  send(details: unknown[]): Promise<boolean>;
}

/** The throttle interval in milliseconds: 80 % of the heartbeat time-out, or a default, under a maximum. */
export function throttleInterval(
  heartbeatTimeout: number | undefined,
  limits: { maximum: number; fallback: number },
): number {
  return Math.min(limits.maximum, heartbeatTimeout ? heartbeatTimeout * 0.8 : limits.fallback);
}

/** Throttles one attempt's heartbeats. */
export class HeartbeatSender {
  #options: HeartbeatOptions;
  #latest?: unknown[];
  #sending?: Promise<void>;
  #timer?: ReturnType<typeof setTimeout>;
  #ended = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
  }

  /** Takes the details of a heartbeat; older ones that still wait are dropped. */
  record(details: unknown[]): void {
    if (this.#ended) return;
    this.#latest = details;
    if (this.#timer === undefined && !this.#sending) this.#send();
  }

  /** Ends the heartbeats; returns the details that were not sent, if any. */
  async end(): Promise<unknown[] | undefined> {
    this.#ended = true;
    clearTimeout(this.#timer);
    await this.#sending;
    return this.#latest;
  }

  #send(): void {
    const details = this.#latest;
    if (!details || this.#ended) return;
    this.#latest = undefined;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#sending) this.#send();
    }, this.#options.interval);
    this.#sending = this.#options.send(details).then((goOn) => {
      this.#sending = undefined;
      if (!goOn) {
        this.#ended = true;
        clearTimeout(this.#timer);
      } else if (this.#timer === undefined) {
        this.#send();
      }
    });
  }
}
