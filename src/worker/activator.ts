/**
 * Passes activations into realms and completions back: codecs and size limits work here, outside.
 *
 * @module
 */
import { ApplicationError } from "../common/errors.ts";
import type { Failure } from "../common/failure.ts";
import type { WorkflowSerializationContext } from "../converter/context.ts";
import type { DataConverter } from "../converter/data.ts";
import type { WorkflowRealm } from "../realm/host.ts";
import type { Activation, Command, Completion } from "../workflow/activation.ts";
import { encodeAnyFailure } from "./failures.ts";
import { decodeActivation, encodeCompletion, findOversized, type OversizedField } from "./payload_visitor.ts";
import type { RunContexts } from "./run_contexts.ts";

/** What an activator needs. */
export interface ActivatorOptions {
  dataConverter: DataConverter;
  /** Bytes of payloads that the server takes in one field, undefined when unknown. */
  payloadLimit?: number;
}

/** Runs activations with what the server and the user's codec ask for. */
export class Activator {
  #options: ActivatorOptions;

  constructor(options: ActivatorOptions) {
    this.#options = options;
  }

  /** Lets a run take in an activation; codec errors reject. */
  async activate(realm: WorkflowRealm, activation: Activation, contexts: RunContexts): Promise<Completion> {
    const codec = this.#options.dataConverter.payloadCodec;
    if (!codec) return this.#limit(activation, await realm.activate(activation));
    const completion = await realm.activate(await decodeActivation(activation, codec, contexts));
    return this.#limit(activation, await encodeCompletion(completion, codec, contexts));
  }

  /** An error as a failure, for the server; never rejects. */
  async toFailure(error: unknown, context: WorkflowSerializationContext): Promise<Failure> {
    return await encodeAnyFailure(this.#options.dataConverter, error, "a workflow task", context);
  }

  #limit(activation: Activation, completion: Completion): Completion {
    const limit = this.#options.payloadLimit;
    const isQuery = activation.jobs[0]?.kind === "queryWorkflow";
    if (limit === undefined || completion.kind === "failed" || activation.isReplaying && !isQuery) return completion;
    const found = findOversized(completion, limit);
    if (!found) return completion;
    const failure = this.#tooLarge(found, limit);
    if (!isQuery) return { kind: "failed", failure, cause: "PAYLOADS_TOO_LARGE" };
    const commands = completion.commands.map((command): Command =>
      command === found.command && command.kind === "queryAnswered"
        ? { kind: "queryFailed", id: command.id, failure }
        : command
    );
    return { ...completion, commands };
  }

  #tooLarge({ command, field, size }: OversizedField, limit: number): Failure {
    const message = `[TMPRL1103] ${field} of ${describe(command)} is too large: ${size} bytes; ` +
      `the server takes at most ${limit}: pass less, or store it elsewhere and pass a reference`;
    const { failureConverter, payloadConverter } = this.#options.dataConverter;
    return failureConverter.toFailure(new ApplicationError(message, { type: "PayloadsTooLarge" }), payloadConverter);
  }
}

function describe(command: Command): string {
  if (command.kind === "scheduleActivity") return `activity ${command.activityType}`;
  return command.kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
