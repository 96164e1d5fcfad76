/**
 * What is not deterministic, and what to use instead.
 *
 * @module
 */

/** A global that workflow code may name but not use. */
export interface Restriction {
  /** Functions refuse to be called, objects the use of their properties. */
  kind: "function" | "object";
  /** What to do instead. */
  advice: string;
}

const inActivity = "call it in an activity";
const asFunction = (advice: string): Restriction => ({ kind: "function", advice });
const asObject = (advice: string): Restriction => ({ kind: "object", advice });
const noSharedMemory = "runs share no memory; use workflow state, or an activity";

/** The restricted globals. */
export const restrictedGlobals: Readonly<Record<string, Restriction>> = {
  Atomics: asObject(noSharedMemory),
  BroadcastChannel: asFunction("use signals"),
  Bun: asObject(inActivity),
  Deno: asObject(inActivity),
  EventSource: asFunction(inActivity),
  fetch: asFunction(inActivity),
  FinalizationRegistry: asFunction("garbage collection is not deterministic; clean up explicitly"),
  indexedDB: asObject("keep it in workflow state"),
  localStorage: asObject("keep it in workflow state"),
  MessageChannel: asFunction("use promises"),
  performance: asObject("use Date.now() or workflow.now()"),
  process: asObject("pass what is needed as an argument, or read it in an activity"),
  require: asFunction("use import"),
  sessionStorage: asObject("keep it in workflow state"),
  setImmediate: asFunction("use queueMicrotask or workflow.sleep"),
  setInterval: asFunction("call workflow.sleep in a loop"),
  clearInterval: asFunction("call workflow.sleep in a loop"),
  ShadowRealm: asFunction("what runs in another realm is not deterministic; import the code"),
  SharedArrayBuffer: asFunction(noSharedMemory),
  WeakRef: asFunction("garbage collection is not deterministic; keep a plain reference"),
  WebAssembly: asObject("it compiles in the background, out of reach of the history; call it in an activity"),
  WebSocket: asFunction(inActivity),
  Worker: asFunction(inActivity),
  XMLHttpRequest: asFunction(inActivity),
};

/** What to use instead of an API, named as it was used: `fetch`, `process.env.HOME`, `node:fs readFile`. */
export function findAdvice(path: string): string {
  const [name] = path.split(/[. ]/, 1);
  if (Object.hasOwn(restrictedGlobals, name)) return restrictedGlobals[name].advice;
  if (name === "crypto") return inActivity;
  if (path.startsWith("@anywhen/temporal")) {
    return "use it outside workflow code, for example under `if (import.meta.main)`";
  }
  return inActivity;
}
