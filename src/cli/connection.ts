/**
 * The flags that say which server a command talks to, as whom.
 *
 * @module
 */
import { readEnvironment } from "../client/environment.ts";
import type { ConnectOptions } from "../client/options.ts";
import { ValueError } from "../common/errors.ts";
import { nodeModule } from "../platform.ts";
import type { TLSConfig } from "../transport/options.ts";
import type { Flag, Values } from "./flags.ts";

/** The table of these flags. */
export type ConnectionFlags =
  & Readonly<Record<TextFlagName, Flag & { type: "string" }>>
  & Readonly<Record<"tls", Flag & { type: "boolean" }>>;

type TextFlagName = "address" | "api-key" | "tls-ca-path" | "tls-cert-path" | "tls-key-path" | "tls-server-name";

/** Which server, and how to get there; what is left out is taken from the `TEMPORAL_…` variables. */
export const connectionFlags: ConnectionFlags = {
  "address": { type: "string", help: "host:port or a URL (TEMPORAL_ADDRESS, localhost:7233)" },
  "api-key": { type: "string", help: "an API key (TEMPORAL_API_KEY)" },
  "tls": { type: "boolean", help: "speaks TLS; on with an API key (TEMPORAL_TLS, TEMPORAL_TLS_…)" },
  "tls-ca-path": { type: "string", help: "a file with the authorities to trust" },
  "tls-cert-path": { type: "string", help: "a file with the client's certificate" },
  "tls-key-path": { type: "string", help: "a file with the client's key" },
  "tls-server-name": { type: "string", help: "the server's name in TLS, in place of the address's host" },
};

const DEFAULT_ADDRESS = "localhost:7233";

/** The options of a connection that flags and environment give; throws ValueError for files that cannot be read. */
export async function readConnectOptions(
  values: Values<ConnectionFlags>,
): Promise<ConnectOptions & { address: string }> {
  const environment = readEnvironment();
  return {
    address: values.address ?? environment.address ?? DEFAULT_ADDRESS,
    namespace: environment.namespace,
    apiKey: values["api-key"] ?? environment.apiKey,
    tls: await readTls(values) ?? environment.tls,
  };
}

async function readTls(values: Values<ConnectionFlags>): Promise<boolean | TLSConfig | undefined> {
  const config: TLSConfig = {
    serverRootCaCert: await readFile(values["tls-ca-path"], "--tls-ca-path"),
    clientCert: await readFile(values["tls-cert-path"], "--tls-cert-path"),
    clientPrivateKey: await readFile(values["tls-key-path"], "--tls-key-path"),
    domain: values["tls-server-name"],
  };
  if (values.tls === false) return false;
  return Object.values(config).some((part) => part !== undefined) ? config : values.tls;
}

async function readFile(path: string | undefined, flag: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await nodeModule("node:fs").promises.readFile(path, "utf8");
  } catch (error) {
    throw new ValueError(`${flag}: ${path} cannot be read (${(error as { code?: string }).code ?? error})`, {
      cause: error,
    });
  }
}
