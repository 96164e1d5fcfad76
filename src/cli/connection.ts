/**
 * The flags that say which server a command talks to, as whom.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import { environmentVariable, nodeModule } from "../platform.ts";
import type { TLSConfig, TransportOptions } from "../transport/options.ts";
import type { Flag, Values } from "./flags.ts";

/** The table of these flags. */
export type ConnectionFlags =
  & Readonly<Record<TextFlagName, Flag & { type: "string" }>>
  & Readonly<Record<"tls", Flag & { type: "boolean" }>>;

type TextFlagName = "address" | "api-key" | "tls-ca-path" | "tls-cert-path" | "tls-key-path" | "tls-server-name";

/** Which server, and how to get there; left out, TEMPORAL_ADDRESS and TEMPORAL_API_KEY say it. */
export const connectionFlags: ConnectionFlags = {
  "address": { type: "string", help: "host:port or a URL (TEMPORAL_ADDRESS, localhost:7233)" },
  "api-key": { type: "string", help: "an API key (TEMPORAL_API_KEY)" },
  "tls": { type: "boolean", help: "speaks TLS; on with an API key" },
  "tls-ca-path": { type: "string", help: "a file with the authorities to trust" },
  "tls-cert-path": { type: "string", help: "a file with the client's certificate" },
  "tls-key-path": { type: "string", help: "a file with the client's key" },
  "tls-server-name": { type: "string", help: "the server's name in TLS, in place of the address's host" },
};

const DEFAULT_ADDRESS = "localhost:7233";

/** The options of a connection that flags and environment give; throws ValueError for files that cannot be read. */
export async function readTransportOptions(values: Values<ConnectionFlags>): Promise<
  TransportOptions & { address: string }
> {
  return {
    address: values.address ?? environmentVariable("TEMPORAL_ADDRESS") ?? DEFAULT_ADDRESS,
    apiKey: values["api-key"] ?? environmentVariable("TEMPORAL_API_KEY"),
    tls: await readTls(values),
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
