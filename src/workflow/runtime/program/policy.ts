/**
 * What the definition of a workflow and the options of its worker say of its errors and its version.
 *
 * @module
 */
import { FailureError, NondeterminismError } from "../../../common/errors.ts";
import type { VersioningBehavior } from "../../../common/options.ts";
import type { ErrorClass } from "../../definition.ts";
import type { Values } from "../values.ts";

/** What a definition, or what it decides for one run, may say. */
export interface PolicyOptions {
  failureExceptionTypes?: readonly ErrorClass[];
  versioningBehavior?: VersioningBehavior;
}

/** The policy of a run. */
export class Policy {
  /** Sent with every completion, where it is set. */
  versioningBehavior: VersioningBehavior | undefined;
  readonly #values: Values;
  readonly #names: ReadonlySet<string>;
  #classes: readonly ErrorClass[] = [];
  #failsOnNondeterminism: boolean | undefined;

  /** The names are those of error classes, by the worker's options. */
  constructor(values: Values, names: ReadonlySet<string>) {
    this.#values = values;
    this.#names = names;
  }

  /** Takes up what is set; what is not stays as it is. */
  apply({ failureExceptionTypes, versioningBehavior }: PolicyOptions): void {
    this.versioningBehavior = versioningBehavior ?? this.versioningBehavior;
    this.#classes = failureExceptionTypes ?? this.#classes;
    this.#failsOnNondeterminism = undefined;
  }

  /** Whether an error fails the workflow or update that it is thrown from: a FailureError, or one of a listed class. */
  isFailure(error: unknown): boolean {
    if (error instanceof FailureError) return true;
    return this.#isOfClass(error) || this.#names.size > 0 && hasClassOf(error, this.#names);
  }

  /** The classes are those of the realm, while converters throw errors of the runtime. */
  #isOfClass(error: unknown): boolean {
    if (this.#classes.length === 0) return false;
    const own = this.#values.adopt(error);
    return this.#classes.some((type) => own instanceof type);
  }

  /** Whether a fault that the engine finds fails the workflow, not the task. */
  get failsOnNondeterminism(): boolean {
    if (this.#classes.length === 0 && this.#names.size === 0) return false;
    return this.#failsOnNondeterminism ??= this.isFailure(new NondeterminismError(""));
  }
}

/** Whether the class of an error, or one that it extends, has one of these names. */
function hasClassOf(error: unknown, names: ReadonlySet<string>): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (names.has(String((error as Error).name))) return true;
  for (let type: unknown = error.constructor; typeof type === "function"; type = Object.getPrototypeOf(type)) {
    if (names.has(type.name)) return true;
  }
  return false;
}
