/**
 * Passes activations into realms and completions back: codecs and size limits work here, outside.
 *
 * @module
 */
import { ApplicationError } from "../common/errors.ts";
import type { Failure } from "../common/failure.ts";
import type { HeaderCodecBehavior } from "../common/options.ts";
import type { WorkflowSerializationContext } from "../converter/context.ts";
import type { DataConverter } from "../converter/data.ts";
import type { WorkflowRealm } from "../realm/host.ts";
import type { Activation, Command, Completion } from "../workflow/activation.ts";
import { encodeAnyFailure } from "./failures.ts";
import { findOversized, type OversizedField, type SizeLimits } from "./payload_limits.ts";
import { decodeActivation, encodeCompletion } from "./payload_visitor.ts";
import type { RunContexts } from "./run_contexts.ts";

/** What an activator needs. */
export interface ActivatorOptions extends SizeLimits {
  dataConverter: DataConverter;
  /** Headers of workflows pass through the codec unless it is "NO_CODEC", as it is when unset. */
  headerCodecBehavior?: HeaderCodecBehavior;
}

/** Runs activations with what the server and the user's codec ask for. */
export class Activator {
  #options: ActivatorOptions;

  constructor(options: ActivatorOptions) {
    this.#options = options;
  }

  /** Lets a run take in an activation; codec errors reject. */
  async activate(realm: WorkflowRealm, activation: Activation, contexts: RunContexts): Promise<Completion> {
    const { headerCodecBehavior = "NO_CODEC", dataConverter: { payloadCodec: codec } } = this.#options;
    if (!codec) return await this.#limit(activation, await realm.activate(activation), contexts);
    const use = { codec, contexts, codesHeaders: headerCodecBehavior !== "NO_CODEC" };
    const completion = await realm.activate(await decodeActivation(activation, use));
    return await this.#limit(activation, await encodeCompletion(completion, use), contexts);
  }

  /** An error as a failure, for the server; never rejects. */
  async toFailure(error: unknown, context: WorkflowSerializationContext): Promise<Failure> {
    return await encodeAnyFailure(
      this.#options.dataConverter,
      error,
      "Failed converting activation exception",
      context,
    );
  }

  /** In the place of what the server would not take, a failure: of the task, or of the query that asked for it. */
  async #limit(activation: Activation, completion: Completion, contexts: RunContexts): Promise<Completion> {
    const isQuery = activation.jobs[0]?.kind === "queryWorkflow";
    if (completion.kind === "failed" || activation.isReplaying && !isQuery) return completion;
    const first = findOversized(completion.commands, this.#options);
    if (!first) return completion;
    if (!isQuery) {
      return { kind: "failed", failure: await this.#tooLarge(first, contexts), cause: "PAYLOADS_TOO_LARGE" };
    }
    const commands = await Promise.all(completion.commands.map(async (command): Promise<Command> => {
      const found = command.kind === "queryAnswered" ? findOversized([command], this.#options) : undefined;
      if (command.kind !== "queryAnswered" || !found) return command;
      return { kind: "queryFailed", id: command.id, failure: await this.#tooLarge(found, contexts) };
    }));
    return { ...completion, commands };
  }

  async #tooLarge({ command, field, size, limit }: OversizedField, contexts: RunContexts): Promise<Failure> {
    const message = `[TMPRL1103] ${field} of ${describe(command)} is too large: ${size} bytes; ` +
      `the server takes at most ${limit}: pass less, or store it elsewhere and pass a reference`;
    return await this.toFailure(new ApplicationError(message, { type: "PayloadsTooLarge" }), contexts.workflow);
  }
}

function describe(command: Command): string {
  if (command.kind === "scheduleActivity") return `activity ${command.activityType}`;
  return command.kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
