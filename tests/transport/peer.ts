/**
 * A gRPC server that misbehaves on request, run by Node in a process of its own: Deno's `node:http2` server would end
 * the process when a client disconnects. The header `x-script` of a call says how it is answered.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { createSecureServer, createServer, type Http2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createInterface } from "node:readline";
import { gunzipSync, gzipSync } from "node:zlib";
import type { PeerOptions, PeerStats, Script } from "./peer_process.ts";

type Headers = Record<string, string | string[] | undefined>;

const options = JSON.parse(process.argv[2]) as PeerOptions;
const stats: PeerStats = { calls: 0, byKey: {}, sessions: 0, openSessions: 0, cancelled: 0, mostOpenCalls: 0 };
const sessions = new Set<Http2Session>();
const sockets = new Set<Socket>();
const hanging = new Map<string, () => void>();
let openCalls = 0;

const settings = { maxConcurrentStreams: options.maxConcurrentStreams, initialWindowSize: 1 << 20 };
const server = options.certificate
  ? createSecureServer({ ...readCertificates(), settings })
  : createServer({ settings });
server.on("connection", track).on("secureConnection", track);
server.on("session", (session) => {
  stats.sessions++;
  sessions.add(session);
  session.on("error", () => {});
  session.on("close", () => sessions.delete(session));
});
server.on("sessionError", () => {});
server.on("stream", (stream, headers) => void answer(stream, headers as Headers));
server.listen(options.port ?? 0, "127.0.0.1", () => reply(0, (server.address() as AddressInfo).port));

function track(socket: Socket): void {
  sockets.add(socket);
  socket.on("error", () => {});
  socket.on("close", () => sockets.delete(socket));
}

function readCertificates(): object {
  const read = (name: string) => readFileSync(new URL(`./certificates/${name}`, import.meta.url));
  const { certificate, wantsClient } = options;
  return {
    cert: read(`${certificate}.pem`),
    key: read(`${certificate}.key`),
    ...wantsClient && { ca: read("authority.pem"), requestCert: true, rejectUnauthorized: true },
  };
}

async function answer(stream: ServerHttp2Stream, headers: Headers): Promise<void> {
  stats.mostOpenCalls = Math.max(stats.mostOpenCalls, ++openCalls);
  stream.on("error", () => {});
  stream.on("close", () => {
    openCalls--;
    if (stream.rstCode === 8) stats.cancelled++;
  });
  const script = JSON.parse(String(headers["x-script"] ?? "{}")) as Script;
  const key = script.key ?? "";
  const count = stats.byKey[key] = (stats.byKey[key] ?? 0) + 1;
  stats.calls++;
  if (options.apiKey && headers.authorization !== `Bearer ${options.apiKey}`) {
    return finish(stream, { status: 16, message: "Request unauthorized." }, undefined);
  }
  if (count > (script.times ?? Infinity)) return await echo(stream, headers, {});
  await misbehave(stream, headers, script, key);
}

async function misbehave(stream: ServerHttp2Stream, headers: Headers, script: Script, key: string): Promise<void> {
  if (script.delay) await new Promise((resolve) => setTimeout(resolve, script.delay));
  if (script.hang) {
    return await new Promise<void>((resolve) => hanging.set(key, resolve)).then(() => echo(stream, headers, {}));
  }
  if (script.drop) return drop();
  if (script.reset !== undefined) return stream.close(script.reset);
  if (script.httpStatus) return void (stream.respond({ ":status": script.httpStatus }), stream.end("no gRPC here"));
  if (script.refusesGzip && headers["grpc-encoding"] === "gzip") {
    const message = 'grpc: Decompressor is not installed for grpc-encoding "gzip"';
    return finish(stream, { status: 12, message }, undefined);
  }
  if (script.half) return half(stream);
  if (script.early) {
    finish(stream, script, undefined);
    return void setTimeout(() => stream.close(0), 5);
  }
  if (script.status) return finish(stream, script, undefined);
  await echo(stream, headers, script);
}

async function echo(stream: ServerHttp2Stream, headers: Headers, script: Script): Promise<void> {
  const received = await readFrame(stream);
  if (!received) return;
  const body = script.report
    ? encodeText(JSON.stringify({ ...headers, wasCompressed: received.flag === 1 }))
    : received.message;
  finish(stream, script, script.announces ? announce(script.announces) : frame(body, script.gzip ?? false));
}

async function readFrame(stream: ServerHttp2Stream): Promise<{ flag: number; message: Uint8Array } | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  } catch {
    return undefined;
  }
  const bytes = Buffer.concat(chunks);
  return { flag: bytes[0], message: bytes[0] === 1 ? gunzipSync(bytes.subarray(5)) : bytes.subarray(5) };
}

/** The one string field, number 1, that most requests and answers begin with. */
function encodeText(text: string): Uint8Array {
  const bytes = Buffer.from(text);
  const length: number[] = [];
  for (let rest = bytes.length;; rest >>>= 7) {
    if (rest < 0x80) {
      length.push(rest);
      break;
    }
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([0x0a, ...length]), bytes]);
}

function frame(message: Uint8Array, compresses: boolean): Buffer {
  const body = compresses ? gzipSync(message) : message;
  const prefix = Buffer.alloc(5);
  prefix[0] = compresses ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

/** The start of a frame that is said to be that long. */
function announce(length: number): Buffer {
  const prefix = Buffer.alloc(1000);
  prefix.writeUInt32BE(length, 1);
  return prefix;
}

function finish(stream: ServerHttp2Stream, script: Script, body: Buffer | undefined): void {
  if (stream.destroyed) return;
  const trailers = {
    "grpc-status": String(script.status ?? 0),
    ...script.message && { "grpc-message": encodeURIComponent(script.message) },
    ...script.details && { "grpc-status-details-bin": script.details },
    ...script.trailers,
  };
  const headers = {
    "content-type": "application/grpc",
    ...script.gzip && { "grpc-encoding": "gzip" },
    ...script.headers,
  };
  if (!body && !script.separate) {
    return stream.respond({ ":status": 200, ...headers, ...trailers }, { endStream: true });
  }
  stream.respond({ ":status": 200, ...headers }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(body);
}

function half(stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" });
  stream.write(announce(5_000), () => drop());
}

function drop(): void {
  for (const socket of sockets) socket.destroy();
}

const commands: Record<string, (argument: string) => unknown> = {
  stats: () => ({ ...stats, openSessions: sessions.size }),
  drop,
  release: (key) => {
    const release = hanging.get(key);
    hanging.delete(key);
    release?.();
    return release !== undefined;
  },
  goaway: () => {
    for (const session of sessions) session.goaway(0);
  },
  shed: () => {
    for (const session of sessions) session.goaway(11);
  },
  stop: () =>
    new Promise((resolve) => {
      server.close(() => resolve(undefined));
      drop();
    }),
  listen: (port) => new Promise((resolve) => server.listen(Number(port), "127.0.0.1", () => resolve(undefined))),
};

createInterface({ input: process.stdin }).on("line", (line) => void run(line)).on("close", () => process.exit(0));

async function run(line: string): Promise<void> {
  const { id, command, argument } = JSON.parse(line) as { id: number; command: string; argument: string };
  reply(id, await commands[command](argument));
}

function reply(id: number, result: unknown): void {
  process.stdout.write(`${JSON.stringify({ id, result })}\n`);
}
