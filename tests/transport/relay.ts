/**
 * TCP in between: a relay that can go silent, and an HTTP proxy that opens tunnels.
 *
 * @module
 */
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** A listening relay. */
export interface Relay {
  address: string;
  port: number;
  /** First lines of what clients asked for; only of a proxy. */
  requests: string[];
  /** How many sockets are open. */
  openSockets(): number;
  /** From now on nothing passes, and nobody is told. */
  freeze(): void;
  close(): Promise<void>;
}

/** Passes all bytes to a port. */
export async function startRelay(port: number): Promise<Relay> {
  return await listen((socket, relay) => relay.join(socket, connect({ host: "127.0.0.1", port })));
}

/** A proxy for CONNECT; without these credentials it answers 407. */
export async function startProxy(credentials?: string): Promise<Relay> {
  return await listen((socket, relay) => {
    socket.once("data", (chunk: Uint8Array) => {
      const [request, ...headers] = new TextDecoder().decode(chunk).split("\r\n");
      relay.requests.push(request);
      const isAllowed = !credentials || headers.includes(`Proxy-Authorization: Basic ${btoa(credentials)}`);
      if (!isAllowed) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
      const target = new URL(`tcp://${request.split(" ")[1]}`);
      const established = "HTTP/1.1 200 Connection established\r\n\r\n";
      const upstream = connect({ host: target.hostname, port: Number(target.port) });
      // A server without TLS speaks first: its bytes may come in one piece with the proxy's.
      const isEager = relay.requests.length % 2 === 1;
      upstream.once(isEager ? "data" : "connect", (first?: Uint8Array) => {
        socket.write(first ? join(new TextEncoder().encode(established), first) : established);
        relay.join(socket, upstream);
      });
      upstream.on("error", () => socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n"));
    });
  });
}

/** A server that answers everything by these bytes, for what speaks another protocol. */
export async function startStranger(bytes: string): Promise<Relay> {
  return await listen((socket) => socket.once("data", () => socket.end(bytes)));
}

/** A server that takes connections and never says anything. */
export async function startSilence(): Promise<Relay> {
  return await listen((socket) => socket.resume());
}

interface Joiner {
  requests: string[];
  join(socket: Socket, upstream: Socket): void;
}

async function listen(onSocket: (socket: Socket, joiner: Joiner) => void): Promise<Relay> {
  const sockets = new Set<Socket>();
  const requests: string[] = [];
  let isFrozen = false;
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const join = (socket: Socket, upstream: Socket) => {
    track(upstream);
    pass(socket, upstream, () => isFrozen);
    pass(upstream, socket, () => isFrozen);
  };
  const server: Server = createServer((socket) => {
    track(socket);
    onSocket(socket, { requests, join });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    port,
    requests,
    openSockets: () => sockets.size,
    freeze: () => {
      isFrozen = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(from: Socket, to: Socket, isFrozen: () => boolean): void {
  from.on("data", (chunk) => void (isFrozen() || to.write(chunk)));
  from.on("close", () => isFrozen() || to.destroy());
}

function join(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
