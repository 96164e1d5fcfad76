/**
 * Namespaces and the search attributes they know.
 *
 * @module
 */

import type { Duration } from "@bufbuild/protobuf/wkt";
import { NamespaceState } from "../../gen/temporal/api/enums/v1/namespace_pb.ts";
import { IndexedValueType } from "../../gen/temporal/api/enums/v1/common_pb.ts";
import { namespaceAlreadyExists, namespaceNotFound } from "./errors.ts";
import { toDuration } from "./times.ts";

/** One namespace. */
export interface Namespace {
  readonly id: string;
  readonly name: string;
  state: NamespaceState;
  description: string;
  ownerEmail: string;
  data: Record<string, string>;
  /** How long closed workflows are kept. */
  retention: Duration;
  isGlobal: boolean;
  /** Search attributes that were registered here, beside the system's. */
  readonly searchAttributes: Map<string, IndexedValueType>;
}

/** What a new namespace may say of itself. */
export interface NamespaceSeed {
  id?: string;
  description?: string;
  ownerEmail?: string;
  data?: Record<string, string>;
  retention?: Duration;
  isGlobal?: boolean;
}

/** The name of the namespace the server keeps for itself. */
export const SYSTEM_NAMESPACE = "temporal-system";

const { BOOL, DATETIME, INT, KEYWORD, KEYWORD_LIST } = IndexedValueType;

/** The search attributes every namespace knows. */
export const SYSTEM_SEARCH_ATTRIBUTES: Readonly<Record<string, IndexedValueType>> = {
  BatcherNamespace: KEYWORD,
  BatcherUser: KEYWORD,
  BinaryChecksums: KEYWORD_LIST,
  BuildIds: KEYWORD_LIST,
  CloseTime: DATETIME,
  ExecutionDuration: INT,
  ExecutionStatus: KEYWORD,
  ExecutionTime: DATETIME,
  HistoryLength: INT,
  HistorySizeBytes: INT,
  ParentRunId: KEYWORD,
  ParentWorkflowId: KEYWORD,
  RootRunId: KEYWORD,
  RootWorkflowId: KEYWORD,
  RunId: KEYWORD,
  StartTime: DATETIME,
  StateTransitionCount: INT,
  TaskQueue: KEYWORD,
  TemporalChangeVersion: KEYWORD_LIST,
  TemporalNamespaceDivision: KEYWORD,
  TemporalPauseInfo: KEYWORD_LIST,
  TemporalSchedulePaused: BOOL,
  TemporalScheduledById: KEYWORD,
  TemporalScheduledStartTime: DATETIME,
  TemporalWorkerDeployment: KEYWORD,
  TemporalWorkerDeploymentVersion: KEYWORD,
  TemporalWorkflowVersioningBehavior: KEYWORD,
  WorkflowId: KEYWORD,
  WorkflowType: KEYWORD,
};

/** The system's search attributes that callers may set themselves. */
export const SETTABLE_SYSTEM_ATTRIBUTES: ReadonlySet<string> = new Set([
  "BatcherNamespace",
  "BatcherUser",
  "BinaryChecksums",
  "BuildIds",
  "TemporalChangeVersion",
  "TemporalNamespaceDivision",
  "TemporalPauseInfo",
  "TemporalSchedulePaused",
  "TemporalScheduledById",
  "TemporalScheduledStartTime",
  "TemporalWorkerDeployment",
  "TemporalWorkerDeploymentVersion",
  "TemporalWorkflowVersioningBehavior",
]);

const DAY = 86_400_000;

/** Every namespace of the server. */
export class NamespaceRegistry {
  readonly #byName = new Map<string, Namespace>();
  readonly #byId = new Map<string, Namespace>();

  /** Adds a namespace; throws ALREADY_EXISTS. */
  add(name: string, seed: NamespaceSeed = {}): Namespace {
    if (this.#byName.has(name)) throw namespaceAlreadyExists(name);
    const namespace: Namespace = {
      id: seed.id ?? crypto.randomUUID(),
      name,
      state: NamespaceState.REGISTERED,
      description: seed.description ?? "",
      ownerEmail: seed.ownerEmail ?? "",
      data: seed.data ?? {},
      retention: seed.retention ?? toDuration(DAY),
      isGlobal: seed.isGlobal ?? false,
      searchAttributes: new Map(),
    };
    this.#byName.set(name, namespace);
    this.#byId.set(namespace.id, namespace);
    return namespace;
  }

  /** The namespace of that name; throws NOT_FOUND. */
  get(name: string): Namespace {
    const found = this.#byName.get(name);
    if (!found) throw namespaceNotFound(name);
    return found;
  }

  /** The namespace of that name, if there is one. */
  find(name: string): Namespace | undefined {
    return this.#byName.get(name);
  }

  /** The namespace of that id; throws NOT_FOUND. */
  getById(id: string): Namespace {
    const found = this.#byId.get(id);
    if (!found) throw namespaceNotFound(id);
    return found;
  }

  /** Takes a namespace away. */
  remove(namespace: Namespace): void {
    this.#byName.delete(namespace.name);
    this.#byId.delete(namespace.id);
  }

  /** Every namespace, oldest first. */
  list(): Namespace[] {
    return [...this.#byName.values()];
  }
}

/** The type of a search attribute in a namespace, undefined if it is not known there. */
export function searchAttributeType(namespace: Namespace, name: string): IndexedValueType | undefined {
  return namespace.searchAttributes.get(name) ?? SYSTEM_SEARCH_ATTRIBUTES[name];
}
