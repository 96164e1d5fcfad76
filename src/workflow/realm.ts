/**
 * What a realm offers to the runtime: the entry of each bundle calls {@link openRealm} with the user's modules.
 *
 * @module
 */
import type { WorkflowClass } from "../common/definition.ts";
import { CancelledError, IllegalStateError, ReadOnlyContextError, ValueError } from "../common/errors.ts";
import { RawValue } from "../common/payload.ts";
import type { Initialize } from "./activation.ts";
import type { RealmBridge, RuntimeErrorKind, UserCall, WorkflowMain } from "./bridge.ts";
import { readContinuation } from "./continuation.ts";
import { type Converters, decodeValues, encodeFailure, encodeValue, useConverters } from "./conversion.ts";
import { currentRun } from "./current.ts";
import { classHandlers } from "./decorators.ts";
import { copyPlain } from "./plain.ts";
import { findRunnable, listWorkflows, type Runnable } from "./registry.ts";

/** Opens this realm to the runtime. */
export function openRealm(modules: readonly object[], converters: Converters): RealmBridge {
  useConverters(converters);
  return {
    list: () => listWorkflows(modules),
    prepare: ({ module, exportName }, start) => {
      const runnable = findRunnable((modules[module] as Record<string, unknown>)[exportName])!;
      return prepare(runnable, start);
    },
    perform,
    decode: (payloads, schemas) => decodeValues(payloads, schemas),
    decodeRaw: (payloads) => Array.from(payloads, (payload) => new RawValue(copyPlain(payload))),
    encode: (value) => encodeValue(value),
    encodeFailure,
    makeError,
    readContinuation,
  };
}

/** The awaits are part of what histories rely on: two promise jobs from the end of user code to the callback. */
function perform(call: UserCall, done: (value: unknown) => void, failed: (error: unknown) => void): void {
  callUser(call).then(done, failed);
}

async function callUser({ fn, self, args }: UserCall): Promise<unknown> {
  return await Reflect.apply(fn, self, args);
}

function prepare(runnable: Runnable, start: Initialize): WorkflowMain {
  const args = runnable.dynamic
    ? [Array.from(start.args, (payload) => new RawValue(copyPlain(payload)))]
    : decodeValues(start.args, runnable.schemas);
  if (runnable.kind === "function") {
    return { call: { fn: runnable.target as UserCall["fn"], self: undefined, args }, instance: undefined };
  }
  const instance = Reflect.construct(runnable.target as WorkflowClass & (new () => object), args) as UserInstance;
  const { handlers } = currentRun("a workflow");
  for (const { kind, name, entry } of classHandlers(instance)) handlers.set(kind, name, entry);
  return { call: { fn: instance.run, self: instance, args }, instance };
}

interface UserInstance {
  run(...args: never[]): unknown;
}

function makeError(kind: RuntimeErrorKind, message: string): Error {
  switch (kind) {
    case "CancelledError":
      return new CancelledError(message);
    case "IllegalStateError":
      return new IllegalStateError(message);
    case "ReadOnlyContextError":
      return new ReadOnlyContextError(message);
    case "ValueError":
      return new ValueError(message);
  }
}
