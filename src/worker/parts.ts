/**
 * Puts the parts of a worker together.
 *
 * @module
 */
import { type Client, clientParts } from "../client/client.ts";
import { createLogger } from "../common/console_logger.ts";
import type { Logger } from "../common/logger.ts";
import { noopMetricMeter } from "../common/meter.ts";
import type { TelemetryOptions } from "../common/telemetry.ts";
import type { ExecutionHost } from "./activity_execution.ts";
import { ActivitySide } from "./activity_side.ts";
import { listActivities } from "./activity_registry.ts";
import { ActivityTasks } from "./activity_tasks.ts";
import { Activator } from "./activator.ts";
import { createCall, describeNamespace, type NamespaceFacts } from "./connection.ts";
import { createOutlets } from "./hosting.ts";
import { hasWorkflows, resolveOptions, type WorkerOptions, type WorkerSettings } from "./options.ts";
import { LocalActivities } from "./local_activities.ts";
import type { SizeLimits } from "./payload_limits.ts";
import { type Call, TaskService } from "./service.ts";
import { createWorkflowHost, type WorkflowHost } from "./workflow_host.ts";
import { WorkflowReports } from "./workflow_reports.ts";
import { WorkflowSide } from "./workflow_side.ts";
import { WorkflowTasks } from "./workflow_tasks.ts";

/** What a worker consists of. */
export interface WorkerParts {
  settings: WorkerSettings;
  service: TaskService;
  /** The client in use; may be replaced. */
  connection: ClientSlot;
  facts: NamespaceFacts;
  logger: Logger;
  host?: WorkflowHost;
  workflows?: WorkflowSide;
  activities?: ActivitySide;
  /** Aborts when the worker begins to shut down. */
  stop: AbortController;
}

/** Holds the client of a worker and its calls. */
export class ClientSlot {
  #client: Client;
  #call: Call;

  constructor(client: Client) {
    this.#client = client;
    this.#call = createCall(client);
  }

  get client(): Client {
    return this.#client;
  }

  get call(): Call {
    return this.#call;
  }

  /** Calls go through the new client from now on; those under way end on the old one. */
  replace(client: Client): void {
    this.#client = client;
    this.#call = createCall(client);
  }
}

/** Checks options and namespace, bundles the workflows and makes all parts. Rejects with ValueError or NotFoundError. */
export async function createParts(options: WorkerOptions): Promise<WorkerParts> {
  const settings = resolveOptions(options);
  const telemetry: TelemetryOptions = { ...options.client.config().telemetry, ...options.telemetry };
  const logger = telemetry.logger ?? createLogger();
  const connection = new ClientSlot(options.client);
  const { client: { dataConverter } } = options;
  const service = createService(options, settings, connection);
  const [facts, host] = await settleBoth(
    describeNamespace(service),
    hasWorkflows(options)
      ? createWorkflowHost(options.workflows!, {
        ...options,
        logger,
        meter: telemetry.meter,
        dataConverter,
        hosting: settings.hosting,
        localActivities: listActivities(settings.registry),
        outlets: createOutlets(options, logger),
      })
      : undefined,
  );
  const base = { settings, service, connection, facts, logger, stop: new AbortController() };
  const executions = createExecutionHost(base, telemetry);
  const activities = createActivities(base, executions);
  const workflows = host && createWorkflows({ ...base, host }, executions, activities);
  return { ...base, host, workflows, activities };
}

function createService(options: WorkerOptions, settings: WorkerSettings, connection: ClientSlot): TaskService {
  const { identity, taskQueue, maxCachedWorkflows, maxTaskQueueActivitiesPerSecond } = settings;
  const hasSticky = hasWorkflows(options) && maxCachedWorkflows > 0;
  return new TaskService({
    namespace: options.client.namespace,
    identity,
    taskQueue,
    stickyQueue: hasSticky ? `${identity}-${crypto.randomUUID()}` : undefined,
    workerInstanceKey: crypto.randomUUID(),
    maxTaskQueueActivitiesPerSecond,
  }, () => connection.call);
}

type Base = Omit<WorkerParts, "workflows" | "activities">;

function createExecutionHost(parts: Base, telemetry: TelemetryOptions): ExecutionHost {
  const { settings, logger, connection, stop } = parts;
  return {
    registry: settings.registry,
    dataConverter: connection.client.dataConverter,
    logger,
    metricMeter: telemetry.meter ?? noopMetricMeter,
    client: () => connection.client,
    workerShutdown: stop.signal,
    ...sizeLimits(parts),
  };
}

function createActivities(parts: Base, executions: ExecutionHost): ActivitySide | undefined {
  const { settings, service, logger } = parts;
  if (!settings.pollActivities) return undefined;
  const tasks = new ActivityTasks({ ...executions, service, heartbeatThrottle: settings.heartbeatThrottle });
  const { activitySlots: slots, activityPollers: pollers, maxActivitiesPerSecond } = settings;
  return new ActivitySide({ service, tasks, logger, slots, pollers, maxActivitiesPerSecond });
}

/** What the server takes, where the worker is to look at it. */
function sizeLimits({ settings, facts: { payloadLimit, memoLimit } }: Base): SizeLimits {
  return settings.checksPayloadSizes ? { payloadLimit, memoLimit } : {};
}

function createWorkflows(
  parts: Base & { host: WorkflowHost },
  executions: ExecutionHost,
  activities: ActivitySide | undefined,
): WorkflowSide {
  const { settings, service, logger, host, connection, stop } = parts;
  const { maxCachedWorkflows, stickyTimeout, workflowSlots: slots, workflowPollers: pollers, nonstickyRatio } =
    settings;
  const eager = activities?.eager(settings.eagerActivities);
  const { dataConverter } = connection.client;
  const { headerCodecBehavior } = clientParts(connection.client).context;
  const local = new LocalActivities(executions, settings.localActivitySlots);
  const tasks = new WorkflowTasks({
    service,
    host: host.realms,
    activator: new Activator({ dataConverter, headerCodecBehavior, ...sizeLimits(parts) }),
    local,
    reports: new WorkflowReports({ service, logger, stickyTimeout, stop: stop.signal, eager, buildId: host.buildId }),
    logger,
    buildId: host.buildId,
    maxCachedWorkflows,
    requestEagerActivities: eager !== undefined,
  });
  return new WorkflowSide({ service, tasks, local, logger, buildId: host.buildId, slots, pollers, nonstickyRatio });
}

/** Both results; when one fails, a host that was made is closed again. */
async function settleBoth(
  first: Promise<NamespaceFacts>,
  second: Promise<WorkflowHost> | undefined,
): Promise<[NamespaceFacts, WorkflowHost | undefined]> {
  const [facts, host] = await Promise.allSettled([first, second]);
  if (facts.status === "fulfilled" && host.status === "fulfilled") return [facts.value, host.value];
  if (host.status === "fulfilled") await host.value?.realms.close();
  throw facts.status === "rejected" ? facts.reason : (host as PromiseRejectedResult).reason;
}
