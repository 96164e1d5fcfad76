/**
 * What `converter/default_registry` is in workflow code, which knows no protobuf message by default.
 *
 * @module
 */
import { ValueError } from "../common/temporal_error.ts";

/** Throws ValueError: the code of all messages would cost much in every realm. */
export function defaultRegistry(): never {
  throw new ValueError(
    "protobuf converters of workflow code need the registry of their messages; write { registry: createRegistry(…) }",
  );
}
