/**
 * Task and page tokens: opaque to callers, a protobuf message to us.
 *
 * @module
 */
import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Token, TokenSchema } from "../../gen/anywhen/server/v1/token_pb.ts";
import { invalidArgument } from "./errors.ts";

export type { ActivityTaskToken, WorkflowTaskToken } from "../../gen/anywhen/server/v1/token_pb.ts";

/** The kinds of tokens. */
export type TokenKind = NonNullable<Token["kind"]["case"]>;

/** What a token of one kind holds. */
export type TokenValue<K extends TokenKind> = Extract<Token["kind"], { case: K }>["value"];

/** What makes a token of one kind. */
export type TokenInit<K extends TokenKind> = Extract<
  NonNullable<MessageInitShape<typeof TokenSchema>["kind"]>,
  { case: K }
>["value"];

/** The bytes of a token. */
export function encodeToken<K extends TokenKind>(kind: K, value: TokenInit<K>): Uint8Array<ArrayBuffer> {
  const init = { kind: { case: kind, value } } as MessageInitShape<typeof TokenSchema>;
  return toBinary(TokenSchema, create(TokenSchema, init));
}

/** What a token of the given kind holds; throws INVALID_ARGUMENT with `message` if the bytes are no such token. */
export function decodeToken<K extends TokenKind>(bytes: Uint8Array, kind: K, message: string): TokenValue<K> {
  const token = parse(bytes);
  if (token?.kind.case !== kind) throw invalidArgument(message);
  return token.kind.value as TokenValue<K>;
}

/** What a worker's task token holds; throws INVALID_ARGUMENT if there is none, or one of another kind. */
export function decodeTaskToken<K extends TokenKind>(bytes: Uint8Array, kind: K): TokenValue<K> {
  if (bytes.length === 0) throw invalidArgument("Task token not set on request.");
  return decodeToken(bytes, kind, "Error deserializing task token.");
}

function parse(bytes: Uint8Array): Token | undefined {
  try {
    return fromBinary(TokenSchema, bytes);
  } catch {
    return undefined;
  }
}
