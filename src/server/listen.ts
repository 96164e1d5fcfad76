/**
 * The server's door on a port: one TCP port for HTTP/1.1 (Connect, gRPC-web) and cleartext HTTP/2
 * (native gRPC as well). The first bytes of a connection say which of the two it speaks.
 *
 * @module
 */
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http";
import type { Http2Server, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { ValueError } from "../common/errors.ts";
import { nodeModule, runtime } from "../platform.ts";
import type { Routes } from "./fetch.ts";
import { withoutGoaway } from "./goaway.ts";

/** Where and what to serve. */
export interface ListenOptions {
  routes: Routes;
  ip: string;
  /** 0 takes a free one. */
  port: number;
}

/** An open port. */
export interface Listener {
  /** `ip:port`, an IPv6 address in brackets. */
  address: string;
  /** Answers the calls under way with UNAVAILABLE, then closes the port and every connection. */
  close(): Promise<void>;
}

type HttpRequest = IncomingMessage | Http2ServerRequest;
type HttpResponse = ServerResponse | Http2ServerResponse;
type RequestHandler = (request: HttpRequest, response: HttpResponse) => void;
type SocketHandler = (socket: Socket, isHttp2: boolean) => void;

const PREFACE = "PRI";
const SILENT_SOCKET_MS = 10_000;
const CLOSING_MS = 500;
const FLUSHING_MS = 50;
const SESSION_MEMORY_MB = 1_024;

const REASONS: Readonly<Record<string, (options: ListenOptions) => string>> = {
  EADDRINUSE: ({ ip, port }) => `port ${port} is in use at ${ip}: choose another, or 0 for a free one`,
  EACCES: ({ ip, port }) => `port ${port} at ${ip} needs more rights: choose one above 1023`,
  EADDRNOTAVAIL: describeForeignIp,
  EINVAL: describeForeignIp,
  ENOTFOUND: describeForeignIp,
};

/**
 * Opens a port and serves `routes` on it; an open port keeps the process alive.
 *
 * Throws ValueError when the port is no port, is taken, or is not to be had.
 */
export async function listen(options: ListenOptions): Promise<Listener> {
  checkPort(options.port);
  const { connectNodeAdapter } = await import("@connectrpc/connect-node");
  const stop = new AbortController();
  const calls = new Set<HttpResponse>();
  const adapter = connectNodeAdapter({ routes: options.routes, shutdownSignal: stop.signal });
  const serve = guardRequests(adapter as RequestHandler, calls, stop.signal);
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const http2 = createHttp2(serve, sessions);
  const server = nodeModule("node:net").createServer(acceptInto(sockets, handOver(createHttp1(serve), http2)));
  await openPort(server, options);
  const address = formatAddress(server.address() as AddressInfo);
  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    stop.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    await whenAllClosed(calls, CLOSING_MS);
    if (runtime !== "deno") { for (const session of sessions) session.close(); }
    await whenAllClosed(sessions, FLUSHING_MS);
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { address, close };
}

function checkPort(port: number): void {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new ValueError(`port must be a whole number from 0 to 65535, not ${port}`);
}

function describeForeignIp({ ip }: ListenOptions): string {
  return `ip ${ip} is not an address of this machine: use 127.0.0.1, or 0.0.0.0 for all`;
}

function openPort(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) => {
      const reason = REASONS[error.code ?? ""];
      reject(reason ? new ValueError(reason(options), { cause: error }) : error);
    });
    server.listen({ host: options.ip, port: options.port, backlog: 1_024 }, resolve);
  });
}

function formatAddress({ address, port }: AddressInfo): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Keeps note of open sockets and drops those that connect and say nothing. */
function acceptInto(sockets: Set<Socket>, handle: SocketHandler): (socket: Socket) => void {
  return (socket) => {
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    const silence = setTimeout(() => socket.destroy(), SILENT_SOCKET_MS);
    socket.once("close", () => clearTimeout(silence));
    sniff(socket, (known, isHttp2) => {
      clearTimeout(silence);
      handle(known, isHttp2);
    });
  };
}

/** Waits for the bytes that tell the protocol, puts them back and passes the socket on. */
function sniff(socket: Socket, handle: SocketHandler): void {
  let seen: Uint8Array = new Uint8Array();
  const onData = (chunk: Uint8Array): void => {
    seen = seen.length === 0 ? chunk : joinBytes(seen, chunk);
    if (seen.length < PREFACE.length && startsLikePreface(seen)) return;
    socket.off("data", onData);
    socket.pause();
    socket.unshift(seen);
    handle(socket, startsLikePreface(seen));
  };
  socket.on("data", onData);
}

function startsLikePreface(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, PREFACE.length);
  for (let index = 0; index < length; index++) if (bytes[index] !== PREFACE.charCodeAt(index)) return false;
  return true;
}

function joinBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  const joined = new Uint8Array(left.length + right.length);
  joined.set(left);
  joined.set(right, left.length);
  return joined;
}

/** How a paused socket with bytes put back gets to the HTTP/2 server; each runtime reads it in its own way. */
const HTTP2_ENTRIES: Readonly<Record<string, (http2: Http2Server, socket: Socket) => void>> = {
  bun(http2, socket) {
    http2.emit("connection", socket);
    socket.resume();
  },
  /** Its HTTP/2 session aborts the process when it reads a GOAWAY. */
  deno: (http2, socket) => void http2.emit("connection", withoutGoaway(socket)),
  /** It takes the socket's handle over: resuming would read beside it. */
  node: (http2, socket) => void http2.emit("connection", socket),
};

function handOver(http1: HttpServer, http2: Http2Server): SocketHandler {
  const enterHttp2 = HTTP2_ENTRIES[runtime];
  return (socket, isHttp2) => {
    if (isHttp2) return enterHttp2(http2, socket);
    http1.emit("connection", socket);
    socket.resume();
  };
}

function createHttp1(serve: RequestHandler): HttpServer {
  const server = nodeModule("node:http").createServer({ noDelay: true, requestTimeout: 0 }, serve);
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
    else socket.destroy();
  });
  return server;
}

function createHttp2(serve: RequestHandler, sessions: Set<ServerHttp2Session>): Http2Server {
  const server = nodeModule("node:http2").createServer({ maxSessionMemory: SESSION_MEMORY_MB }, serve);
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("error", () => session.destroy());
  });
  server.on("sessionError", () => {});
  return server;
}

/**
 * Counts calls under way. A request that the adapter cannot even read ends as 400 instead of an uncaught
 * error, and one that comes while the server closes as 503, which gRPC clients read as UNAVAILABLE.
 */
function guardRequests(handle: RequestHandler, calls: Set<HttpResponse>, stopped: AbortSignal): RequestHandler {
  return (request, response) => {
    if (stopped.aborted) return refuse(response, 503);
    calls.add(response);
    response.once("close", () => calls.delete(response));
    request.on("error", () => {});
    response.on("error", () => {});
    try {
      handle(request, response);
    } catch {
      refuse(response, 400);
    }
  };
}

function refuse(response: HttpResponse, status: number): void {
  response.on("error", () => {});
  response.statusCode = status;
  response.end();
}

/** Resolves when everything is closed, or after `limit` milliseconds. */
function whenAllClosed(open: Set<HttpResponse> | Set<ServerHttp2Session>, limit: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, limit);
    const check = (): void => {
      if (open.size > 0) return;
      clearTimeout(timer);
      resolve();
    };
    for (const one of open) one.once("close", () => queueMicrotask(check));
    check();
  });
}
