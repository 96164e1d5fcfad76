/**
 * Why a connection could not be made, in one line that says what to do.
 *
 * @module
 */
import { Code, ConnectError } from "@connectrpc/connect";
import type { HttpConnectProxyConfig } from "./options.ts";
import { ConnectFailure, type ConnectStep } from "./socket.ts";

/** What was to be reached. */
export interface Destination {
  /** As written in errors. */
  label: string;
  host: string;
  isSecure: boolean;
  proxy?: HttpConnectProxyConfig;
}

interface Symptom {
  pattern: RegExp;
  explain(destination: Destination): string;
}

const start = "start one (`anywhen server start-dev` or `temporal server start-dev`) or pass its address";

/** Codes and texts of Node, Bun and Deno, and of the TLS libraries below them. */
const network: Symptom[] = [
  {
    pattern: /ECONNREFUSED|connection ?refused|unable to connect/i,
    explain: ({ label }) => `no Temporal server at ${label} (connection refused); ${start}`,
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|EAI_NONAME|DNS|lookup|getaddrinfo|not known|name resolution/i,
    explain: ({ label, host }) => `no Temporal server at ${label} (the host ${host} is unknown); check the address`,
  },
  {
    pattern: /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|timed? ?out|within \d+ ms/i,
    explain: ({ label }) => `no Temporal server at ${label} (no answer); check the address and the network`,
  },
];

const certificate: Symptom[] = [
  {
    pattern: /ALTNAME|HOSTNAME_MISMATCH|NotValidForName|not valid for name|does not match certificate/i,
    explain: ({ label }) =>
      `the certificate of ${label} is for another name; set tls.domain to a name it has, or check the address`,
  },
  {
    pattern: /CERT_HAS_EXPIRED|certificate has expired|: Expired|CERT_NOT_YET_VALID|NotValidYet/i,
    explain: ({ label }) => `the certificate of ${label} is not valid at this time; renew it, or check the clock`,
  },
  {
    pattern:
      /alert (number )?(42|116|40)|certificate[ _]required|CERTIFICATE_REQUIRED|BAD_CERTIFICATE|alert bad certificate|bad[ _]certificate|CertificateRequired|HANDSHAKE_FAILURE|UNKNOWN_CA$|alert unknown ca/i,
    explain: ({ label }) =>
      `${label} refused this client's certificate, or wants one; set tls.clientCert and tls.clientPrivateKey`,
  },
  {
    pattern:
      /SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|UnknownIssuer|unknown certificate verification|self.signed|issuer|CERT_UNTRUSTED|invalid peer certificate|CERTIFICATE_VERIFY_FAILED/i,
    explain: ({ label }) =>
      `the certificate of ${label} is not trusted; set tls.serverRootCaCert to its authority, or renew it if it has expired`,
  },
];

/**
 * The ConnectError, status UNAVAILABLE, for a connection that could not be made.
 */
export function explainConnectFailure(error: unknown, destination: Destination): ConnectError {
  const failure = error instanceof ConnectFailure ? error : new ConnectFailure("resolve", error);
  const findings = { text: describe(failure.cause), reason: readReason(failure.cause) };
  const message = explanations[failure.step](findings, destination);
  return new ConnectError(message, Code.Unavailable, undefined, undefined, failure.cause);
}

interface Findings {
  /** All that the error and those inside it say. */
  text: string;
  /** What to show of it. */
  reason: string;
}

const explanations: Record<ConnectStep, (findings: Findings, destination: Destination) => string> = {
  resolve: explainNetwork,
  proxy: ({ reason }, { label, proxy }) =>
    `the proxy ${proxy?.targetHost} does not connect to ${label} (${reason}); check httpConnectProxyConfig`,
  tls: explainTls,
  http2: explainHttp2,
  fetch: explainFetch,
};

function explainNetwork({ text, reason }: Findings, destination: Destination): string {
  return find(network, text)?.explain(destination) ??
    `no connection to ${destination.label} (${reason}); check the address and the network`;
}

function explainTls({ text, reason }: Findings, destination: Destination): string {
  return find(certificate, text)?.explain(destination) ??
    `${destination.label} does not speak TLS (${reason}); set tls: false for a server without TLS`;
}

function explainHttp2({ text, reason }: Findings, destination: Destination): string {
  const { label, isSecure } = destination;
  if (!isSecure) {
    return `${label} does not speak gRPC without TLS (${reason}); set tls: true if it wants TLS, or check the port`;
  }
  return find(certificate, text)?.explain(destination) ??
    `${label} ended the connection (${reason}); check the port, and tls.clientCert if it wants a certificate`;
}

/** Bun's `fetch` says the same of a server without TLS and of a certificate it does not trust. */
function explainFetch({ text, reason }: Findings, destination: Destination): string {
  const symptom = find(network, text);
  if (symptom) return symptom.explain(destination);
  const { label, isSecure } = destination;
  return isSecure
    ? `no TLS connection to ${label} (${reason}); use http:// if it has no TLS, or let this runtime trust its certificate`
    : `no connection to ${label} (${reason}); use https:// if it wants TLS, or check the address and the network`;
}

function find(symptoms: Symptom[], text: string): Symptom | undefined {
  return symptoms.find(({ pattern }) => pattern.test(text));
}

/** Code and texts of an error and of all inside it: where the telling part is depends on the runtime. */
function describe(error: unknown, depth: number = 0): string {
  if (!(error instanceof Error) || depth > 4) return String(error);
  const code = (error as { code?: unknown }).code;
  const parts = [error.message, typeof code === "string" ? code : ""];
  if (error instanceof AggregateError) parts.push(...error.errors.map((each) => describe(each, depth + 1)));
  if (error.cause !== undefined) parts.push(describe(error.cause, depth + 1));
  return parts.filter((part) => part !== "").join("\n");
}

/** The first line of the innermost error, without the codes and places that TLS libraries and runtimes put around it. */
function readReason(error: unknown): string {
  let inner = error;
  for (let depth = 0; depth < 4 && inner instanceof Error && inner.cause !== undefined; depth++) inner = inner.cause;
  const line = (inner instanceof Error ? inner.message : String(inner)).split("\n")[0].trim();
  const told = /\berror:[0-9a-f]+:[^:]*:[^:]*:([^:]+)/i.exec(line)?.[1] ??
    line.replace(/^.*client error \(\w+\): /, "");
  return told.slice(0, 200);
}
