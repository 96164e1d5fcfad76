/**
 * Continue-as-new, from the side of the runtime.
 *
 * @module
 */
import { definitionName, readArgs } from "../../../common/definition.ts";
import { optionalMilliseconds } from "../../../common/duration.ts";
import { ContinueAsNewError } from "../../../common/errors.ts";
import { searchAttributesToPayloads } from "../../../common/search.ts";
import type { ContinueAsNew } from "../../activation.ts";
import type { ContinueAsNewOptions } from "../../options.ts";
import { readChoice, readRetryPolicy } from "../calls/options.ts";
import type { Properties } from "../facts/properties.ts";
import type { RunState } from "../state.ts";
import type { Values } from "../values.ts";

/** What the next run is asked to be. */
export type Continuation = Omit<ContinueAsNew, "kind">;

const startVersions = ["AUTO_UPGRADE", "USE_RAMPING_VERSION"] as const;

/** What the ContinueAsNewErrors of a run ask for. */
export class Continuations {
  readonly #state: RunState;
  readonly #values: Values;
  readonly #properties: Properties;
  #byError: WeakMap<object, Continuation> | undefined;

  /** None yet. */
  constructor(state: RunState, values: Values, properties: Properties) {
    this.#state = state;
    this.#values = values;
    this.#properties = properties;
  }

  /** Throws a ContinueAsNewError of the realm. */
  throwFor(options: ContinueAsNewOptions<unknown> & { args?: unknown } = {}): never {
    this.#state.assertWritable("continueAsNew");
    const continuation = this.#make(options);
    const message = `the workflow continues as new ${continuation.workflowType}`;
    const error = this.#values.adopt(new ContinueAsNewError(message)) as Error;
    this.#byError ??= new WeakMap();
    this.#byError.set(error, continuation);
    throw error;
  }

  /** What an error asks for, undefined where it is no ContinueAsNewError. */
  find(error: unknown): Continuation | undefined {
    return typeof error === "object" && error !== null ? this.#byError?.get(error) : undefined;
  }

  #make(options: ContinueAsNewOptions<unknown> & { args?: unknown }): Continuation {
    const { workflowType, taskQueue } = this.#state.start!;
    const { workflow, memo, searchAttributes } = options;
    return {
      workflowType: workflow === undefined ? workflowType : definitionName(workflow, "workflow"),
      taskQueue: options.taskQueue ?? taskQueue,
      args: this.#values.encode(readArgs(options.args, "continueAsNew")),
      headers: {},
      runTimeout: optionalMilliseconds(options.runTimeout, "runTimeout"),
      taskTimeout: optionalMilliseconds(options.taskTimeout, "taskTimeout"),
      retryPolicy: readRetryPolicy(options.retryPolicy),
      // The engine knows of the start only; upserts count as well.
      memo: memo ? this.#values.encodeRecord(memo) : this.#properties.newMemo,
      searchAttributes: searchAttributes && searchAttributesToPayloads(searchAttributes),
      versioningIntent: options.versioningIntent,
      backoffStartInterval: optionalMilliseconds(options.backoffStartInterval, "backoffStartInterval"),
      initialVersioningBehavior: readChoice(
        options.initialVersioningBehavior,
        startVersions,
        "initialVersioningBehavior",
      ),
    };
  }
}
