/**
 * The connection that clients share, and the first contact with the server.
 *
 * @module
 */
import type { Transport } from "@connectrpc/connect";
import { IllegalStateError, RPCError } from "../common/errors.ts";
import type { GetSystemInfoResponse_Capabilities } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import type { Connection } from "../transport/connection.ts";
import { toRpcError } from "../transport/rpc_error.ts";

const connectTimeout = 10_000;

/** A connection whose server is asked once what it can do. */
export class Link {
  readonly connection: Connection;
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
   * Rejects with RPCError, and with IllegalStateError once closed.
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
      const rpcError = toRpcError(error, { address: this.connection.address, operation: method.name });
      if (!(rpcError instanceof RPCError && rpcError.status === "UNIMPLEMENTED")) throw rpcError;
    }
    this.isReady = !this.#isClosed;
  }
}
