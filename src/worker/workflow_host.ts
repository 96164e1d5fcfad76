/**
 * Loads workflow code: bundles it once, names its version, makes the realms for its runs.
 *
 * @module
 */
import type { Logger } from "../common/logger.ts";
import type { MetricMeter } from "../common/meter.ts";
import { ValueError } from "../common/errors.ts";
import type { DataConverter } from "../converter/data.ts";
import { DefaultFailureConverter } from "../converter/failure.ts";
import { defaultPayloadConverter } from "../converter/default_converters.ts";
import { bundleWorkflows } from "../realm/bundle.ts";
import type { RealmHost, RealmSettings } from "../realm/host.ts";
import { reportSlow } from "../realm/deadlock_log.ts";
import { createThreadedHost } from "../realm/thread/host.ts";
import type { Hosting, HostingOutlets } from "./hosting.ts";
import type { WorkflowHostOptions, WorkflowSource } from "./options.ts";

/** Workflow code that is ready to run. */
export interface WorkflowHost {
  realms: RealmHost;
  buildId: string;
}

/** How workflows are run. */
export interface WorkflowHostSettings
  extends Pick<WorkflowHostOptions, "buildId" | "workflowFailureExceptionTypes" | "showStackTraceSources"> {
  logger: Logger;
  meter?: MetricMeter;
  dataConverter: DataConverter;
  /** On the own thread, without a time limit, when unset. */
  hosting?: Hosting;
  outlets?: HostingOutlets;
  /** The activities that workflows may call locally; all may when unset. */
  localActivities?: RealmSettings["localActivities"];
}

/** Loads workflows; `buildId` is a hash of their code when unset. Rejects with ValueError when they do not load. */
export async function createWorkflowHost(
  workflows: WorkflowSource,
  options: WorkflowHostSettings,
): Promise<WorkflowHost> {
  checkConverters(options.dataConverter);
  const settings = loadSettings(workflows, options);
  const realms = await createHost(settings, options);
  return { realms, buildId: options.buildId ?? await hashCode((await settings).bundle.code) };
}

async function loadSettings(workflows: WorkflowSource, options: WorkflowHostSettings): Promise<RealmSettings> {
  const { dataConverter, workflowFailureExceptionTypes, showStackTraceSources, localActivities } = options;
  const { failureConverter, modules } = dataConverter;
  return {
    bundle: await bundleWorkflows({ workflows, dataConverter }),
    failureExceptionTypes: workflowFailureExceptionTypes,
    encodeCommonAttributes: failureConverter.constructor === DefaultFailureConverter &&
      (failureConverter as DefaultFailureConverter).encodeCommonAttributes,
    converters: Object.keys(modules) as RealmSettings["converters"],
    showStackTraceSources,
    localActivities,
  };
}

/** Threads start while the code is bundled. */
async function createHost(
  settings: Promise<RealmSettings>,
  { logger, meter, hosting, outlets }: WorkflowHostSettings,
): Promise<RealmHost> {
  const { threads, deadlockTimeout }: Hosting = hosting ?? { threads: 0 };
  const all = { ...outlets, logger, meter, deadlockTimeout };
  if (threads > 0) return await createThreadedHost({ ...all, settings, threads });
  // Where threads run the workflows, this one need not load what that takes.
  const [{ createRealmHost }, ready] = await Promise.all([import("../realm/host.ts"), settings]);
  return reportSlow(await createRealmHost({ ...all, ...ready }), deadlockTimeout, logger);
}

/** The build id that a worker of these workflows has by default: a hash of their bundled code. */
export async function loadDefaultBuildId(workflows: WorkflowSource): Promise<string> {
  return await hashCode((await bundleWorkflows({ workflows })).code);
}

/** Converters given by value stay outside of the realms, so that workflows would read and write something else. */
function checkConverters({ payloadConverter, failureConverter, modules }: DataConverter): void {
  const faults: string[] = [];
  if (payloadConverter !== defaultPayloadConverter && !modules.payloadConverter) faults.push("payloadConverter");
  if (failureConverter.constructor !== DefaultFailureConverter && !modules.failureConverter) {
    faults.push("failureConverter");
  }
  if (faults.length === 0) return;
  throw new ValueError(
    `dataConverter: workflows run isolated and cannot use a ${faults.join(" or a ")} given by value; ` +
      `give the URL of a module that exports ${faults.join(" and ")}`,
  );
}

async function hashCode(code: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code)));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
