/**
 * What a transport answers a unary call with.
 *
 * @module
 */
import type { DescMessage, DescMethodUnary, DescService, MessageShape } from "@bufbuild/protobuf";
import type { UnaryResponse } from "@connectrpc/connect";
import { type RawHeaders, toHeaders } from "./status.ts";

/** Makes `Headers` only where somebody asks for them. */
export class LazyResponse<I extends DescMessage, O extends DescMessage> implements UnaryResponse<I, O> {
  readonly stream = false as const;
  readonly method: DescMethodUnary<I, O>;
  readonly message: MessageShape<O>;
  readonly #header: RawHeaders | Headers | undefined;
  readonly #trailer: RawHeaders;

  constructor(
    method: DescMethodUnary<I, O>,
    message: MessageShape<O>,
    header: RawHeaders | Headers | undefined,
    trailer: RawHeaders,
  ) {
    this.method = method;
    this.message = message;
    this.#header = header;
    this.#trailer = trailer;
  }

  get service(): DescService {
    return this.method.parent;
  }

  get header(): Headers {
    return this.#header instanceof Headers ? this.#header : toHeaders(this.#header);
  }

  get trailer(): Headers {
    return toHeaders(this.#trailer);
  }
}
