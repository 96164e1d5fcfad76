/** Drives runs in realms with activations made by hand. */
import type { LogAttributes, Logger } from "../../src/common/logger.ts";
import type { Failure } from "../../src/common/failure.ts";
import type { Payload } from "../../src/common/payload.ts";
import { sdkName, version } from "../../src/common/version.ts";
import { basePayloadConverter } from "../support/payload_converter.ts";
import { bundleWorkflows } from "../../src/realm/bundle.ts";
import { createRealmHost, type RealmHost, type WorkflowRealm } from "../../src/realm/host.ts";
import type { Activation, Command, Completion, Initialize, Job } from "../../src/workflow/activation.ts";

export interface LogLine {
  level: string;
  message: string;
  attributes: LogAttributes;
}

/** A host of the workflows in some modules, and what they log. */
export interface TestHost {
  host: RealmHost;
  lines: LogLine[];
}

export async function openHost(...modules: URL[]): Promise<TestHost> {
  const lines: LogLine[] = [];
  const write = (level: string) => (message: string, attributes: LogAttributes = {}) => {
    lines.push({ level, message, attributes });
  };
  const logger: Logger = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const bundle = await bundleWorkflows({ workflows: modules });
  return { host: await createRealmHost({ bundle, logger }), lines };
}

export function encode(value: unknown): Payload {
  return basePayloadConverter.toPayload(value);
}

export function decode(payload: Payload | undefined): unknown {
  return payload && basePayloadConverter.fromPayload(payload);
}

/** A time whose fraction workflow code in `Date` does not see. */
export const startTime = 1_700_000_000_000.25;

/** A run, and the time that passes for it. */
export class TestRun {
  readonly realm: WorkflowRealm;
  readonly runId: string;
  time = startTime;
  isReplaying = false;
  /** What activations hold besides. */
  more: Partial<Activation> = {};
  flags: number[] = [];
  sdk: Activation["sdk"] = { name: sdkName, version };
  #historyLength = 0;

  constructor({ host }: TestHost, runId: string = "run-1") {
    this.runId = runId;
    this.realm = host.createRun({ runId });
  }

  /** Activates; the completion may be of either kind. */
  async activate(...jobs: Job[]): Promise<Completion> {
    this.#historyLength += 3;
    const activation: Activation = {
      runId: this.runId,
      time: this.time,
      isReplaying: this.isReplaying,
      historyLength: this.#historyLength,
      historySize: 1000,
      continueAsNewSuggested: false,
      buildId: "build-1",
      targetVersionChanged: false,
      flags: this.flags,
      sdk: this.sdk,
      ...this.more,
      jobs,
    };
    return await this.realm.activate(activation);
  }

  /** Activates and gives the commands. */
  async commands(...jobs: Job[]): Promise<Command[]> {
    const completion = await this.activate(...jobs);
    if (completion.kind === "failed") throw new Error(`the task failed: ${completion.failure.message}`);
    return completion.commands;
  }

  /** Activates and gives the failure of the task. */
  async failure(...jobs: Job[]): Promise<Failure & { taskCause: string }> {
    const completion = await this.activate(...jobs);
    if (completion.kind !== "failed") throw new Error(`the task did not fail: ${describe(completion.commands)}`);
    return { ...completion.failure, taskCause: completion.cause };
  }

  /** Activates and gives the result of the workflow. */
  async result(...jobs: Job[]): Promise<unknown> {
    const commands = await this.commands(...jobs);
    const end = commands.at(-1);
    if (end?.kind !== "completeWorkflow") throw new Error(`the workflow did not complete: ${describe(commands)}`);
    return decode(end.result);
  }

  /** Asks a query and gives its answer. */
  async query(name: string, ...args: unknown[]): Promise<unknown> {
    const [answer] = await this.commands(queryJob(name, args));
    if (answer.kind !== "queryAnswered") throw new Error(`the query was not answered: ${describe([answer])}`);
    return decode(answer.result);
  }
}

export function start(workflowType: string, args: unknown[] = [], more: Partial<Initialize> = {}): Initialize {
  return {
    kind: "initialize",
    workflowId: "workflow-1",
    workflowType,
    namespace: "default",
    taskQueue: "queue-1",
    args: args.map(encode),
    headers: {},
    randomSeed: 0x0123456789abcdefn,
    firstExecutionRunId: "run-0",
    attempt: 1,
    priority: {},
    taskTimeout: 10_000,
    memo: {},
    searchAttributes: {},
    workflowStartTime: 1_699_999_999_000,
    ...more,
  };
}

export function signalJob(name: string, ...args: unknown[]): Job {
  return { kind: "signalWorkflow", name, args: args.map(encode), headers: {}, identity: "test" };
}

export function queryJob(name: string, args: unknown[] = []): Job {
  return { kind: "queryWorkflow", id: "query-1", name, args: args.map(encode), headers: {} };
}

export function updateJob(name: string, args: unknown[] = [], runValidator: boolean = true): Job {
  return {
    kind: "doUpdate",
    id: `id-${name}`,
    protocolInstanceId: `p-${name}`,
    name,
    args: args.map(encode),
    headers: {},
    identity: "test",
    runValidator,
  };
}

export function completed(seq: number, result?: unknown): Job {
  return { kind: "resolveActivity", seq, resolution: { status: "completed", result: encode(result) } };
}

export const cancelJob: Job = { kind: "cancelWorkflow", reason: "no longer needed" };

/** The kinds of commands, in order. */
export function kinds(commands: Command[]): string[] {
  return commands.map(({ kind }) => kind);
}

/** The application failure that commands end with. */
export function findFailure(commands: Command[]): { message: string; type: unknown } {
  const end = commands.at(-1);
  if (end?.kind !== "failWorkflow") throw new Error(`the workflow did not fail: ${describe(commands)}`);
  return { message: end.failure.message, type: end.failure.failureInfo?.value?.type };
}

function describe(commands: Command[]): string {
  return commands.map((command) => "failure" in command ? `${command.kind}: ${command.failure.message}` : command.kind)
    .join(", ") || "no commands";
}
