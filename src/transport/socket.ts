/**
 * The byte stream below HTTP/2: TCP or TLS, through a proxy where asked for.
 *
 * @module
 */
import { ValueError } from "../common/errors.ts";
import { nodeModule, type NodeModules } from "../platform.ts";
import { joinChunks } from "./frame.ts";
import type { HttpConnectProxyConfig, TLSConfig } from "./options.ts";
import { formatAuthority, parseHostPort } from "./target.ts";

/** A connected socket. */
export type Socket = ReturnType<NodeModules["node:net"]["connect"]>;

interface SecureOptions {
  host: string;
  servername?: string;
  ALPNProtocols: string[];
  ca?: string;
  cert?: string;
  key?: string;
  checkServerIdentity?: NodeModules["node:tls"]["checkServerIdentity"];
}

/** Where a socket leads to. */
export interface SocketOptions {
  host: string;
  port: number;
  tls: TLSConfig | undefined;
  proxy: HttpConnectProxyConfig | undefined;
}

/** Step of connecting that failed; all of them are one to the runtime's own `fetch`. */
export type ConnectStep = "resolve" | "proxy" | "tls" | "http2" | "fetch";

/** A failure to connect and the step it happened in. */
export class ConnectFailure extends Error {
  readonly step: ConnectStep;

  constructor(step: ConnectStep, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.step = step;
  }
}

/** Longest reply of a proxy that is read, in bytes. */
const longestProxyReply = 16_384;

/**
 * Opens a socket.
 *
 * @param onOpening is given each socket before it is connected, so that the caller can give it up
 * @throws {ConnectFailure} when a step fails
 */
export async function openSocket(options: SocketOptions, onOpening: (socket: Socket) => void): Promise<Socket> {
  const { host, port, tls, proxy } = options;
  const direct = proxy ? parseHostPort(proxy.targetHost, "httpConnectProxyConfig.targetHost", 80) : { host, port };
  const plain = nodeModule("node:net").connect({ host: direct.host, port: direct.port, noDelay: true });
  onOpening(plain);
  await waitFor(plain, "connect", proxy ? "proxy" : "resolve");
  plain.setNoDelay(true);
  if (proxy) await openTunnel(plain, proxy, formatAuthority(host, port));
  return tls ? await secure(plain, host, tls, onOpening) : plain;
}

async function secure(
  socket: Socket,
  host: string,
  tls: TLSConfig,
  onOpening: (socket: Socket) => void,
): Promise<Socket> {
  const secured = nodeModule("node:tls").connect({ ...toSecureOptions(host, tls), socket });
  onOpening(secured);
  await waitFor(secured, "secureConnect", "tls");
  return secured;
}

function toSecureOptions(host: string, tls: TLSConfig): SecureOptions {
  const { checkServerIdentity } = nodeModule("node:tls");
  const name = tls.domain ?? host;
  const checked = tls.verificationServerName;
  return {
    ...toCredentials(tls),
    host: name,
    ALPNProtocols: ["h2"],
    // Server names are never addresses (RFC 6066).
    ...nodeModule("node:net").isIP(name) ? {} : { servername: name },
    ...checked === undefined
      ? {}
      : { checkServerIdentity: (_name, certificate) => checkServerIdentity(checked, certificate) },
  };
}

function toCredentials(tls: TLSConfig): { ca?: string; cert?: string; key?: string } {
  const { serverRootCaCert: ca, clientCert: cert, clientPrivateKey: key } = tls;
  return { ...ca && { ca: toText(ca) }, ...cert && { cert: toText(cert) }, ...key && { key: toText(key) } };
}

function toText(pem: string | Uint8Array): string {
  return typeof pem === "string" ? pem : new TextDecoder().decode(pem);
}

/**
 * Reads certificates and keys, so that a wrong one is noticed before the first call.
 *
 * @throws {ValueError} a certificate or key that cannot be read, or that do not belong together
 */
export function checkCredentials(tls: TLSConfig): void {
  const { ca, cert, key } = toCredentials(tls);
  const { createPrivateKey, X509Certificate } = nodeModule("node:crypto");
  readPem("serverRootCaCert", () => ca && new X509Certificate(ca));
  const certificate = readPem("clientCert", () => cert && new X509Certificate(cert));
  const privateKey = readPem("clientPrivateKey", () => key && createPrivateKey(key));
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey)) {
    throw new ValueError(
      "tls.clientCert and tls.clientPrivateKey are no pair; give the key that the certificate is for",
    );
  }
}

function readPem<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ValueError(`tls.${name} cannot be read (${reason}); give PEM, a key without a passphrase`);
  }
}

function waitFor(socket: Socket, event: string, step: ConnectStep): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: unknown) => finish(() => reject(new ConnectFailure(step, error)));
    const onClose = () => onError(new Error("the connection was closed"));
    const onEvent = () => finish(resolve);
    function finish(settle: () => void): void {
      socket.off(event, onEvent).off("close", onClose).off("error", onError);
      // Errors after this one have no listener of their own and must not end the process.
      socket.on("error", () => {});
      settle();
    }
    socket.on(event, onEvent).on("close", onClose).on("error", onError);
  });
}

async function openTunnel(socket: Socket, proxy: HttpConnectProxyConfig, authority: string): Promise<void> {
  const lines = [`CONNECT ${authority} HTTP/1.1`, `Host: ${authority}`];
  if (proxy.basicAuth) {
    const bytes = new TextEncoder().encode(proxy.basicAuth.join(":"));
    lines.push(`Proxy-Authorization: Basic ${btoa(String.fromCharCode(...bytes))}`);
  }
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const reply = await readProxyReply(socket);
  if (!/^HTTP\/1\.[01] 2\d\d/.test(reply)) {
    socket.destroy();
    throw new ConnectFailure("proxy", new Error(`it answered ${JSON.stringify(reply.split("\r\n")[0])}`));
  }
}

/** The head of the proxy's reply; what follows it stays in the socket, which is only read when asked. */
function readProxyReply(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    const onFailure = (error?: unknown) => finish(() => reject(new ConnectFailure("proxy", error || closedEarly())));
    const onReadable = () => {
      const chunk = socket.read() as Uint8Array | null;
      if (!chunk) return;
      chunks.push(chunk);
      length += chunk.length;
      const reply = joinChunks(chunks, length);
      const text = new TextDecoder("latin1").decode(reply);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0 && length < longestProxyReply) return;
      finish(() => resolve(text.slice(0, Math.max(end, 0))));
      if (end >= 0 && length > end + 4) socket.unshift(reply.subarray(end + 4));
    };
    function finish(settle: () => void): void {
      socket.off("readable", onReadable).off("error", onFailure).off("close", onFailure);
      settle();
    }
    socket.on("readable", onReadable).on("error", onFailure).on("close", onFailure);
  });
}

function closedEarly(): Error {
  return new Error("it closed the connection");
}
