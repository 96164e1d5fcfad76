/**
 * A `fetch` handler in front of a server that speaks only gRPC: gRPC-web and Connect in, native gRPC out.
 *
 * @module
 */
import type { DescMethodUnary, DescService, Message } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  cors,
  createConnectRouter,
  type HandlerContext,
  type Transport,
} from "@connectrpc/connect";
import { createFetchHandler } from "@connectrpc/connect/protocol";
import { ValueError } from "../common/errors.ts";
import { Health } from "../gen/grpc/health/v1/health_pb.ts";
import { OperatorService } from "../gen/temporal/api/operatorservice/v1/service_pb.ts";
import { TestService } from "../gen/temporal/api/testservice/v1/service_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import { openConnection } from "./connection.ts";
import type { TransportOptions } from "./options.ts";
import { receiveLimit } from "./frame.ts";

type Handler = (request: Request) => Promise<Response>;

const services: DescService[] = [WorkflowService, OperatorService, Health, TestService];

/** What belongs to one hop, to the browser or to the protocol, and does not travel on. */
const ownHeaders =
  /^(?:accept.*|access-control-.*|connect-.*|connection|content-.*|cookie|forwarded|grpc-.*|host|keep-alive|origin|priority|proxy-.*|referer|sec-.*|te|trailer|transfer-encoding|upgrade.*|user-agent|via|x-(?:forwarded-.*|grpc-web|real-ip|user-agent))$/;

/** What a page may keep of a preflight's answer, in seconds. */
const preflightAge = 7_200;

/**
 * A handler for `Deno.serve`, `Bun.serve`, an edge function, or the `fetch` of another connection, that passes all
 * calls on to the server of these options. Each call keeps its deadline, metadata and error details; an API key of the
 * options replaces the caller's.
 *
 * @param options `corsOrigins` are the origins of browser pages that may call, `"*"` for all; none by default
 * @throws {ValueError} options that cannot be, or that contradict each other
 */
export function createGateway(
  options: TransportOptions & { corsOrigins?: string[] },
): (request: Request) => Promise<Response> {
  const { transport } = openConnection(options);
  const router = createConnectRouter({ grpc: false, readMaxBytes: receiveLimit, writeMaxBytes: receiveLimit });
  const keepsCredentials = options.apiKey === undefined;
  for (const service of services) routeService(router, service, transport, keepsCredentials);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, createFetchHandler(handler)]));
  return createCors(options.corsOrigins ?? [], async (request) => {
    const handler = handlers.get(new URL(request.url).pathname);
    return handler ? await handler(request) : new Response("no such method\n", { status: 404 });
  });
}

function routeService(
  router: ConnectRouter,
  service: DescService,
  transport: Transport,
  keepsCredentials: boolean,
): void {
  for (const method of service.methods) {
    if (method.methodKind !== "unary") continue;
    const unary = method as DescMethodUnary;
    router.rpc(unary, (request, context) => pass(transport, unary, request, context, keepsCredentials));
  }
}

async function pass(
  transport: Transport,
  method: DescMethodUnary,
  request: Message,
  context: HandlerContext,
  keepsCredentials: boolean,
): Promise<Message> {
  const header = selectHeaders(context.requestHeader, keepsCredentials);
  const answer = await transport.unary(method, context.signal, context.timeoutMs(), header, request);
  copyHeaders(answer.header, context.responseHeader);
  copyHeaders(answer.trailer, context.responseTrailer);
  return answer.message;
}

function selectHeaders(headers: Headers, keepsCredentials: boolean): Record<string, string> {
  const selected: Record<string, string> = {};
  headers.forEach((value, name) => {
    if (ownHeaders.test(name) || (name === "authorization" && !keepsCredentials)) return;
    selected[name] = value;
  });
  return selected;
}

function copyHeaders(from: Headers, to: Headers): void {
  from.forEach((value, name) => {
    if (!ownHeaders.test(name)) to.append(name, value);
  });
}

function createCors(origins: string[], handler: Handler): Handler {
  for (const origin of origins) checkOrigin(origin);
  return async (request) => {
    const origin = request.headers.get("origin");
    const isAllowed = origin !== null && (origins.includes(origin) || origins.includes("*"));
    const isPreflight = request.method === "OPTIONS" && request.headers.has("access-control-request-method");
    const response = isPreflight ? new Response(null, { status: isAllowed ? 204 : 403 }) : await handler(request);
    response.headers.append("vary", "origin");
    if (!isAllowed) return response;
    response.headers.set("access-control-allow-origin", origin);
    if (isPreflight) allow(request, response.headers);
    else response.headers.set("access-control-expose-headers", [...exposed(response.headers)].join(", "));
    return response;
  };
}

function checkOrigin(origin: string): void {
  if (origin !== "*" && !(URL.canParse(origin) && new URL(origin).origin === origin)) {
    throw new ValueError(`corsOrigins has ${JSON.stringify(origin)}, which is no origin; give "https://host" or "*"`);
  }
}

function allow(request: Request, headers: Headers): void {
  const asked = request.headers.get("access-control-request-headers");
  headers.set("access-control-allow-methods", cors.allowedMethods.join(", "));
  headers.set("access-control-allow-headers", asked ?? cors.allowedHeaders.join(", "));
  headers.set("access-control-max-age", String(preflightAge));
}

function exposed(headers: Headers): Set<string> {
  const names = new Set(cors.exposedHeaders.map((name) => name.toLowerCase()));
  headers.forEach((_value, name) => {
    if (!/^(?:access-control-.*|vary)$/.test(name)) names.add(name);
  });
  return names;
}
