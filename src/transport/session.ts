/**
 * Opens HTTP/2 sessions.
 *
 * @module
 */
import { nodeModule, type NodeModules, runtime } from "../platform.ts";
import { connectTimeout } from "./call_control.ts";
import { explainConnectFailure } from "./diagnosis.ts";
import type { HttpConnectProxyConfig } from "./options.ts";
import { ConnectFailure, openSocket, type Socket } from "./socket.ts";
import type { Target } from "./target.ts";

/** A client's HTTP/2 session. */
export type Session = ReturnType<NodeModules["node:http2"]["connect"]>;

/** One call's HTTP/2 stream. */
export type Stream = ReturnType<Session["request"]>;

/** Flow control must not be what slows down large histories. */
const streamWindow = 4 * 1024 * 1024;
const sessionWindow = 16 * 1024 * 1024;

/** In megabytes. Node's 10 would make one large request refuse all calls beside it. */
const sessionMemory = 4_096;

/**
 * Connects and waits for the server's settings.
 *
 * @param closing gives up when it aborts
 * @throws {ConnectError} UNAVAILABLE, with one line that says why
 */
export async function openSession(
  target: Target,
  proxy: HttpConnectProxyConfig | undefined,
  closing: AbortSignal,
): Promise<Session> {
  let current: Socket | undefined;
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    current?.destroy(new Error(`not connected within ${connectTimeout} ms`));
  }, connectTimeout);
  const onClosing = () => current?.destroy(new Error("no longer needed"));
  closing.addEventListener("abort", onClosing);
  try {
    const socket = await openSocket(
      { host: target.host, port: target.port, tls: target.tls, proxy },
      (socket) => current = socket,
    );
    return await startSession(socket, target);
  } catch (error) {
    current?.destroy();
    const { label, host, tls } = target;
    const cause = isLate ? new ConnectFailure("resolve", new Error(`no answer within ${connectTimeout} ms`)) : error;
    throw explainConnectFailure(cause, { label, host, isSecure: tls !== undefined, proxy });
  } finally {
    clearTimeout(timer);
    closing.removeEventListener("abort", onClosing);
  }
}

/** Ready means: the server has sent its settings, so it speaks HTTP/2 and its limits are known. */
function startSession(socket: Socket, { tls }: Target): Promise<Session> {
  // The name here is only for show: each call brings its own authority, and the socket is there.
  const session = nodeModule("node:http2").connect(tls ? "https://localhost" : "http://localhost", {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: streamWindow },
    maxSessionMemory: sessionMemory,
  });
  return new Promise((resolve, reject) => {
    let failure: unknown;
    const onError = (error: unknown) => failure ??= error;
    const onClose = () => {
      reject(new ConnectFailure("http2", failure ?? new Error("it closed the connection")));
    };
    const onSocketError = (error: unknown) => {
      onError(error);
      onClose();
    };
    session.on("error", onError);
    session.on("close", onClose);
    // Node ends neither the session nor the socket after the alert of a server that wants a certificate.
    socket.on("error", onSocketError).on("close", onClose);
    if (socket.destroyed) onClose();
    session.once("remoteSettings", () => {
      session.off("close", onClose);
      socket.off("error", onSocketError).off("close", onClose).on("error", () => {});
      // Bun 1.4 manages this window itself, and stalls after 16 MiB where it is told to.
      if (runtime !== "bun") session.setLocalWindowSize(sessionWindow);
      resolve(session);
    });
  });
}
