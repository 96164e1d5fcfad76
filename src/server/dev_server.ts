/**
 * The embedded server: the engine behind a `fetch` function, and behind a port where one is wanted.
 *
 * @module
 */
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { type Duration, toMilliseconds } from "../common/duration.ts";
import { IllegalStateError, ValueError } from "../common/errors.ts";
import { createLogger } from "../common/console_logger.ts";
import type { SearchAttributeIndexedValueType, SearchAttributeKey } from "../common/search.ts";
import type { TelemetryOptions } from "../common/telemetry.ts";
import { createFetchHandler, type Routes } from "./fetch.ts";
import { listen, type Listener } from "./listen.ts";
import { createService, type Service } from "./service.ts";
import { systemRoutes } from "./system.ts";

/** Options of the embedded server. */
export interface DevServerOptions {
  /** Listens on this port, 0 for a free one; without it the server is reached in process only. */
  port?: number;
  /** Where it listens; default `"127.0.0.1"`. */
  ip?: string;
  /** Not supported yet: everything is in memory. */
  dbFile?: string;
  /** The namespaces to begin with; default `["default"]`. */
  namespaces?: string[];
  /** Custom search attributes of all of these namespaces. */
  searchAttributes?: SearchAttributeKey[] | Record<string, SearchAttributeIndexedValueType>;
  /** Not supported yet; default false. */
  timeSkipping?: boolean;
  /** Accepted for the official server's sake; without effect. */
  dynamicConfig?: Record<string, unknown>;
  /** Where the server logs. */
  telemetry?: TelemetryOptions;
}

const DEFAULT_PORT = 7233;
const DEFAULT_IP = "127.0.0.1";
const DEFAULT_NAMESPACE = "default";

/**
 * A Temporal server in this process, for development and tests.
 *
 * ```ts
 * await using server = await DevServer.start();
 * const client = await Client.connect(server);
 * ```
 */
export class DevServer implements AsyncDisposable {
  /** Answers gRPC-web, Connect and health calls; what it is called with need not have come over a network. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** The first of its namespaces. */
  readonly namespace: string;
  readonly #service: Service;
  readonly #routes: Routes;
  readonly #stop: AbortController;
  readonly #listeners: Listener[] = [];
  #shutdown: Promise<void> | undefined;

  private constructor(service: Service, namespace: string) {
    this.namespace = namespace;
    this.#service = service;
    this.#stop = new AbortController();
    const operator = systemRoutes({
      namespaces: service.namespaces,
      emptyNamespace: (emptied) => service.emptyNamespace(emptied),
      address: () => this.address,
    });
    this.#routes = (router: ConnectRouter): void => {
      service.routes(router);
      operator(router);
    };
    this.fetch = createFetchHandler(this.#routes, this.#stop.signal);
  }

  /**
   * Starts a server with its own state; it is reached through `fetch`, and by network only with `port`.
   *
   * Throws ValueError for options that cannot be, and for a port that is taken.
   */
  static async start(options: DevServerOptions = {}): Promise<DevServer> {
    const namespaces = checkOptions(options);
    const service = createService({
      namespaces,
      searchAttributes: toAttributeTypes(options.searchAttributes),
      logger: options.telemetry?.logger ?? createLogger({ level: "WARN" }),
    });
    const server = new DevServer(service, namespaces[0]);
    if (options.port === undefined && options.ip === undefined) return server;
    try {
      await server.listen(options);
    } catch (error) {
      await server.shutdown();
      throw error;
    }
    return server;
  }

  /** Where it listens, as `ip:port`; undefined while it is reached in process only. */
  get address(): string | undefined {
    return this.#listeners[0]?.address;
  }

  /**
   * Opens a port (default 7233; 0 takes a free one) at `ip` (default `"127.0.0.1"`) and returns `ip:port`. It
   * speaks native gRPC, gRPC-web and Connect, and keeps the process alive until `shutdown`.
   *
   * Throws ValueError for a port that is taken, IllegalStateError after `shutdown`.
   */
  async listen(options: { port?: number; ip?: string } = {}): Promise<string> {
    if (this.#shutdown) throw new IllegalStateError("this DevServer has been shut down: start another");
    const { port = DEFAULT_PORT, ip = DEFAULT_IP } = options;
    const listener = await listen({ routes: this.#routes, ip, port });
    this.#listeners.push(listener);
    return listener.address;
  }

  /** The server's own time. */
  now(): Date {
    return new Date(this.#service.now());
  }

  /** Resolves when the server's own time has moved on by `duration`; throws IllegalStateError after `shutdown`. */
  async sleep(duration: Duration): Promise<void> {
    const length = toMilliseconds(duration, "duration");
    if (this.#shutdown) throw new IllegalStateError("this DevServer has been shut down: its time stands still");
    await this.#service.sleep(length);
  }

  /** Ends open calls with UNAVAILABLE, closes its ports and forgets its state; further calls fail. Idempotent. */
  async shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    await this.#shutdown;
  }

  /** Shuts the server down. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #close(): Promise<void> {
    this.#stop.abort(new ConnectError("the server is shutting down", Code.Unavailable));
    const closing = this.#listeners.map((listener) => listener.close());
    await this.#service.shutdown();
    await Promise.all(closing);
  }
}

/** The namespaces; refuses what this server cannot do rather than doing something else. */
function checkOptions({ namespaces = [DEFAULT_NAMESPACE], dbFile, timeSkipping }: DevServerOptions): string[] {
  if (dbFile !== undefined) throw new ValueError("DevServer: dbFile is not supported yet: leave it out");
  if (timeSkipping) throw new ValueError("DevServer: timeSkipping is not supported yet: leave it out");
  if (!Array.isArray(namespaces) || namespaces.length === 0 || namespaces.some((name) => !name)) {
    throw new ValueError('DevServer: namespaces must be a list of names such as ["default"]');
  }
  return namespaces;
}

function toAttributeTypes(
  attributes: DevServerOptions["searchAttributes"] = {},
): Record<string, SearchAttributeIndexedValueType> {
  if (!Array.isArray(attributes)) return attributes;
  return Object.fromEntries(attributes.map(({ name, indexedValueType }) => [name, indexedValueType]));
}
