/**
 * The headers that travel with each call: who calls, on whose behalf, with which credentials.
 *
 * @module
 */
import { base64Encode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { ValueError } from "../common/errors.ts";
import type { RpcMetadata } from "../common/options.ts";
import { sdkName, version } from "../common/version.ts";
import type { ApiKey } from "./options.ts";

/** Headers ready to send: names in lower case, bytes in base64. */
export type HeaderRecord = Record<string, string>;

const clientHeaders: HeaderRecord = { "client-name": sdkName, "client-version": version };

/**
 * Metadata as headers.
 *
 * @throws {ValueError} a name or a value that HTTP cannot carry, bytes without `-bin`, text with it
 */
export function encodeMetadata(metadata: RpcMetadata | undefined): HeaderRecord {
  const headers: HeaderRecord = {};
  for (const [key, value] of Object.entries(metadata ?? {})) {
    if (value === undefined) continue;
    const name = key.toLowerCase();
    headers[name] = encodeValue(name, value);
  }
  return headers;
}

function encodeValue(name: string, value: string | Uint8Array): string {
  const where = `rpcMetadata[${JSON.stringify(name)}]`;
  if (!/^[0-9a-z_.-]+$/.test(name) || name.startsWith("grpc-")) {
    throw new ValueError(`${where} is no name for metadata; use letters, digits, "-", "_", ".", and no "grpc-" prefix`);
  }
  if (name.endsWith("-bin")) {
    if (value instanceof Uint8Array) return base64Encode(value, "std_raw");
    throw new ValueError(`${where} must be a Uint8Array, since its name ends in "-bin"`);
  }
  if (typeof value !== "string") {
    throw new ValueError(`${where} must be a string; bytes are only for names that end in "-bin"`);
  }
  if (!/^[\x20-\x7e]*$/.test(value)) {
    throw new ValueError(`${where} has characters that headers cannot carry; send bytes under a name with "-bin"`);
  }
  return value;
}

/** The headers of one connection; what is set counts from the next call on. */
export class ConnectionHeaders {
  #apiKey: ApiKey | undefined;
  #rpcMetadata: RpcMetadata = {};
  #fixed: HeaderRecord = clientHeaders;
  #withKey = new Map<string, HeaderRecord>();

  constructor(apiKey: ApiKey | undefined, rpcMetadata: RpcMetadata | undefined) {
    this.rpcMetadata = rpcMetadata ?? {};
    this.apiKey = apiKey;
  }

  get apiKey(): ApiKey | undefined {
    return this.#apiKey;
  }

  /** @throws {ValueError} beside an `authorization` in the metadata */
  set apiKey(apiKey: ApiKey | undefined) {
    if (apiKey !== undefined) checkKey(apiKey, this.#fixed);
    this.#apiKey = apiKey;
    this.#withKey.clear();
  }

  get rpcMetadata(): RpcMetadata {
    return this.#rpcMetadata;
  }

  /** @throws {ValueError} as {@link encodeMetadata} does, and for an `authorization` beside an API key */
  set rpcMetadata(metadata: RpcMetadata) {
    const fixed = { ...clientHeaders, ...encodeMetadata(metadata) };
    if (this.#apiKey !== undefined) checkKey(this.#apiKey, fixed);
    this.#rpcMetadata = { ...metadata };
    this.#fixed = fixed;
    this.#withKey.clear();
  }

  /** The headers of a call whose request is `message`; a promise only where a function gives the API key. */
  headersFor(message: object): HeaderRecord | Promise<HeaderRecord> {
    const apiKey = this.#apiKey;
    if (apiKey === undefined) return this.#fixed;
    const namespace = (message as { namespace?: unknown }).namespace;
    const scope = typeof namespace === "string" ? namespace : "";
    if (typeof apiKey === "function") return this.#askKey(apiKey, scope);
    let headers = this.#withKey.get(scope);
    if (!headers) {
      headers = authorize(this.#fixed, apiKey, scope);
      this.#withKey.set(scope, headers);
    }
    return headers;
  }

  async #askKey(ask: () => string | Promise<string>, namespace: string): Promise<HeaderRecord> {
    const apiKey = await askOrExplain(ask);
    return apiKey ? authorize(this.#fixed, apiKey, namespace) : this.#fixed;
  }
}

async function askOrExplain(ask: () => string | Promise<string>): Promise<string> {
  try {
    const apiKey = await ask();
    if (apiKey && !isSendable(apiKey)) throw new Error("it has spaces, line ends or other characters no header takes");
    return apiKey;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const message = `apiKey could not be had (${reason}); check the function that was passed for it`;
    throw new ConnectError(message, Code.Unauthenticated, undefined, undefined, error);
  }
}

function authorize(fixed: HeaderRecord, apiKey: string, namespace: string): HeaderRecord {
  const headers: HeaderRecord = { authorization: `Bearer ${apiKey}`, ...fixed };
  if (namespace && headers["temporal-namespace"] === undefined) headers["temporal-namespace"] = namespace;
  return headers;
}

function checkKey(apiKey: ApiKey, fixed: HeaderRecord): void {
  if (fixed.authorization !== undefined) {
    throw new ValueError("apiKey and an authorization in rpcMetadata exclude each other; give one of them");
  }
  if (typeof apiKey === "string" && !isSendable(apiKey)) {
    throw new ValueError("apiKey is empty or has characters that a header cannot carry; give the key without spaces");
  }
}

function isSendable(apiKey: string): boolean {
  return /^[\x21-\x7e]+$/.test(apiKey);
}

/** Headers of a call, as any of the forms `fetch` accepts, as a record with names in lower case. */
export function toHeaderRecord(header: HeadersInit | undefined): HeaderRecord | undefined {
  if (header === undefined) return undefined;
  const record: HeaderRecord = {};
  if (header instanceof Headers) header.forEach((value, name) => record[name] = value);
  else {
    const entries = Array.isArray(header) ? header : Object.entries(header);
    for (const [name, value] of entries) record[name.toLowerCase()] = value;
  }
  return record;
}
