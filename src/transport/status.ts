/**
 * How a call ended: gRPC status, HTTP status and HTTP/2 reset codes as ConnectErrors.
 *
 * @module
 */
import { fromBinary } from "@bufbuild/protobuf";
import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import { StatusSchema } from "../gen/google/rpc/status_pb.ts";

/** Headers as the wire gave them. */
export type RawHeaders = Record<string, string | string[] | number | undefined>;

/** Name of the trailer with the status and its details. */
export const detailsTrailer = "grpc-status-details-bin";

const codesByHttpStatus: Record<number, Code> = {
  400: Code.Internal,
  401: Code.Unauthenticated,
  403: Code.PermissionDenied,
  404: Code.Unimplemented,
  408: Code.Unavailable,
  429: Code.Unavailable,
  502: Code.Unavailable,
  503: Code.Unavailable,
  504: Code.Unavailable,
};

/** Reset codes of HTTP/2 (RFC 9113, section 7) as gRPC maps them; all others are internal errors. */
const codesByReset: Record<number, Code> = {
  7: Code.Unavailable,
  8: Code.Canceled,
  11: Code.ResourceExhausted,
  12: Code.PermissionDenied,
};

/** HTTP/2's "nothing was processed, send it again". */
export const refusedStream = 7;

/** HTTP/2's "not needed any more". */
export const cancelStream = 8;

/**
 * The error in these trailers, undefined for a call that went well.
 *
 * @param where names the server in errors
 */
export function findStatusError(trailers: RawHeaders, where: string): ConnectError | undefined {
  const status = trailers["grpc-status"];
  if (status === "0") return undefined;
  const code = Number(status);
  const message = decodeMessage(readHeader(trailers, "grpc-message"));
  if (!(code >= 1 && code <= 16)) {
    return new ConnectError(`${where} answered with grpc-status ${status}, which is unknown: ${message}`, Code.Unknown);
  }
  const error = new ConnectError(message, code as Code, toHeaders(trailers));
  error.isWireError = true;
  const details = readHeader(trailers, detailsTrailer);
  if (details) error.details = readDetails(details);
  return error;
}

/** The error of an HTTP reply that is no gRPC. */
export function createHttpError(status: number, where: string): ConnectError {
  const code = codesByHttpStatus[status] ?? Code.Unknown;
  const isRefusal = code === Code.Unauthenticated || code === Code.PermissionDenied;
  const advice = isRefusal ? "check apiKey" : "is it a Temporal server?";
  return new ConnectError(`${where} answered with HTTP status ${status}; ${advice}`, code);
}

/** The error of a stream that the server reset without a status. */
export function createResetError(reset: number, where: string): ConnectError {
  const code = codesByReset[reset] ?? Code.Internal;
  return new ConnectError(`${where} reset the call: RST_STREAM with code ${reset}`, code);
}

/** The error of a call whose connection ended before the answer was there. */
export function createLostError(where: string, cause: unknown): ConnectError {
  const reason = cause instanceof Error && !/stream|session/i.test(cause.message) ? ` (${cause.message})` : "";
  return new ConnectError(
    `the connection to ${where} was lost${reason}`,
    Code.Unavailable,
    undefined,
    undefined,
    cause,
  );
}

function readDetails(text: string): ConnectError["details"] {
  try {
    return fromBinary(StatusSchema, base64Decode(text)).details.map(({ typeUrl, value }) => ({
      type: typeUrl.slice(typeUrl.lastIndexOf("/") + 1),
      value,
    }));
  } catch {
    // A status is worth more than details that cannot be read.
    return [];
  }
}

function decodeMessage(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function readHeader(headers: RawHeaders, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : String(value ?? "");
}

/** Headers of the wire as `Headers`, without HTTP/2's own. */
export function toHeaders(raw: RawHeaders | undefined): Headers {
  const headers = new Headers();
  for (const name of Object.keys(raw ?? {})) {
    const value = raw![name];
    if (value === undefined || name.startsWith(":")) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, String(each));
  }
  return headers;
}
