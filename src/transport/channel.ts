/**
 * One HTTP/2 session: counts its calls, watches it by pings, notices when it ends.
 *
 * @module
 */
import { unrefTimer } from "../platform.ts";
import type { Session, Stream } from "./session.ts";

/** Headers of a request. */
export type RequestHeaders = Record<string, string>;

/** Milliseconds between pings, and for an answer. */
export interface KeepAlive {
  interval: number;
  timeout: number;
}

/** Is told what becomes of a channel. */
export interface ChannelOwner {
  /** A call has ended. */
  onRelease(): void;
  /** No new call may start here; called once or more. */
  onEnd(channel: Channel): void;
  /** Whether the channel may be closed, since others are enough. */
  isSpare(channel: Channel): boolean;
}

/** One HTTP/2 session and the calls on it. */
export class Channel {
  #active = 0;
  #isDraining = false;
  readonly #session: Session;
  readonly #owner: ChannelOwner;
  #keepAlive: ReturnType<typeof setInterval> | undefined;

  /** Takes over the session. */
  constructor(session: Session, keepAlive: KeepAlive | undefined, owner: ChannelOwner) {
    this.#session = session;
    this.#owner = owner;
    session.on("goaway", () => this.#drain());
    session.on("close", () => this.#end());
    session.unref();
    if (keepAlive) this.#watch(keepAlive);
  }

  /** Whether new calls may start here, room aside. */
  get isOpen(): boolean {
    return !this.#isDraining && !this.#session.closed && !this.#session.destroyed;
  }

  /** Whether the server allows one more call. */
  get hasRoom(): boolean {
    return this.#active < (this.#session.remoteSettings?.maxConcurrentStreams ?? Infinity);
  }

  /** Whether no call is open. */
  get isIdle(): boolean {
    return this.#active === 0;
  }

  /** Takes the place of one call; only while a call is open does the session hold the process. */
  reserve(): void {
    if (this.#active++ === 0) this.#session.ref();
  }

  /** Gives the place back. */
  release(): void {
    if (--this.#active === 0) {
      if (!this.#session.destroyed) this.#session.unref();
      if (this.#isDraining) this.close();
    }
    this.#owner.onRelease();
  }

  /** Starts a call. */
  request(headers: RequestHeaders): Stream {
    return this.#session.request(headers);
  }

  /** Lets open calls end, then ends the session. */
  close(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close();
  }

  /** Ends the session and all calls on it. */
  destroy(reason?: Error): void {
    if (!this.#session.destroyed) this.#session.destroy(reason);
  }

  #drain(): void {
    this.#isDraining = true;
    this.close();
    this.#owner.onEnd(this);
  }

  #end(): void {
    this.#isDraining = true;
    if (this.#keepAlive !== undefined) clearInterval(this.#keepAlive);
    this.#owner.onEnd(this);
  }

  #watch({ interval, timeout }: KeepAlive): void {
    this.#keepAlive = setInterval(() => this.#owner.isSpare(this) ? this.close() : this.#ping(timeout), interval);
    unrefTimer(this.#keepAlive);
  }

  #ping(timeout: number): void {
    if (this.#session.destroyed) return;
    const giveUp = setTimeout(() => this.destroy(new Error(`no answer to a ping within ${timeout} ms`)), timeout);
    unrefTimer(giveUp);
    this.#session.ping(() => clearTimeout(giveUp));
  }
}
