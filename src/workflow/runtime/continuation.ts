/**
 * Continue-as-new, from the side of the runtime.
 *
 * @module
 */
import { definitionName, readArgs } from "../../common/definition.ts";
import { optionalMilliseconds } from "../../common/duration.ts";
import { ContinueAsNewError } from "../../common/errors.ts";
import { searchAttributesToPayloads } from "../../common/search.ts";
import type { ContinueAsNew } from "../activation.ts";
import type { ContinueAsNewOptions } from "../options.ts";
import { readRetryPolicy } from "./activity_request.ts";
import type { RunState } from "./state.ts";
import type { Values } from "./values.ts";

/** What the next run is asked to be. */
export type Continuation = Omit<ContinueAsNew, "kind">;

/** What the ContinueAsNewErrors of a run ask for. */
export class Continuations {
  readonly #state: RunState;
  readonly #values: Values;
  readonly #byError: WeakMap<object, Continuation> = new WeakMap();

  /** None yet. */
  constructor(state: RunState, values: Values) {
    this.#state = state;
    this.#values = values;
  }

  /** Throws a ContinueAsNewError of the realm. */
  throwFor(options: ContinueAsNewOptions<unknown> & { args?: unknown } = {}): never {
    this.#state.assertWritable("continueAsNew");
    const continuation = this.#make(options);
    const message = `the workflow continues as new ${continuation.workflowType}`;
    const error = this.#values.adopt(new ContinueAsNewError(message)) as Error;
    this.#byError.set(error, continuation);
    throw error;
  }

  /** What an error asks for, undefined where it is no ContinueAsNewError. */
  find(error: unknown): Continuation | undefined {
    return typeof error === "object" && error !== null ? this.#byError.get(error) : undefined;
  }

  #make(options: ContinueAsNewOptions<unknown> & { args?: unknown }): Continuation {
    const { workflowType, taskQueue } = this.#state.start!;
    const { workflow, memo, searchAttributes, retryPolicy } = options;
    return {
      workflowType: workflow === undefined ? workflowType : definitionName(workflow, "workflow"),
      taskQueue: options.taskQueue ?? taskQueue,
      args: this.#values.encode(readArgs(options.args, "continueAsNew")),
      headers: {},
      runTimeout: optionalMilliseconds(options.runTimeout, "runTimeout"),
      taskTimeout: optionalMilliseconds(options.taskTimeout, "taskTimeout"),
      retryPolicy: retryPolicy && readRetryPolicy(retryPolicy),
      memo: memo && this.#encodeMemo(memo),
      searchAttributes: searchAttributes && searchAttributesToPayloads(searchAttributes),
      versioningIntent: options.versioningIntent,
    };
  }

  #encodeMemo(memo: Record<string, unknown>): ContinueAsNew["memo"] {
    const keys = Object.keys(memo).filter((key) => memo[key] !== undefined);
    const payloads = this.#values.encode(keys.map((key) => memo[key]));
    return Object.fromEntries(keys.map((key, index) => [key, payloads[index]]));
  }
}
