/**
 * The short way of a unary gRPC-web call: bytes in, implementation, bytes out, without Connect's pipeline
 * of streams. It is what an SDK in the same process calls thousands of times a second.
 *
 * @module
 */
import { create, type DescMessage, type DescMethodUnary, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, type ContextValues, createContextValues, type HandlerContext } from "@connectrpc/connect";
import { createDeadlineSignal, createLinkedAbortController, encodeEnvelope } from "@connectrpc/connect/protocol";
import { parseTimeout, setTrailerStatus, trailerFlag, trailerSerialize } from "@connectrpc/connect/protocol-grpc-web";

/** A unary method and its implementation. */
export interface UnaryMethod {
  method: DescMethodUnary;
  run: (request: Message, context: HandlerContext) => unknown;
}

/** Unary methods by request path. */
export type UnaryMethods = Map<string, UnaryMethod>;

const ENVELOPE_BYTES = 5;
const CONTENT_TYPES: ReadonlySet<string | null> = new Set(["application/grpc-web+proto", "application/grpc-web"]);
const RESPONSE_HEADERS: Readonly<Record<string, string>> = { "content-type": "application/grpc-web+proto" };
const SUCCESS_TRAILER = encodeEnvelope(trailerFlag, new TextEncoder().encode("grpc-status: 0\r\n"));

/** The answer to a plain binary gRPC-web call; undefined, with the body untouched, for any other request. */
export async function answerUnary(
  { method, run }: UnaryMethod,
  request: Request,
  shutdownSignal: AbortSignal,
): Promise<Response | undefined> {
  if (!isPlainCall(request)) return undefined;
  const context = new UnaryContext(method, request, shutdownSignal);
  let body: Uint8Array<ArrayBuffer>;
  try {
    const input = readInput(method.input, new Uint8Array(await request.arrayBuffer()));
    context.checkTimeout();
    body = sealAnswer(method.output, await run(input, context), context);
  } catch (error) {
    body = sealError(error, context);
  } finally {
    context.finish();
  }
  return new Response(body, { headers: context.headers ?? RESPONSE_HEADERS });
}

function isPlainCall(request: Request): boolean {
  const { headers } = request;
  return request.method === "POST" && CONTENT_TYPES.has(headers.get("content-type")) && !headers.has("grpc-encoding");
}

function readInput(schema: DescMessage, body: Uint8Array): Message {
  const bytes = openEnvelope(body);
  try {
    return fromBinary(schema, bytes);
  } catch (error) {
    throw invalid(`the request is no ${schema.typeName}: ${(error as Error).message}`);
  }
}

function openEnvelope(bytes: Uint8Array): Uint8Array {
  if (bytes.length < ENVELOPE_BYTES) throw invalid("protocol error: the body ends inside a message's prefix");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  if (bytes[0] !== 0) throw invalid(`protocol error: flags 0x${bytes[0].toString(16)} are not supported`);
  if (length !== bytes.length - ENVELOPE_BYTES) {
    throw invalid(`protocol error: promised ${length} bytes of one message, got ${bytes.length - ENVELOPE_BYTES}`);
  }
  return bytes.subarray(ENVELOPE_BYTES);
}

function sealAnswer(schema: DescMessage, output: unknown, context: UnaryContext): Uint8Array<ArrayBuffer> {
  const message = toBinary(schema, create(schema, output as Message));
  const trailer = context.trailers
    ? encodeEnvelope(trailerFlag, trailerSerialize(setTrailerStatus(context.trailers, undefined)))
    : SUCCESS_TRAILER;
  const body = new Uint8Array(ENVELOPE_BYTES + message.length + trailer.length);
  new DataView(body.buffer).setUint32(1, message.length);
  body.set(message, ENVELOPE_BYTES);
  body.set(trailer, ENVELOPE_BYTES + message.length);
  return body;
}

/** What an implementation throws that is no ConnectError is a fault of the server; its text stays inside. */
function sealError(error: unknown, context: UnaryContext): Uint8Array<ArrayBuffer> {
  const status = error instanceof ConnectError ? error : new ConnectError("internal error", Code.Internal);
  const trailer = setTrailerStatus(context.responseTrailer, status);
  return encodeEnvelope(trailerFlag, trailerSerialize(trailer)) as Uint8Array<ArrayBuffer>;
}

function invalid(message: string): ConnectError {
  return new ConnectError(message, Code.InvalidArgument);
}

/** Connect's HandlerContext, whose parts are made when an implementation asks for them; few do. */
class UnaryContext implements HandlerContext {
  readonly method: DescMethodUnary;
  readonly protocolName: string = "grpc-web";
  readonly timeoutMs: () => number | undefined;
  /** The response headers, if the implementation asked for them. */
  headers: Headers | undefined;
  /** The response trailers, if the implementation asked for them. */
  trailers: Headers | undefined;
  #request: Request;
  #shutdownSignal: AbortSignal;
  #timeout: ReturnType<typeof parseTimeout>;
  #values: ContextValues | undefined;
  #controller: AbortController | undefined;
  #deadline: ReturnType<typeof createDeadlineSignal> | undefined;

  constructor(method: DescMethodUnary, request: Request, shutdownSignal: AbortSignal) {
    this.method = method;
    this.#request = request;
    this.#shutdownSignal = shutdownSignal;
    this.#timeout = parseTimeout(request.headers.get("grpc-timeout"), Number.MAX_SAFE_INTEGER);
    const { timeoutMs } = this.#timeout;
    const end = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
    this.timeoutMs = () => end === undefined ? undefined : end - Date.now();
  }

  get service(): DescMethodUnary["parent"] {
    return this.method.parent;
  }

  get requestMethod(): string {
    return this.#request.method;
  }

  get url(): string {
    return this.#request.url;
  }

  get requestHeader(): Headers {
    return this.#request.headers;
  }

  get responseHeader(): Headers {
    return this.headers ??= new Headers(RESPONSE_HEADERS);
  }

  get responseTrailer(): Headers {
    return this.trailers ??= new Headers();
  }

  get values(): ContextValues {
    return this.#values ??= createContextValues();
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#deadline = createDeadlineSignal(this.timeoutMs());
      this.#controller = createLinkedAbortController(
        this.#deadline.signal,
        this.#request.signal,
        this.#shutdownSignal,
      );
    }
    return this.#controller.signal;
  }

  /** Throws where the request's timeout was no timeout. */
  checkTimeout(): void {
    if (this.#timeout.error) throw this.#timeout.error;
  }

  /** Lets go of timers and listeners. */
  finish(): void {
    this.#deadline?.cleanup();
    this.#controller?.abort();
  }
}
