/**
 * Codecs behind HTTP: the handler that the UI and the CLI ask to decode for them, and a codec that asks such a server.
 *
 * @module
 */
import { TemporalError, ValueError } from "../common/temporal_error.ts";
import { chainCodecs, type PayloadCodec } from "./codec.ts";
import type { SerializationContext } from "./context.ts";
import { readPayloads, writePayloads } from "./payload_json.ts";

/** Options of {@link createCodecHandler}. */
export interface CodecHandlerOptions {
  /** Origins of web pages that may ask, `"*"` for any; none when unset. */
  corsOrigins?: string[];
}

/**
 * A codec as a function from request to response, for any server with the fetch API. Answers POST to paths that end in
 * `/encode` and `/decode`; who may ask is for its caller to decide.
 *
 * ```ts ignore
 * import { createCodecHandler } from "@anywhen/temporal/converter";
 *
 * Deno.serve({ port: 8081 }, createCodecHandler(codec, { corsOrigins: ["http://localhost:8233"] }));
 * ```
 */
export function createCodecHandler(
  codecs: PayloadCodec | PayloadCodec[],
  options: CodecHandlerOptions = {},
): (request: Request) => Promise<Response> {
  const codec = chainCodecs(codecs);
  return async (request) => {
    const response = await answer(codec, request);
    for (const [name, value] of corsHeaders(request, options.corsOrigins ?? [])) response.headers.set(name, value);
    return response;
  };
}

async function answer(codec: PayloadCodec | undefined, request: Request): Promise<Response> {
  if (request.method === "OPTIONS") return new Response(null, { status: 204 });
  const direction = /\/(encode|decode)$/.exec(new URL(request.url).pathname)?.[1] as "encode" | "decode" | undefined;
  if (!direction) return refuse(404, "ask for /encode or /decode");
  if (request.method !== "POST") return refuse(405, "only POST is answered");
  try {
    const payloads = readPayloads(await request.text());
    const coded = codec ? await codec[direction](payloads) : payloads;
    return new Response(writePayloads(coded), { headers: { "content-type": "application/json" } });
  } catch (error) {
    return refuse(400, error instanceof Error ? error.message : String(error));
  }
}

function refuse(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { "content-type": "text/plain" } });
}

function corsHeaders(request: Request, origins: readonly string[]): [name: string, value: string][] {
  const origin = request.headers.get("origin");
  if (!origin) return [];
  const isNamed = origins.includes(origin);
  if (!isNamed && !origins.includes("*")) return [];
  return [
    ["access-control-allow-origin", origin],
    // Cookies of a page that nobody named must not count.
    ["access-control-allow-credentials", String(isNamed)],
    ["access-control-allow-methods", "POST, OPTIONS"],
    ["access-control-allow-headers", "authorization, content-type, x-namespace"],
    ["vary", "origin"],
  ];
}

/** Options of {@link createRemoteCodec}. */
export interface RemoteCodecOptions {
  /** The URL before `/encode` and `/decode`; `{namespace}` in it stands for the namespace of the values. */
  endpoint: string;
  /** Sent with each request, for example `authorization`. */
  headers?: Record<string, string>;
}

/** A codec that asks a server such as {@link createCodecHandler} makes. Throws ValueError for an endpoint that is no URL. */
export function createRemoteCodec(options: RemoteCodecOptions): PayloadCodec {
  const endpoint = options.endpoint.replace(/\/+$/, "");
  if (!URL.canParse(endpoint)) {
    throw new ValueError(`createRemoteCodec: endpoint ${JSON.stringify(options.endpoint)} is no URL; give a whole one`);
  }
  const { headers } = options;
  return {
    encode: (payloads, context) => ask(`${endpoint}/encode`, headers, writePayloads(payloads), context),
    decode: (payloads, context) => ask(`${endpoint}/decode`, headers, writePayloads(payloads), context),
  };
}

async function ask(
  endpoint: string,
  headers: Record<string, string> | undefined,
  body: string,
  context: SerializationContext | undefined,
): ReturnType<PayloadCodec["encode"]> {
  const namespace = context?.namespace;
  const url = endpoint.replaceAll("{namespace}", encodeURIComponent(namespace ?? ""));
  const own: Record<string, string> = { "content-type": "application/json" };
  if (namespace !== undefined) own["x-namespace"] = namespace;
  const response = await fetch(url, { method: "POST", headers: { ...own, ...headers }, body }).catch((cause) => {
    throw new TemporalError(`remote codec ${url} cannot be reached: ${(cause as Error).message}`, { cause });
  });
  const text = await response.text();
  if (response.ok) return readPayloads(text);
  throw new TemporalError(`remote codec ${url} answered ${response.status}: ${text.trim().split("\n", 1)[0]}`);
}
