/**
 * The server's door as a function: Connect and gRPC-web in, out of one `fetch(request)`, in process or
 * behind any HTTP server. Native gRPC needs response trailers, which `fetch` does not have.
 *
 * @module
 */
import type { DescMethodUnary } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter, createConnectRouter } from "@connectrpc/connect";
import {
  type UniversalHandler,
  universalServerRequestFromFetch,
  universalServerResponseToFetch,
} from "@connectrpc/connect/protocol";
import { answerUnary, type UnaryMethods } from "./unary.ts";

/** Registers services with a router, as Connect has it. */
export type Routes = (router: ConnectRouter) => void;

const GRPC_CONTENT = /^application\/grpc(?:$|[+;])/;
const GRPC_REFUSAL = "this port does not speak native gRPC; use gRPC-web or Connect, or run the server on Bun or Node";

/**
 * A fetch handler for the services of `routes`; it never rejects. Aborting `shutdownSignal` aborts the
 * signal of every call under way.
 */
export function createFetchHandler(
  routes: Routes,
  shutdownSignal: AbortSignal,
): (request: Request) => Promise<Response> {
  const router = createConnectRouter({ shutdownSignal, grpc: false });
  const unary: UnaryMethods = new Map();
  routes(recordUnary(router, unary));
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
  return async (request) => {
    if (shutdownSignal.aborted) return refuse(503, "the server has been shut down");
    const path = pathOf(request.url);
    const handler = handlers.get(path);
    if (!handler) return refuse(404, `no such method: ${path}`);
    const method = unary.get(path);
    if (method) {
      const response = await answerUnary(method, request, shutdownSignal);
      if (response) return response;
    }
    return await answerUniversal(handler, request);
  };
}

/** A router that also notes the implementations of unary methods, for the short way through `answerUnary`. */
function recordUnary(router: ConnectRouter, unary: UnaryMethods): ConnectRouter {
  const recorder: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, options) {
      router.service(service, implementation, options);
      for (const method of service.methods) {
        const run = (implementation as Record<string, unknown>)[method.localName];
        if (method.methodKind !== "unary" || typeof run !== "function") continue;
        unary.set(`/${service.typeName}/${method.name}`, {
          method: method as DescMethodUnary,
          run: run.bind(implementation),
        });
      }
      return recorder;
    },
    rpc(method, implementation, options) {
      router.rpc(method, implementation, options);
      return recorder;
    },
  };
  return recorder;
}

async function answerUniversal(handler: UniversalHandler, request: Request): Promise<Response> {
  if (GRPC_CONTENT.test(request.headers.get("content-type") ?? "")) return refuseGrpc();
  try {
    return universalServerResponseToFetch(await handler(universalServerRequestFromFetch(request, {})));
  } catch (error) {
    return refuse(ConnectError.from(error).code === Code.Canceled ? 499 : 500, ConnectError.from(error).message);
  }
}

/** Headers alone are a complete gRPC answer when the call failed. */
function refuseGrpc(): Response {
  return new Response(null, {
    headers: {
      "content-type": "application/grpc",
      "grpc-status": String(Code.Unimplemented),
      "grpc-message": encodeURIComponent(GRPC_REFUSAL),
    },
  });
}

function refuse(status: number, message: string): Response {
  return new Response(`${message}\n`, { status, headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** The path of an absolute URL; cutting the string costs a tenth of `new URL`. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.search(/[?#]/);
  return start < 0 ? "/" : url.slice(start, end < 0 ? undefined : end);
}
