/**
 * `anywhen gateway`: gRPC-web and Connect for a server that speaks only gRPC, for browsers and the edge.
 *
 * @module
 */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeModule } from "../platform.ts";
import { createGateway } from "../transport/gateway.ts";
import { type Command, defineCommand, type Terminal } from "./command.ts";
import { connectionFlags, readConnectOptions } from "./connection.ts";
import { defineFlags, UsageError, type Values } from "./flags.ts";

const flags = defineFlags({
  ...connectionFlags,
  "listen": { type: "string", default: "127.0.0.1:8080", help: "where to listen, ip:port" },
  "cors-origin": { type: "list", help: 'the origin of pages that may call, "*" for all' },
});

type FetchHandler = (request: Request) => Promise<Response>;

/** Serves a gateway until Ctrl-C. */
export const gateway: Command = defineCommand(flags, serve);

async function serve(values: Values<typeof flags>, terminal: Terminal): Promise<void> {
  const { host, port } = readListen(values.listen);
  const { address, apiKey, tls } = await readConnectOptions(values);
  const handler = createGateway({ address, apiKey, tls, corsOrigins: values["cors-origin"] });
  const server = nodeModule("node:http").createServer((request, response) => {
    answer(handler, request, response).catch(() => response.destroy());
  });
  await open(server, host, port);
  const { address: ip, port: opened } = server.address() as AddressInfo;
  terminal.print(`Gateway at http://${ip}:${opened} (gRPC-web, Connect) to ${address}; Ctrl-C ends it`);
  await terminal.interrupted();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  terminal.print("Gateway stopped");
}

function readListen(text: string): { host: string; port: number } {
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(text);
  if (!match) throw new UsageError(`--listen takes ip:port or a port, not ${JSON.stringify(text)}`);
  const host = (match[1] ?? "127.0.0.1").replace(/^\[|\]$/g, "");
  return { host: host === "localhost" ? "127.0.0.1" : host, port: Number(match[2]) };
}

function open(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: Error & { code?: string }) => {
      const isTaken = error.code === "EADDRINUSE";
      reject(isTaken ? new Error(`port ${port} is in use at ${host}: choose another with --listen`) : error);
    });
    server.listen(port, host, resolve);
  });
}

async function answer(handler: FetchHandler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const abort = new AbortController();
  outgoing.once("close", () => abort.abort());
  const response = await handler(await toRequest(incoming, abort.signal));
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  for await (const chunk of response.body ?? []) outgoing.write(chunk);
  outgoing.end();
}

async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) if (value) headers.set(name, String(value));
  const method = incoming.method ?? "GET";
  const url = new URL(incoming.url ?? "/", `http://${incoming.headers.host ?? "localhost"}`);
  if (method === "GET" || method === "HEAD") return new Request(url, { method, headers, signal });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return new Request(url, { method, headers, signal, body: new Blob(chunks) });
}
