/**
 * The way from a worker to its server: the calls of its client, and what the server says of the namespace.
 *
 * @module
 */
import { type Client, clientParts } from "../client/client.ts";
import type { DescribeNamespaceResponse } from "../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Call, TaskService } from "./service.ts";

const longPollTimeout = 70_000;
const shortTimeout = 30_000;

/** What the namespace allows. */
export interface NamespaceFacts {
  /** Bytes of payloads in one field, undefined when the server does not say. */
  payloadLimit?: number;
  /** Bytes of the memo that a workflow is started with, undefined when the server does not say. */
  memoLimit?: number;
  /** Whether open polls end with an empty answer once the worker says that it shuts down. */
  endsPollsAtShutdown: boolean;
}

/** The calls of a client, with deadlines of their own whatever the client's defaults are. */
export function createCall(client: Client): Call {
  const { caller } = clientParts(client).context;
  return (method, request, { signal, longPoll, retry } = {}) =>
    caller.call(method, request, { signal, rpcTimeout: longPoll ? longPollTimeout : shortTimeout }, {
      longPoll,
      retry,
    });
}

/** Asks for the namespace of a worker. Rejects with NotFoundError naming namespace and address when there is none. */
export async function describeNamespace(service: TaskService): Promise<NamespaceFacts> {
  return readFacts(await service.describeNamespace());
}

function readFacts({ namespaceInfo }: DescribeNamespaceResponse): NamespaceFacts {
  const { blobSizeLimitError = 0n, memoSizeLimitError = 0n } = namespaceInfo?.limits ?? {};
  return {
    payloadLimit: Number(blobSizeLimitError) || undefined,
    memoLimit: Number(memoSizeLimitError) || undefined,
    endsPollsAtShutdown: namespaceInfo?.capabilities?.workerPollCompleteOnShutdown ?? false,
  };
}
