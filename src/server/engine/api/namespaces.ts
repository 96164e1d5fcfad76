/**
 * Namespaces, and what the server says of itself.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { ArchivalState, NamespaceState } from "../../../gen/temporal/api/enums/v1/namespace_pb.ts";
import type { NamespaceConfigSchema, NamespaceInfoSchema } from "../../../gen/temporal/api/namespace/v1/message_pb.ts";
import type { NamespaceReplicationConfigSchema } from "../../../gen/temporal/api/replication/v1/message_pb.ts";
import type { RegisterNamespaceRequest } from "../../../gen/temporal/api/workflowservice/v1/request_response_pb.ts";
import type { Engine } from "../engine.ts";
import { CLUSTER_NAME, invalidArgument } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { Namespace } from "../namespace.ts";
import { findDurationFault, toMs } from "../times.ts";
import { decodeToken, encodeToken } from "../tokens.ts";
import type { Methods } from "./shared.ts";
import { checkLength } from "./shared.ts";

/** The server whose behaviour this one has. */
export const SERVER_VERSION = "1.29.1";

const CLUSTER_ID = crypto.randomUUID();
const NAMESPACE_PAGE = 100;
const SHORTEST_RETENTION = 3_600_000;

/** The methods about namespaces and the server. */
export function namespaceMethods(engine: Engine): Methods {
  return {
    getSystemInfo: () => ({
      serverVersion: SERVER_VERSION,
      capabilities: {
        signalAndQueryHeader: true,
        internalErrorDifferentiation: true,
        activityFailureIncludeHeartbeat: true,
        encodedFailureAttributes: true,
        buildIdBasedVersioning: true,
        upsertMemo: true,
        eagerWorkflowStart: true,
        sdkMetadata: true,
        countGroupByExecutionStatus: true,
      },
    }),
    getClusterInfo: () => ({
      supportedClients: {
        "temporal-cli": "<2.0.0",
        "temporal-go": "<2.0.0",
        "temporal-java": "<2.0.0",
        "temporal-php": "<2.0.0",
        "temporal-server": "<2.0.0",
        "temporal-typescript": "<2.0.0",
        "temporal-ui": "<3.0.0",
      },
      serverVersion: SERVER_VERSION,
      clusterId: CLUSTER_ID,
      clusterName: CLUSTER_NAME,
      historyShardCount: 1,
      persistenceStore: "memory",
      visibilityStore: "memory",
      initialFailoverVersion: 1n,
      failoverVersionIncrement: 10n,
    }),
    registerNamespace(request) {
      checkRegistration(engine, request);
      engine.namespaces.add(request.namespace, {
        description: request.description,
        ownerEmail: request.ownerEmail,
        data: request.data,
        retention: request.workflowExecutionRetentionPeriod,
        isGlobal: request.isGlobalNamespace,
      });
      return {};
    },
    describeNamespace(request) {
      if (!request.namespace && !request.id) throw invalidArgument("Namespace not set on request.");
      const namespace = request.id ? engine.namespaces.getById(request.id) : engine.namespaces.get(request.namespace);
      return describeNamespace(namespace, engine.limits);
    },
    listNamespaces(request) {
      const start = request.nextPageToken.length > 0
        ? decodeToken(request.nextPageToken, "namespaces", "Invalid NextPageToken.").offset
        : 0;
      const size = request.pageSize > 0 ? request.pageSize : NAMESPACE_PAGE;
      const all = engine.namespaces.list();
      return {
        namespaces: all.slice(start, start + size).map((namespace) => describeNamespace(namespace, engine.limits)),
        nextPageToken: start + size < all.length
          ? encodeToken("namespaces", { offset: start + size })
          : new Uint8Array(),
      };
    },
    updateNamespace(request) {
      const namespace = engine.namespaces.get(request.namespace);
      const { updateInfo, config } = request;
      const retention = config?.workflowExecutionRetentionTtl;
      if (retention) checkRetention(retention);
      if (updateInfo?.description) namespace.description = updateInfo.description;
      if (updateInfo?.ownerEmail) namespace.ownerEmail = updateInfo.ownerEmail;
      if (updateInfo) Object.assign(namespace.data, updateInfo.data);
      if (updateInfo?.state) namespace.state = updateInfo.state;
      if (retention) namespace.retention = retention;
      return describeNamespace(namespace, engine.limits);
    },
    deprecateNamespace(request) {
      engine.namespaces.get(request.namespace).state = NamespaceState.DEPRECATED;
      return {};
    },
  };
}

/** A namespace as every method shows it. */
export interface NamespaceDescription {
  namespaceInfo: MessageInitShape<typeof NamespaceInfoSchema>;
  config: MessageInitShape<typeof NamespaceConfigSchema>;
  replicationConfig: MessageInitShape<typeof NamespaceReplicationConfigSchema>;
  isGlobalNamespace: boolean;
}

/** What a namespace looks like from outside. */
export function describeNamespace(
  namespace: Namespace,
  limits: Limits,
): NamespaceDescription {
  return {
    namespaceInfo: {
      name: namespace.name,
      id: namespace.id,
      state: namespace.state,
      description: namespace.description,
      ownerEmail: namespace.ownerEmail,
      data: namespace.data,
      capabilities: { eagerWorkflowStart: true, syncUpdate: true, asyncUpdate: true },
      limits: {
        blobSizeLimitError: BigInt(limits.blobSizeError),
        memoSizeLimitError: BigInt(limits.memoSizeError),
      },
    },
    config: {
      workflowExecutionRetentionTtl: namespace.retention,
      badBinaries: {},
      historyArchivalState: ArchivalState.DISABLED,
      visibilityArchivalState: ArchivalState.DISABLED,
      customSearchAttributeAliases: Object.fromEntries(
        [...namespace.searchAttributes.keys()].map((name) => [name, name]),
      ),
    },
    replicationConfig: { activeClusterName: CLUSTER_NAME, clusters: [{ clusterName: CLUSTER_NAME }] },
    isGlobalNamespace: namespace.isGlobal,
  };
}

function checkRegistration(engine: Engine, request: RegisterNamespaceRequest): void {
  if (!request.namespace) throw invalidArgument("Namespace not set on request.");
  checkLength(engine, request.namespace, "Namespace");
  if (!request.workflowExecutionRetentionPeriod) {
    throw invalidArgument("A valid retention period is not set on request.");
  }
  checkRetention(request.workflowExecutionRetentionPeriod);
}

function checkRetention(retention: NonNullable<RegisterNamespaceRequest["workflowExecutionRetentionPeriod"]>): void {
  if (findDurationFault(retention) || toMs(retention) < SHORTEST_RETENTION) {
    throw invalidArgument("A valid retention period is not set on request.");
  }
}
