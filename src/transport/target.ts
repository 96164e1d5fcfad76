/**
 * Reads where the server is and what to speak to it.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import type { TLSConfig, TransportOptions, TransportProtocol } from "./options.ts";

/** Where calls go. */
export interface Target {
  protocol: TransportProtocol;
  /** As written in errors: `host:port` or the URL. */
  label: string;
  host: string;
  port: number;
  /** What calls to a `fetch` function are addressed to, without a final slash. */
  baseUrl: string;
  /** Undefined is plaintext. */
  tls: TLSConfig | undefined;
}

const defaultAddress = "localhost:7233";
const defaultPort = 7233;
const advice = 'give "host:port", "[ipv6]:port" or an http(s):// URL';

/**
 * Where the calls of these options go.
 *
 * @throws {ValueError} an address that cannot be read, or options that contradict each other
 */
export function resolveTarget(options: TransportOptions): Target {
  const given = options.address?.trim() || (options.fetch ? "" : defaultAddress);
  if (given === "") return resolveUrl("http://localhost", options, "the given fetch function");
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? resolveUrl(given, options) : resolveHost(given, options);
}

/**
 * Host and port of `host[:port]` or `[ipv6][:port]`.
 *
 * @param what names the value in errors, for example `address`
 * @throws {ValueError} not of that form
 */
export function parseHostPort(text: string, what: string, port: number = defaultPort): { host: string; port: number } {
  const match = /^(?:\[([0-9a-f:.]+(?:%[\w.-]+)?)\]|([^\s:/?#@[\]]+))(?::(\d+))?$/i.exec(text);
  if (!match) {
    const isIpv6 = /^[0-9a-f:.]+$/i.test(text) && text.split(":").length > 2;
    throw new ValueError(
      `${what} ${JSON.stringify(text)} cannot be read; ${isIpv6 ? `put IPv6 in brackets: "[${text}]:7233"` : advice}`,
    );
  }
  const parsed = match[3] === undefined ? port : Number(match[3]);
  if (parsed < 1 || parsed > 65_535) {
    throw new ValueError(`${what} ${JSON.stringify(text)} has no valid port; ports are 1 to 65535`);
  }
  return { host: match[1] ?? match[2], port: parsed };
}

function resolveHost(address: string, options: TransportOptions): Target {
  const { host, port } = parseHostPort(address, "address");
  const tls = readTls(options, undefined);
  const authority = formatAuthority(host, port);
  const protocol = options.protocol ?? (options.fetch ? "grpc-web" : "grpc");
  const target = { protocol, label: authority, host, port, baseUrl: `http${tls ? "s" : ""}://${authority}`, tls };
  return checkProtocol(target, options);
}

function resolveUrl(address: string, options: TransportOptions, label?: string): Target {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url?.hostname || !/^https?:$/.test(url.protocol)) {
    throw new ValueError(`address ${JSON.stringify(address)} cannot be read; ${advice}`);
  }
  const isSecure = url.protocol === "https:";
  if (options.tls !== undefined && Boolean(options.tls) !== isSecure) {
    throw new ValueError(`address ${address} and tls: ${options.tls && true} contradict each other; leave out tls`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (isSecure ? 443 : 80);
  const protocol = options.protocol ?? "grpc-web";
  const baseUrl = `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  return checkProtocol(
    {
      protocol,
      label: label ?? (protocol === "grpc" ? formatAuthority(host, port) : baseUrl),
      host,
      port,
      baseUrl,
      tls: readTls(options, isSecure),
    },
    options,
  );
}

function checkProtocol(target: Target, options: TransportOptions): Target {
  const isNative = target.protocol === "grpc";
  if (!["grpc", "grpc-web", "connect"].includes(target.protocol)) {
    throw new ValueError(
      `protocol ${JSON.stringify(target.protocol)} is unknown; give "grpc", "grpc-web" or "connect"`,
    );
  }
  if (isNative && options.fetch) {
    throw new ValueError('fetch cannot carry protocol "grpc"; leave out protocol, or fetch');
  }
  if (!isNative && target.tls && Object.values(target.tls).some((value) => value !== undefined)) {
    throw new ValueError(`tls settings need native gRPC; give the address as host:port, or tls: true`);
  }
  if (!isNative && options.httpConnectProxyConfig) {
    throw new ValueError("httpConnectProxyConfig needs native gRPC; give the address as host:port");
  }
  return target;
}

function readTls(options: TransportOptions, byScheme: boolean | undefined): TLSConfig | undefined {
  const { tls } = options;
  if (tls === undefined) return byScheme ?? options.apiKey !== undefined ? {} : undefined;
  if (!tls) return undefined;
  return typeof tls === "object" ? checkTls(tls) : {};
}

function checkTls(tls: TLSConfig): TLSConfig {
  const { clientCert, clientPrivateKey } = tls;
  if ((clientCert === undefined) !== (clientPrivateKey === undefined)) {
    const missing = clientCert === undefined ? "clientCert" : "clientPrivateKey";
    throw new ValueError(`tls.${missing} is missing; give clientCert and clientPrivateKey together, or neither`);
  }
  if (tls.verificationServerName !== undefined && tls.serverRootCaCert === undefined) {
    throw new ValueError("tls.verificationServerName needs tls.serverRootCaCert; give the authority to check against");
  }
  for (const name of ["serverRootCaCert", "clientCert", "clientPrivateKey"] as const) {
    const pem = tls[name];
    if (pem !== undefined && !toText(pem).includes("-----BEGIN ")) {
      throw new ValueError(`tls.${name} is not PEM; give the text of the file, from "-----BEGIN …" on`);
    }
  }
  return tls;
}

function toText(pem: string | Uint8Array): string {
  return typeof pem === "string" ? pem : new TextDecoder().decode(pem);
}

/** `host:port`, IPv6 in brackets. */
export function formatAuthority(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
