/**
 * The service that workers and clients talk to.
 *
 * @module
 */

import type { ConnectRouter, HandlerContext } from "@connectrpc/connect";
import { Code, ConnectError } from "@connectrpc/connect";
import { createLogger } from "../common/console_logger.ts";
import type { Logger } from "../common/logger.ts";
import type { SearchAttributeIndexedValueType } from "../common/search.ts";
import { IndexedValueType } from "../gen/temporal/api/enums/v1/common_pb.ts";
import { WorkflowService } from "../gen/temporal/api/workflowservice/v1/service_pb.ts";
import { multiOperationMethods } from "./engine/api/multi_operation.ts";
import { namespaceMethods } from "./engine/api/namespaces.ts";
import { queueMethods } from "./engine/api/queues.ts";
import { readMethods } from "./engine/api/reads.ts";
import type { Methods } from "./engine/api/shared.ts";
import { taskMethods } from "./engine/api/tasks.ts";
import { visibilityMethods } from "./engine/api/visibility.ts";
import { workflowMethods } from "./engine/api/workflows.ts";
import { createEngine } from "./engine/create_engine.ts";
import type { Limits } from "./engine/limits.ts";
import type { Namespace, NamespaceRegistry } from "./engine/namespace.ts";
import { SYSTEM_NAMESPACE } from "./engine/namespace.ts";
import { QueryTable } from "./engine/queries.ts";
import { terminate } from "./engine/requests.ts";

/** Options of `createService`. */
export interface ServiceOptions {
  /** The namespaces to begin with. */
  namespaces: string[];
  /** Custom search attributes of all of these namespaces. */
  searchAttributes?: Readonly<Record<string, SearchAttributeIndexedValueType>>;
  /** Warnings of the server; to the console if unset. */
  logger?: Logger;
  /** The time that workflows see, in milliseconds since the epoch; `Date.now` if unset. */
  now?: () => number;
  /** Overrides of the limits of server 1.29. */
  limits?: Partial<Limits>;
}

/** A Temporal service in this process. */
export interface Service {
  /** Adds WorkflowService to a router. */
  routes(router: ConnectRouter): void;
  /** The service's namespaces. */
  readonly namespaces: NamespaceRegistry;
  /** Ends and forgets every workflow of a namespace. */
  emptyNamespace(namespace: Namespace): Promise<void>;
  /** The time that workflows see, in milliseconds since the epoch. */
  now(): number;
  /** Resolves once that time moved on by `ms`, at once on shutdown. */
  sleep(ms: number): Promise<void>;
  /** Ends parked calls and stops every timer. */
  shutdown(): Promise<void>;
}

/** Makes a Temporal service, in memory. */
export function createService(options: ServiceOptions): Service {
  const logger = options.logger ?? createLogger({ level: "WARN" });
  const engine = createEngine({ logger, now: options.now, limits: options.limits });
  const queries = new QueryTable();
  engine.namespaces.add(SYSTEM_NAMESPACE, { id: "32049b68-7872-4094-8e63-d0dd59896a83" });
  for (const name of options.namespaces) addNamespace(engine.namespaces, name, options.searchAttributes);
  const methods = guard(logger, {
    ...workflowMethods(engine),
    ...taskMethods(engine, queries),
    ...readMethods(engine, queries),
    ...visibilityMethods(engine),
    ...queueMethods(engine),
    ...namespaceMethods(engine),
    ...multiOperationMethods(engine),
  });
  const sleepers = new Set<() => void>();
  return {
    routes: (router) => void router.service(WorkflowService, methods),
    namespaces: engine.namespaces,
    emptyNamespace(namespace) {
      // What closes may start a successor: until nothing is open.
      for (let open = [...engine.store.listOpen(namespace)]; open.length > 0;) {
        for (const run of open) terminate(engine, run, { reason: "Delete namespace", identity: "history-service" });
        open = [...engine.store.listOpen(namespace)];
      }
      for (const run of [...engine.store.listClosed(namespace)]) {
        run.isDeleted = true;
        engine.store.remove(run);
      }
      return Promise.resolve();
    },
    now: () => engine.clock.now(),
    sleep(ms) {
      return new Promise((resolve) => {
        const wake = (): void => {
          sleepers.delete(wake);
          resolve();
        };
        sleepers.add(wake);
        engine.clock.schedule(engine.clock.now() + ms, wake, true);
      });
    },
    shutdown() {
      engine.matching.close();
      engine.clock.stop();
      engine.wall.stop();
      for (const wake of [...sleepers]) wake();
      return Promise.resolve();
    },
  };
}

/** Logs what no method should throw; callers get INTERNAL with a plain text. */
function guard(logger: Logger, methods: Methods): Methods {
  const guarded: Record<string, unknown> = {};
  for (const [name, method] of Object.entries(methods as Record<string, Method>)) {
    const fail = (error: unknown): never => {
      if (error instanceof ConnectError) throw error;
      logger.error(`server: ${name} failed`, { error });
      throw new ConnectError(`${name}: internal error, see the server's log`, Code.Internal);
    };
    guarded[name] = (request: unknown, context: HandlerContext): unknown => {
      try {
        const answer = method(request, context);
        return answer instanceof Promise ? answer.catch(fail) : answer;
      } catch (error) {
        return fail(error);
      }
    };
  }
  return guarded as Methods;
}

type Method = (request: unknown, context: HandlerContext) => unknown;

function addNamespace(
  namespaces: NamespaceRegistry,
  name: string,
  attributes: ServiceOptions["searchAttributes"] = {},
): void {
  const namespace = namespaces.add(name);
  for (const [attribute, type] of Object.entries(attributes)) {
    namespace.searchAttributes.set(attribute, IndexedValueType[type]);
  }
}
