/**
 * The client: one namespace of one server.
 *
 * @module
 */
import { createClient } from "@connectrpc/connect";
import type { DescService } from "@bufbuild/protobuf";
import { ValueError } from "../common/errors.ts";
import type { HeaderCodecBehavior, RpcMetadata, RpcOptions } from "../common/options.ts";
import type { DataConverterOptions } from "../converter/data.ts";
import { DataConverter, loadDataConverter } from "../converter/data.ts";
import { Health, HealthCheckResponse_ServingStatus } from "../gen/grpc/health/v1/health_pb.ts";
import { OperatorService } from "../gen/temporal/api/operatorservice/v1/service_pb.ts";
import { TestService } from "../gen/temporal/api/testservice/v1/service_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import { processIdentity } from "../platform.ts";
import { openConnection } from "../transport/connection.ts";
import type { ActivityClient } from "./async_activity.ts";
import { createActivityClient } from "./async_activity.ts";
import { createCaller, createRawTransport } from "./caller.ts";
import type { ClientContext } from "./context.ts";
import { mergeMetadata } from "./context.ts";
import { Link } from "./link.ts";
import type { ApiKey, ClientOptions, Connectable, ConnectOptions, RawClient } from "./options.ts";
import { override, pickClientOptions, resolveTarget } from "./target.ts";
import type { WorkflowClient } from "./workflow_client.ts";
import { createWorkflowClient } from "./workflow_client.ts";

/** What the rest of this package needs of a client. */
export interface ClientParts {
  readonly context: ClientContext;
  readonly link: Link;
}

let partsOf: (client: Client) => ClientParts;

/** A client of one namespace; clients made by {@link Client.with} share its connection. */
export class Client implements AsyncDisposable {
  /** Workflows: start, find, count. */
  readonly workflow: WorkflowClient;
  /** Activities: completion from outside. */
  readonly activity: ActivityClient;
  readonly #link: Link;
  readonly #context: ClientContext;
  readonly #options: ClientOptions;
  readonly #rawClients: Map<DescService, unknown> = new Map();

  static {
    partsOf = (client) => ({ context: client.#context, link: client.#link });
  }

  /**
   * Connects to "host:port" (native gRPC), to an `http(s)://` address or a `fetch` function (gRPC-web), to a server in
   * this process; without a target to where the environment says, else to `localhost:7233`.
   *
   * Rejects with RPCError where the server does not answer within 10 s, unless `lazy`; with ValueError for options that
   * cannot be.
   */
  static async connect(
    target?: string | URL | Connectable | ConnectOptions,
    options?: ConnectOptions,
  ): Promise<Client> {
    const all = resolveTarget(target, options);
    const converter = await loadDataConverter(all.dataConverter);
    const link = new Link(openConnection(all));
    const client = new Client(link, pickClientOptions(all), converter);
    if (all.lazy) return client;
    try {
      await link.ready({ retry: false });
      return client;
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  private constructor(link: Link, options: ClientOptions, dataConverter: DataConverter) {
    this.#link = link;
    this.#options = options;
    this.#context = {
      namespace: options.namespace ?? "default",
      identity: options.identity ?? processIdentity(),
      dataConverter,
      headerCodecBehavior: readHeaderCodecBehavior(options.headerCodecBehavior),
      rejectCondition: options.defaultWorkflowQueryRejectCondition,
      caller: createCaller(link, options),
      eagerStarts: link.eagerStarts,
    };
    this.workflow = createWorkflowClient(this.#context);
    this.activity = createActivityClient(this.#context);
  }

  /** Namespace of every call. */
  get namespace(): string {
    return this.#context.namespace;
  }

  /** Who asks, as the server records it. */
  get identity(): string {
    return this.#context.identity;
  }

  /** How values become payloads. */
  get dataConverter(): DataConverter {
    return this.#context.dataConverter;
  }

  /** All RPCs of the workflow service; namespaces are not filled in. */
  get workflowService(): RawClient<typeof WorkflowService> {
    return this.#raw(WorkflowService);
  }

  /** All RPCs of the operator service. */
  get operatorService(): RawClient<typeof OperatorService> {
    return this.#raw(OperatorService);
  }

  /** The clock of a time-skipping server. */
  get testService(): RawClient<typeof TestService> {
    return this.#raw(TestService);
  }

  /** The gRPC health service. */
  get healthService(): RawClient<typeof Health> {
    return this.#raw(Health);
  }

  /** The API key of the whole connection; a new one counts from the next call on. */
  get apiKey(): ApiKey | undefined {
    return this.#link.connection.apiKey;
  }

  set apiKey(value: ApiKey | undefined) {
    this.#link.connection.apiKey = value;
  }

  /** The metadata of the whole connection; a new one replaces it from the next call on. */
  get rpcMetadata(): RpcMetadata {
    return this.#link.connection.rpcMetadata;
  }

  set rpcMetadata(value: RpcMetadata) {
    this.#link.connection.rpcMetadata = value;
  }

  /** A client on the same connection in which only what is given differs; metadata key by key. */
  with(options: ClientOptions): Client {
    const rpcMetadata = mergeMetadata(this.#options.rpcMetadata, options.rpcMetadata);
    const { dataConverter } = options;
    const converter = dataConverter ? toDataConverter(dataConverter) : this.dataConverter;
    return new Client(this.#link, { ...override(this.#options, options), rpcMetadata }, converter);
  }

  /** The options of this client as they were given. */
  config(): ClientOptions {
    const rpcMetadata = { ...this.rpcMetadata, ...this.#options.rpcMetadata };
    return Object.keys(rpcMetadata).length > 0 ? { ...this.#options, rpcMetadata } : { ...this.#options };
  }

  /**
   * Whether a service is serving, the workflow service when unset.
   *
   * Rejects with RPCError where the server cannot be reached, with NotFoundError where it does not know the service.
   */
  async checkHealth(options: RpcOptions & { service?: string } = {}): Promise<boolean> {
    const service = options.service ?? WorkflowService.typeName;
    const { status } = await this.#context.caller.call(Health.method.check, { service }, options);
    return status === HealthCheckResponse_ServingStatus.SERVING;
  }

  /** Closes the connection of all clients on it; a second time does nothing. IllegalStateError while a worker runs. */
  async close(): Promise<void> {
    await this.#link.close();
  }

  /** As {@link Client.close}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #raw<S extends DescService>(service: S): RawClient<S> {
    let client = this.#rawClients.get(service) as RawClient<S> | undefined;
    if (!client) {
      client = createClient(service, createRawTransport(this.#link, this.#options));
      this.#rawClients.set(service, client);
    }
    return client;
  }
}

function toDataConverter(options: DataConverterOptions): DataConverter {
  return options instanceof DataConverter ? options : new DataConverter(options);
}

function readHeaderCodecBehavior(behavior: HeaderCodecBehavior = "NO_CODEC"): HeaderCodecBehavior {
  if (behavior === "NO_CODEC" || behavior === "CODEC" || behavior === "WORKFLOW_ONLY_CODEC") return behavior;
  throw new ValueError(
    `headerCodecBehavior is ${JSON.stringify(behavior)}; give "NO_CODEC", "CODEC" or "WORKFLOW_ONLY_CODEC"`,
  );
}

/** Context and connection of a client, for the other rooms of this package. */
export function clientParts(client: Client): ClientParts {
  return partsOf(client);
}
