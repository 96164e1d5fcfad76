/**
 * Connection options from the `TEMPORAL_…` environment variables.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import { environmentVariable, nodeModule } from "../platform.ts";
import type { TLSConfig } from "../transport/options.ts";
import type { ConnectOptions } from "./options.ts";

const tlsFields = {
  serverRootCaCert: "TEMPORAL_TLS_SERVER_CA_CERT",
  clientCert: "TEMPORAL_TLS_CLIENT_CERT",
  clientPrivateKey: "TEMPORAL_TLS_CLIENT_KEY",
} as const;

const switches: Record<string, boolean> = { true: true, "1": true, false: false, "0": false };

/**
 * What the environment says about the server: address, namespace, API key, TLS.
 *
 * Throws ValueError for a switch that is neither true nor false, and for a certificate given both as path and as data.
 */
export function readEnvironment(): ConnectOptions {
  return {
    address: read("TEMPORAL_ADDRESS"),
    namespace: read("TEMPORAL_NAMESPACE"),
    apiKey: read("TEMPORAL_API_KEY"),
    tls: readTls(),
  };
}

/** An empty variable counts as unset. */
function read(name: string): string | undefined {
  return environmentVariable(name) || undefined;
}

function readTls(): boolean | TLSConfig | undefined {
  const enabled = readSwitch("TEMPORAL_TLS");
  if (enabled === false) return false;
  const config: TLSConfig = { domain: read("TEMPORAL_TLS_SERVER_NAME") };
  for (const [field, name] of Object.entries(tlsFields)) config[field as keyof typeof tlsFields] = readPem(name);
  return Object.values(config).some((value) => value !== undefined) ? config : enabled;
}

function readSwitch(name: string): boolean | undefined {
  const text = read(name);
  if (text === undefined) return undefined;
  const value = switches[text.toLowerCase()];
  if (value === undefined) throw new ValueError(`${name} is "${text}"; set it to true or false`);
  return value;
}

function readPem(name: string): string | undefined {
  const data = read(`${name}_DATA`);
  const path = read(`${name}_PATH`);
  if (data !== undefined && path !== undefined) {
    throw new ValueError(`${name}_DATA and ${name}_PATH are both set; unset one of them`);
  }
  if (path === undefined) return data;
  try {
    return nodeModule("node:fs").readFileSync(path, "utf8");
  } catch (error) {
    throw new ValueError(`${name}_PATH: cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}
