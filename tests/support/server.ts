/** The server of the integration tests: the one at TEMPORAL_ADDRESS, else one embedded server a process. */
import process from "node:process";
import { Client, type ConnectOptions } from "@anywhen/temporal/client";
import { DevServer } from "@anywhen/temporal/server";

let embedded: Promise<DevServer> | undefined;

/** Whether the tests run against a server of its own process, as opposed to the embedded one. */
export const onRealServer: boolean = process.env.TEMPORAL_ADDRESS !== undefined;

/** A client of the server under test; it says nothing unless a test gives it a logger. */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const telemetry = { logger: silentLogger };
  const address = process.env.TEMPORAL_ADDRESS;
  if (address) return await Client.connect(address, { telemetry, ...options });
  embedded ??= DevServer.start({ telemetry });
  return await Client.connect(await embedded, { telemetry, ...options });
}

/** A server that other processes reach at `address`, with a client of it. */
export interface OpenServer extends AsyncDisposable {
  address: string;
  client: Client;
}

/** The server at TEMPORAL_ADDRESS, else an embedded one that listens on a port of its own. */
export async function openServer(): Promise<OpenServer> {
  const real = process.env.TEMPORAL_ADDRESS;
  if (real) return open(real, () => Promise.resolve());
  const server = await DevServer.start({ port: 0, telemetry: { logger: silentLogger } });
  return await open(server.address!, () => server.shutdown());
}

async function open(address: string, close: () => Promise<void>): Promise<OpenServer> {
  const client = await Client.connect(address, { telemetry: { logger: silentLogger } });
  return {
    address,
    client,
    async [Symbol.asyncDispose]() {
      await client.close();
      await close();
    },
  };
}

/** A name that no other test uses, on any runtime and in any run. */
export function unique(name: string): string {
  return `${name}-${crypto.randomUUID()}`;
}

const silentLogger = { debug: drop, info: drop, warn: drop, error: drop };

function drop(): void {}
