/**
 * The HTTP/2 sessions of one connection: opened when a call needs one, replaced when they end.
 *
 * @module
 */
import type { CallControl } from "./call_control.ts";
import { Channel, type ChannelOwner, type KeepAlive } from "./channel.ts";
import type { HttpConnectProxyConfig } from "./options.ts";
import { openSession } from "./session.ts";
import type { Target } from "./target.ts";

/** How sessions are opened and watched. */
export interface ChannelOptions {
  target: Target;
  proxy: HttpConnectProxyConfig | undefined;
  /** Undefined never pings. */
  keepAlive: KeepAlive | undefined;
}

/** Sessions that one connection may have open: servers limit the calls on each. */
const mostChannels = 16;

interface Waiter {
  control: CallControl;
  resume(): void;
}

/** The sessions of one connection. */
export class ChannelPool implements ChannelOwner {
  readonly #options: ChannelOptions;
  #channels: Channel[] = [];
  #opening: Promise<void> | undefined;
  #waiters: Waiter[] = [];
  readonly #closing: AbortController = new AbortController();

  /** Opens nothing yet. */
  constructor(options: ChannelOptions) {
    this.#options = options;
  }

  /** A channel with a place reserved, or undefined where {@link ChannelPool.wait} must be asked. */
  take(): Channel | undefined {
    for (const channel of this.#channels) {
      if (channel.isOpen && channel.hasRoom) {
        channel.reserve();
        return channel;
      }
    }
    return undefined;
  }

  /**
   * A channel with a place reserved, as soon as there is one.
   *
   * @throws {ConnectError} no session could be opened, or the call had to stop
   */
  async wait(control: CallControl): Promise<Channel> {
    let channel: Channel | undefined;
    while (!channel) {
      await control.race(this.#waitForRoom(control));
      channel = this.take();
    }
    return channel;
  }

  /** Ends all sessions, also one that is being opened; the calls on them must have been stopped. */
  close(): void {
    this.#closing.abort();
    for (const channel of this.#channels.splice(0)) channel.destroy();
    this.#wakeAll();
  }

  /** Wakes the first call that still waits: one that had to stop would let the place go by. */
  onRelease(): void {
    if (this.#waiters.length === 0) return;
    const next = this.#waiters.findIndex(({ control }) => !control.stopped);
    const woken = this.#waiters.splice(0, next < 0 ? Infinity : next + 1);
    woken.at(-1)?.resume();
  }

  /** Forgets the channel; what waits may open another. */
  onEnd(channel: Channel): void {
    this.#channels = this.#channels.filter((each) => each !== channel);
    this.#wakeAll();
  }

  /** Of a burst of calls only one idle session remains. */
  isSpare(channel: Channel): boolean {
    return channel.isIdle && this.#channels.some((other) => other !== channel && other.isOpen && other.hasRoom);
  }

  async #waitForRoom(control: CallControl): Promise<void> {
    this.#closing.signal.throwIfAborted();
    if (this.#channels.length < mostChannels) {
      this.#opening ??= this.#open().finally(() => this.#opening = undefined);
      return await this.#opening;
    }
    await new Promise<void>((resume) => this.#waiters.push({ control, resume }));
  }

  async #open(): Promise<void> {
    const { target, proxy, keepAlive } = this.#options;
    const session = await openSession(target, proxy, this.#closing.signal);
    if (this.#closing.signal.aborted) return session.destroy();
    this.#channels.push(new Channel(session, keepAlive, this));
  }

  #wakeAll(): void {
    for (const { resume } of this.#waiters.splice(0)) resume();
  }
}
