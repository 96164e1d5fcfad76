/**
 * What operators and load balancers ask of the server: OperatorService (search attributes, clusters, the
 * end of a namespace) and grpc.health.v1.Health.
 *
 * @module
 */
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from "../gen/grpc/health/v1/health_pb.ts";
import { IndexedValueType } from "../gen/temporal/api/enums/v1/common_pb.ts";
import type { AddSearchAttributesRequest } from "../gen/temporal/api/operatorservice/v1/request_response_pb.ts";
import { OperatorService } from "../gen/temporal/api/operatorservice/v1/service_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import { CLUSTER_NAME } from "./engine/errors.ts";
import { type Namespace, type NamespaceRegistry, SYSTEM_SEARCH_ATTRIBUTES } from "./engine/namespace.ts";
import type { Routes } from "./fetch.ts";

/** What the operator's calls read and change. */
export interface System {
  namespaces: NamespaceRegistry;
  /** Ends what runs in a namespace, before it is taken away. */
  emptyNamespace(namespace: Namespace): Promise<void>;
  /** Where the server listens; undefined in process. */
  address(): string | undefined;
}

type Operator = ServiceImpl<typeof OperatorService>;

const TYPES: ReadonlySet<number> = new Set(Object.values(IndexedValueType));
const CLUSTER_ID = crypto.randomUUID();
const SERVICES: ReadonlySet<string> = new Set([
  "",
  WorkflowService.typeName,
  OperatorService.typeName,
  Health.typeName,
]);

/** Routes for OperatorService and Health. */
export function systemRoutes(system: System): Routes {
  return (router) => {
    router.service(OperatorService, createOperator(system));
    router.service(Health, { check: ({ service }) => ({ status: servingStatus(service) }), watch: watchHealth });
  };
}

function createOperator(system: System): Partial<Operator> {
  const { namespaces } = system;
  return {
    addSearchAttributes(request) {
      addSearchAttributes(findNamespace(system, request.namespace), request);
      return {};
    },
    removeSearchAttributes(request) {
      removeSearchAttributes(findNamespace(system, request.namespace), request.searchAttributes);
      return {};
    },
    listSearchAttributes(request) {
      const { searchAttributes } = findNamespace(system, request.namespace);
      return {
        customAttributes: Object.fromEntries(searchAttributes),
        systemAttributes: { ...SYSTEM_SEARCH_ATTRIBUTES },
        storageSchema: {},
      };
    },
    async deleteNamespace(request) {
      const namespace = request.namespaceId
        ? namespaces.getById(request.namespaceId)
        : findNamespace(system, request.namespace);
      await system.emptyNamespace(namespace);
      namespaces.remove(namespace);
      return { deletedNamespace: namespace.name };
    },
    listClusters: () => ({
      clusters: [{
        clusterName: CLUSTER_NAME,
        clusterId: CLUSTER_ID,
        address: system.address() ?? "",
        initialFailoverVersion: 1n,
        historyShardCount: 1,
        isConnectionEnabled: true,
      }],
    }),
  };
}

function findNamespace({ namespaces }: System, name: string): Namespace {
  if (!name) throw new ConnectError("Namespace is not set on request.", Code.InvalidArgument);
  return namespaces.get(name);
}

function addSearchAttributes(namespace: Namespace, { searchAttributes: added }: AddSearchAttributesRequest): void {
  const entries = Object.entries(added);
  if (entries.length === 0) throw notSet();
  for (const [name, type] of entries) checkAddition(namespace, name, type);
  for (const [name, type] of entries) namespace.searchAttributes.set(name, type);
}

function checkAddition({ searchAttributes }: Namespace, name: string, type: IndexedValueType): void {
  if (Object.hasOwn(SYSTEM_SEARCH_ATTRIBUTES, name)) {
    throw new ConnectError(`Search attribute ${name} is reserved by system.`, Code.InvalidArgument);
  }
  if (type === IndexedValueType.UNSPECIFIED || !TYPES.has(type)) {
    throw new ConnectError(`Unknown search attribute type: ${type}.`, Code.InvalidArgument);
  }
  const known = searchAttributes.get(name);
  if (known !== undefined && known !== type) {
    throw new ConnectError(`Search attribute ${name} already exists.`, Code.AlreadyExists);
  }
}

function removeSearchAttributes({ searchAttributes }: Namespace, names: string[]): void {
  if (names.length === 0) throw notSet();
  for (const name of names) {
    if (Object.hasOwn(SYSTEM_SEARCH_ATTRIBUTES, name)) {
      throw new ConnectError(`Unable to remove non-custom search attributes: ${name}.`, Code.InvalidArgument);
    }
    if (!searchAttributes.has(name)) {
      throw new ConnectError(`Search attribute ${name} doesn't exist.`, Code.NotFound);
    }
  }
  for (const name of names) searchAttributes.delete(name);
}

function notSet(): ConnectError {
  return new ConnectError("Search attributes are not set on request.", Code.InvalidArgument);
}

function servingStatus(service: string): ServingStatus {
  if (SERVICES.has(service)) return ServingStatus.SERVING;
  throw new ConnectError(`unknown service ${JSON.stringify(service)}`, Code.NotFound);
}

/** A server that runs is a server that serves: one answer, then nothing new until the caller leaves. */
async function* watchHealth(
  { service }: { service: string },
  { signal }: HandlerContext,
): AsyncGenerator<{ status: ServingStatus }> {
  yield { status: SERVICES.has(service) ? ServingStatus.SERVING : ServingStatus.SERVICE_UNKNOWN };
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
