/**
 * The protobuf messages that converters know by default; workflow code has none of them.
 *
 * @module
 */
import { createRegistry, type DescFile, type Registry } from "@bufbuild/protobuf";
import { file_temporal_api_workflowservice_v1_request_response } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";

let registry: Registry | undefined;

/** The messages of the Temporal API and the well-known ones. */
export function defaultRegistry(): Registry {
  registry ??= createRegistry(...withDependencies(file_temporal_api_workflowservice_v1_request_response));
  return registry;
}

function withDependencies(file: DescFile, files: Set<DescFile> = new Set()): Set<DescFile> {
  if (files.has(file)) return files;
  files.add(file);
  for (const dependency of file.dependencies) withDependencies(dependency, files);
  return files;
}
