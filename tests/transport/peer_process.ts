/**
 * Starts the misbehaving server of these tests and tells it what to do.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** How a peer is started. */
export interface PeerOptions {
  /** Name of its certificate; plaintext without. */
  certificate?: string;
  /** Whether clients must show a certificate. */
  wantsClient?: boolean;
  maxConcurrentStreams?: number;
  port?: number;
  /** The API key that calls must bring. */
  apiKey?: string;
}

/** How a call is answered; without anything, by its own request. */
export interface Script {
  /** Calls that share a count. */
  key?: string;
  /** Only so many calls of the key follow the script, later ones are answered by their request. */
  times?: number;
  /** Milliseconds before anything else. */
  delay?: number;
  /** Answers when told to. */
  hang?: boolean;
  /** Cuts all connections. */
  drop?: boolean;
  /** Cuts all connections amid the answer. */
  half?: boolean;
  /** Resets the stream with this code. */
  reset?: number;
  httpStatus?: number;
  status?: number;
  message?: string;
  /** Base64 of a google.rpc.Status. */
  details?: string;
  /** Headers and trailers in two parts, although there is no message. */
  separate?: boolean;
  headers?: Record<string, string>;
  trailers?: Record<string, string>;
  /** Answers and resets the stream before the request is read, as servers do that refuse its size. */
  early?: boolean;
  /** Compresses the answer. */
  gzip?: boolean;
  /** Refuses compressed requests. */
  refusesGzip?: boolean;
  /** Answers with the headers of the request as JSON, in field 1. */
  report?: boolean;
  /** Answers with a frame said to be that long. */
  announces?: number;
}

/** What a peer has seen. */
export interface PeerStats {
  calls: number;
  byKey: Record<string, number>;
  sessions: number;
  openSessions: number;
  cancelled: number;
  mostOpenCalls: number;
}

/** A running peer. */
export interface Peer {
  port: number;
  address: string;
  stats(): Promise<PeerStats>;
  /** Cuts all connections. */
  drop(): Promise<void>;
  /** Lets a hanging call of this key go on; whether there was one. */
  release(key: string): Promise<boolean>;
  /** Ends all sessions politely. */
  goaway(): Promise<void>;
  /** Ends all sessions with an error. */
  shed(): Promise<void>;
  /** Stops listening and cuts all connections. */
  stop(): Promise<void>;
  /** Listens again. */
  listen(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const root = new URL("../../", import.meta.url);

/** Starts a peer. */
export async function startPeer(options: PeerOptions = {}): Promise<Peer> {
  const script = fileURLToPath(new URL("./peer.ts", import.meta.url));
  const node = fileURLToPath(new URL("node_modules/.bin/node", root));
  const child = spawn(node, [script, JSON.stringify(options)], { stdio: ["pipe", "pipe", "inherit"] });
  const answers = readAnswers(child);
  const port = await answers(0) as number;
  let id = 0;
  const tell = (command: string, argument: string = ""): Promise<unknown> => {
    const answer = answers(++id);
    child.stdin!.write(`${JSON.stringify({ id, command, argument })}\n`);
    return answer;
  };
  return {
    port,
    address: `127.0.0.1:${port}`,
    stats: () => tell("stats") as Promise<PeerStats>,
    drop: async () => void await tell("drop"),
    release: (key) => tell("release", key) as Promise<boolean>,
    goaway: async () => void await tell("goaway"),
    shed: async () => void await tell("shed"),
    stop: async () => void await tell("stop"),
    listen: async () => void await tell("listen", String(port)),
    [Symbol.asyncDispose]: () => end(child),
  };
}

function readAnswers(child: ChildProcess): (id: number) => Promise<unknown> {
  const waiting = new Map<number, (result: unknown) => void>();
  const failures = new Set<(error: Error) => void>();
  child.once("exit", (code) => failures.forEach((fail) => fail(new Error(`the peer ended with code ${code}`))));
  createInterface({ input: child.stdout! }).on("line", (line) => {
    const { id, result } = JSON.parse(line) as { id: number; result: unknown };
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  return (id) =>
    new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      failures.add(reject);
    });
}

async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin!.end();
  await ended;
}
