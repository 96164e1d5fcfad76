/**
 * Payloads as the JSON that codec servers and the tools around Temporal exchange; without protobuf, since files that
 * workflows import may make a remote codec.
 *
 * @module
 */
import { decodeBase64, encodeBase64 } from "../common/base64.ts";
import type { Payload } from "../common/payload.ts";
import { ValueError } from "../common/temporal_error.ts";

/** The JSON of a list of payloads: bytes are base64. */
export function writePayloads(payloads: readonly Payload[]): string {
  return JSON.stringify({
    payloads: payloads.map(({ metadata, data, externalPayloads }) => ({
      metadata: Object.fromEntries(Object.entries(metadata).map(([name, bytes]) => [name, encodeBase64(bytes)])),
      data: encodeBase64(data),
      externalPayloads: externalPayloads?.map(({ sizeBytes }) => ({ sizeBytes: String(sizeBytes) })),
    })),
  });
}

/** Reads what {@link writePayloads} writes; base64 may be that of URLs. Throws ValueError for other text. */
export function readPayloads(text: string): Payload[] {
  try {
    return readList(readRecord(JSON.parse(text)).payloads).map(readPayload);
  } catch (error) {
    throw new ValueError(`payloads cannot be read from JSON: ${(error as Error).message}`, { cause: error });
  }
}

function readPayload(json: unknown): Payload {
  const { metadata, data, externalPayloads } = readRecord(json);
  const entries = Object.entries(readRecord(metadata ?? {})).map(([name, text]) => [name, readBytes(text)]);
  const payload: Payload = { metadata: Object.fromEntries(entries), data: readBytes(data ?? "") };
  const stored = readList(externalPayloads);
  if (stored.length > 0) payload.externalPayloads = stored.map(readSize);
  return payload;
}

function readSize(json: unknown): { sizeBytes: bigint } {
  return { sizeBytes: BigInt(readRecord(json).sizeBytes as string | number ?? 0) };
}

function readBytes(json: unknown): Uint8Array {
  if (typeof json !== "string") throw new TypeError(`a ${typeof json} is no base64`);
  return decodeBase64(json.replaceAll("-", "+").replaceAll("_", "/"));
}

function readRecord(json: unknown): Record<string, unknown> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new TypeError('they are not of the form { "payloads": [{ "metadata": {}, "data": "" }] }');
}

function readList(json: unknown): unknown[] {
  const list = json ?? [];
  if (Array.isArray(list)) return list;
  throw new TypeError("there is no list where one must be");
}
