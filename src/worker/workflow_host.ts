/**
 * Loads workflow code: bundles it once, names its version, makes the realms for its runs.
 *
 * @module
 */
import type { Logger } from "../common/logger.ts";
import { ValueError } from "../common/errors.ts";
import type { DataConverter } from "../converter/data.ts";
import { DefaultFailureConverter } from "../converter/failure.ts";
import { defaultPayloadConverter } from "../converter/protobuf.ts";
import { bundleWorkflows } from "../realm/bundle.ts";
import { createRealmHost, type RealmHost } from "../realm/host.ts";
import type { WorkflowSource } from "./options.ts";

/** Workflow code that is ready to run. */
export interface WorkflowHost {
  realms: RealmHost;
  buildId: string;
}

/** Loads workflows; `buildId` is a hash of their code when unset. Rejects with ValueError when they do not load. */
export async function createWorkflowHost(
  workflows: WorkflowSource,
  options: { logger: Logger; dataConverter: DataConverter; buildId?: string },
): Promise<WorkflowHost> {
  const { dataConverter } = options;
  checkConverters(dataConverter);
  const bundle = await bundleWorkflows({ workflows, dataConverter });
  const buildId = options.buildId ?? await hashCode(bundle.code);
  return { realms: await createRealmHost({ bundle, logger: options.logger }), buildId };
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
