/**
 * Test environments: a server and a client on it, or a client you have.
 *
 * @module
 */
import { Client } from "../client/client.ts";
import type { ClientOptions } from "../client/options.ts";
import type { Duration } from "../common/duration.ts";
import { toMilliseconds } from "../common/duration.ts";
import type { DevServerOptions } from "../server/dev_server.ts";
import { DevServer } from "../server/dev_server.ts";
import { longestTimer } from "../transport/call_control.ts";

/** What the server and the first client of an environment are made from. */
export interface EnvironmentOptions extends ClientOptions, Omit<DevServerOptions, "timeSkipping" | "telemetry"> {}

/**
 * Where workflows are tested: each environment has a server of its own in this process, so that tests run in parallel.
 *
 * ```ts
 * import { WorkflowEnvironment } from "@anywhen/temporal/testing";
 *
 * await using environment = await WorkflowEnvironment.startLocal();
 * console.log((await environment.client.workflow.count()).count); // 0
 * ```
 */
export class WorkflowEnvironment implements AsyncDisposable {
  /** The first client. */
  readonly client: Client;
  /** The server, where the environment has started one. */
  readonly server?: DevServer;
  /** Whether time is skipped while nothing but time is waited for. */
  readonly supportsTimeSkipping: boolean = false;
  readonly #clients: Client[] = [];
  #shutdown: Promise<void> | undefined;

  /** Starts a server with an ordinary clock; throws ValueError for options that cannot be. */
  static async startLocal(options: EnvironmentOptions = {}): Promise<WorkflowEnvironment> {
    const { port, ip, dbFile, namespaces, searchAttributes, dynamicConfig, ...client } = options;
    const server = await DevServer.start({
      port,
      ip,
      dbFile,
      namespaces: withNamespace(namespaces, client.namespace),
      searchAttributes,
      dynamicConfig,
      telemetry: client.telemetry,
    });
    try {
      return new WorkflowEnvironment(await Client.connect(server, client), server);
    } catch (error) {
      await server.shutdown();
      throw error;
    }
  }

  /** An environment over a client of yours; its shutdown leaves that client open. */
  static fromClient(client: Client): WorkflowEnvironment {
    return new WorkflowEnvironment(client);
  }

  private constructor(client: Client, server?: DevServer) {
    this.client = client;
    this.server = server;
    if (server) this.#clients.push(client);
  }

  /** Resolves when the server's time has moved on by `duration`. */
  async sleep(duration: Duration): Promise<void> {
    const length = toMilliseconds(duration, "duration");
    if (this.server) return await this.server.sleep(length);
    for (let left = length; left > 0; left -= longestTimer) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, longestTimer)));
    }
  }

  /** The server's time. */
  now(): Promise<Date> {
    return Promise.resolve(this.server?.now() ?? new Date());
  }

  /** Another client of the server, with the options of the first where `options` set nothing else. */
  async connectClient(options: ClientOptions = {}): Promise<Client> {
    if (!this.server) return this.client.with(options);
    const client = (await Client.connect(this.server, this.client.config())).with(options);
    this.#clients.push(client);
    return client;
  }

  /** Closes the environment's clients and shuts its server down; a second time does nothing. */
  async shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    await this.#shutdown;
  }

  /** As {@link WorkflowEnvironment.shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  async #close(): Promise<void> {
    try {
      await Promise.all(this.#clients.map((client) => client.close()));
    } finally {
      await this.server?.shutdown();
    }
  }
}

function withNamespace(namespaces: string[] | undefined, namespace: string | undefined): string[] | undefined {
  if (namespace === undefined || namespaces?.includes(namespace)) return namespaces;
  return [namespace, ...namespaces ?? []];
}
