/**
 * The connection that clients share, and the first contact with the server.
 *
 * @module
 */
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { IllegalStateError, RPCError } from "../common/errors.ts";
import type { GetSystemInfoResponse_Capabilities } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import { connectTimeout } from "../transport/call_control.ts";
import type { Connection } from "../transport/connection.ts";
import { toRpcError } from "../transport/rpc_error.ts";
import { EagerStarts } from "./eager_starts.ts";

/** A connection whose server is asked once what it can do. */
export class Link {
  readonly connection: Connection;
  /** The workers that run on this connection. */
  readonly eagerStarts: EagerStarts = new EagerStarts();
  /** Whether the server has answered; calls need not wait any more. */
  isReady = false;
  /** What the server can do; unset before it was asked, and for old servers. */
  capabilities: GetSystemInfoResponse_Capabilities | undefined;
  #opening: Promise<void> | undefined;
  #isClosed = false;
  #users = 0;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /**
   * Makes the first contact; concurrent callers share it, and after a failure the next caller tries again.
   *
   * Rejects with RPCError, `DEADLINE_EXCEEDED` after 10 s, and with IllegalStateError once closed.
   */
  async ready(options: { retry?: boolean } = {}): Promise<void> {
    if (this.#isClosed) throw new IllegalStateError("the client has been closed; connect a new one");
    const { transport, retryingTransport } = this.connection;
    this.#opening ??= this.#open(options.retry === false ? transport : retryingTransport)
      .finally(() => this.#opening = undefined);
    await this.#opening;
  }

  /** Marks the connection as in use, as by a running worker, until the function it returns is called. */
  use(): () => void {
    this.#users++;
    let isUsed = true;
    return () => {
      if (isUsed) this.#users--;
      isUsed = false;
    };
  }

  /** Ends all calls; a second time does nothing. Rejects with IllegalStateError while in use. */
  async close(): Promise<void> {
    if (this.#users > 0) throw new IllegalStateError("a worker is running on this client; shut the worker down first");
    this.#isClosed = true;
    this.isReady = false;
    await this.connection.close();
  }

  async #open(transport: Transport): Promise<void> {
    const method = WorkflowService.method.getSystemInfo;
    try {
      const { message } = await transport.unary(method, undefined, connectTimeout, undefined, {});
      this.capabilities = message.capabilities;
    } catch (error) {
      if (!isOldServer(error)) throw this.#explain(error, method.name);
    }
    this.isReady = !this.#isClosed;
  }

  #explain(error: unknown, operation: string): RPCError {
    const { address } = this.connection;
    const rpcError = toRpcError(error, { address, operation });
    if (rpcError.status !== "DEADLINE_EXCEEDED") return rpcError;
    const message = `no answer from ${address} within ${connectTimeout / 1_000} s; check the address and the network`;
    return new RPCError(message, { status: rpcError.status, cause: error });
  }
}

/** Servers before 1.16 do not know the method. What comes from no gRPC server, such as HTTP status 404, does not count. */
function isOldServer(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Unimplemented && error.isWireError;
}
