/**
 * The root of all errors of this package, and the two that say what a caller did wrong.
 *
 * @module
 */

/** The codes of all errors: the class name without Error, in UPPER_SNAKE_CASE. They stay what they are. */
export type TemporalErrorCode =
  | "TEMPORAL"
  | "FAILURE"
  | "APPLICATION"
  | "CANCELLED"
  | "TERMINATED"
  | "SERVER"
  | "TIMEOUT"
  | "ACTIVITY"
  | "CHILD_WORKFLOW"
  | "NEXUS_OPERATION"
  | "WORKFLOW_ALREADY_STARTED"
  | "ACTIVITY_ALREADY_STARTED"
  | "NEXUS_OPERATION_ALREADY_STARTED"
  | "WORKFLOW_FAILURE"
  | "ACTIVITY_FAILURE"
  | "NEXUS_OPERATION_FAILURE"
  | "WORKFLOW_UPDATE_FAILED"
  | "WORKFLOW_CONTINUED_AS_NEW"
  | "WORKFLOW_QUERY_FAILED"
  | "WORKFLOW_QUERY_REJECTED"
  | "SCHEDULE_ALREADY_RUNNING"
  | "ASYNC_ACTIVITY_CANCELLED"
  | "RPC"
  | "NOT_FOUND"
  | "RPC_TIMEOUT_OR_CANCELLED"
  | "WORKFLOW_UPDATE_RPC_TIMEOUT_OR_CANCELLED"
  | "NONDETERMINISM"
  | "RESTRICTED_WORKFLOW_ACCESS"
  | "READ_ONLY_CONTEXT"
  | "CONTINUE_AS_NEW"
  | "COMPLETE_ASYNC"
  | "GRACEFUL_SHUTDOWN_PERIOD_EXPIRED"
  | "VALUE"
  | "ILLEGAL_STATE"
  | "HANDLER"
  | "OPERATION";

/** On each of our classes: what tells it from others with a static `code` of their own. */
const brand: unique symbol = Symbol.for("@anywhen/temporal/TemporalError") as never;

/** The root of all errors of this package. `instanceof` works across realms and copies of the package. */
export class TemporalError extends Error {
  /** The code of this class; in a class made by a user that of the class it extends. */
  static readonly code: TemporalErrorCode = "TEMPORAL";
  /** The name of this class, kept by minifiers. */
  static override readonly name: string = "TemporalError";
  static {
    // Marks the classes of all copies of this package.
    Object.defineProperty(this, brand, { value: true });
  }

  /** Tells the errors apart in a `switch`; stable. */
  readonly code: TemporalErrorCode;

  /** An error with a message, "" by default, and its cause. */
  constructor(message?: string, options?: { cause?: unknown }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = new.target.code;
  }

  /** The name of the class. */
  override get name(): string {
    return this.constructor.name;
  }

  override set name(name: string) {
    Object.defineProperty(this, "name", { value: name, writable: true, configurable: true });
  }

  /** Recognises errors by code, so that those of other realms and other copies of this package count too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (typeof value !== "object" || value === null) return false;
    const isOurs = Object.hasOwn(this, "code");
    let type: unknown = value.constructor;
    while (typeof type === "function") {
      if (type === this || (isOurs && isCopy(type, this.code))) return true;
      type = Object.getPrototypeOf(type);
    }
    return false;
  }
}

/** Whether a class is one of ours with this code, of whatever realm or copy of the package. */
function isCopy(type: object, code: TemporalErrorCode): boolean {
  const { [brand]: isBranded, code: itsCode } = type as { [brand]?: true; code?: TemporalErrorCode };
  return isBranded === true && itsCode === code;
}

/** A bad argument or option: thrown before anything is sent. */
export class ValueError extends TemporalError {
  static override readonly code: TemporalErrorCode = "VALUE";
  static override readonly name: string = "ValueError";
  declare readonly code: "VALUE";
}

/** A call at the wrong time, or outside of the context it needs. */
export class IllegalStateError extends TemporalError {
  static override readonly code: TemporalErrorCode = "ILLEGAL_STATE";
  static override readonly name: string = "IllegalStateError";
  declare readonly code: "ILLEGAL_STATE";
}
