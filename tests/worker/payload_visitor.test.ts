// deno-lint-ignore-file no-explicit-any
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Failure } from "../../src/common/failure.ts";
import type { Payload } from "../../src/common/payload.ts";
import type { PayloadCodec } from "../../src/converter/codec.ts";
import type { SerializationContext } from "../../src/converter/context.ts";
import { CodecCalls } from "../../src/worker/codec_calls.ts";
import { findOversized } from "../../src/worker/payload_limits.ts";
import { decodeActivation, encodeCompletion } from "../../src/worker/payload_visitor.ts";
import { RunContexts } from "../../src/worker/run_contexts.ts";
import type { Activation, Command, Job } from "../../src/workflow/activation.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const payload = (text: string): Payload => ({ metadata: {}, data: encoder.encode(text) });

/** Marks what it sees, and writes down of what context it was told. */
function marking(): { codec: PayloadCodec; seen: Map<string, SerializationContext | undefined> } {
  const seen = new Map<string, SerializationContext | undefined>();
  const mark = (sign: string) => (payloads: Payload[], context?: SerializationContext) =>
    Promise.resolve(payloads.map(({ data }) => {
      const text = decoder.decode(data);
      assert.ok(!seen.has(text), `${text} is visited twice`);
      seen.set(text, context);
      return payload(text + sign);
    }));
  return { codec: { encode: mark("+"), decode: mark("-") }, seen };
}

function makeContexts(): RunContexts {
  return new RunContexts({ namespace: "default", workflowId: "w", workflowType: "hello", taskQueue: "queue" });
}

/** A failure with payloads in all places, two levels deep. */
function failure(text: string, cause: Failure | undefined = failure(`${text}.cause`, noCause)): Failure {
  return {
    message: "m",
    source: "s",
    stackTrace: "",
    encodedAttributes: payload(`${text}.attributes`),
    cause: cause === noCause ? undefined : cause,
    failureInfo: {
      case: "timeoutFailureInfo",
      value: {
        details: { payloads: [payload(`${text}.details`)] },
        lastHeartbeatDetails: { payloads: [payload(`${text}.heartbeat`)] },
      },
    },
  };
}

const noCause = {} as Failure;
const headers = { h: payload("headers") };
const searchAttributes = { s: payload("searchAttributes") };
const metadata = { summary: payload("summary"), details: payload("details") };
const args = [payload("arg 1"), payload("arg 2")];
const memo = { a: payload("memo a"), b: payload("memo b") };

/** One job of each kind and form, whose payloads have texts of their own. */
const jobs: Job[] = [
  {
    kind: "initialize",
    args,
    headers,
    memo,
    searchAttributes,
    lastCompletionResult: [payload("last result")],
    lastFailure: failure("last failure"),
  } as unknown as Job,
  { kind: "notifyHasPatch", patchId: "p" },
  { kind: "updateRandomSeed", randomSeed: 1n },
  { kind: "signalWorkflow", name: "s", args, headers, identity: "" },
  { kind: "doUpdate", id: "u", protocolInstanceId: "u", name: "u", args, headers, identity: "", runValidator: true },
  { kind: "fireTimer", seq: 1 },
  { kind: "resolveActivity", seq: 1, resolution: { status: "completed", result: payload("result") } },
  { kind: "resolveActivity", seq: 2, resolution: { status: "failed", failure: failure("failure") } },
  { kind: "resolveLocalActivity", seq: 3, resolution: { status: "cancelled", failure: failure("failure") } },
  { kind: "resolveChildStart", seq: 1, resolution: { status: "cancelled", failure: failure("failure") } },
  { kind: "resolveChild", seq: 1, resolution: { status: "completed", result: payload("result") } },
  { kind: "resolveSignalExternal", seq: 1, failure: failure("failure") },
  { kind: "resolveCancelExternal", seq: 1, failure: failure("failure") },
  { kind: "cancelWorkflow", reason: "" },
  { kind: "queryWorkflow", id: "q", name: "q", args, headers },
  { kind: "removeFromCache", reason: "" },
];

/** One command of each kind and form. */
const commands: Command[] = [
  { kind: "startTimer", seq: 1, duration: 5, metadata },
  { kind: "cancelTimer", seq: 1 },
  { kind: "scheduleActivity", seq: 1, args, headers, metadata } as unknown as Command,
  { kind: "requestCancelActivity", seq: 1 },
  { kind: "scheduleLocalActivity", seq: 2, args, headers, metadata } as unknown as Command,
  { kind: "requestCancelLocalActivity", seq: 2 },
  { kind: "startChild", seq: 1, args, headers, memo, searchAttributes, metadata } as unknown as Command,
  { kind: "cancelChild", seq: 1, reason: "" },
  { kind: "signalExternal", seq: 1, args, headers } as unknown as Command,
  { kind: "cancelSignalExternal", seq: 1 },
  { kind: "requestCancelExternal", seq: 1, workflowId: "other", runId: "", reason: "" },
  { kind: "setPatchMarker", patchId: "p", deprecated: false },
  { kind: "upsertSearchAttributes", searchAttributes },
  { kind: "upsertMemo", memo },
  { kind: "updateAccepted", protocolInstanceId: "u" },
  { kind: "updateRejected", protocolInstanceId: "u", failure: failure("failure") },
  { kind: "updateCompleted", protocolInstanceId: "u", outcome: { result: payload("result") } },
  { kind: "updateCompleted", protocolInstanceId: "u", outcome: { failure: failure("failure") } },
  { kind: "queryAnswered", id: "q", result: payload("result") },
  { kind: "queryFailed", id: "q", failure: failure("failure") },
  { kind: "completeWorkflow", result: payload("result") },
  { kind: "failWorkflow", failure: failure("failure") },
  { kind: "cancelWorkflow" },
  { kind: "continueAsNew", args, headers, memo, searchAttributes } as unknown as Command,
];

/** The texts of all payloads in a value, those in headers and search attributes apart. */
function textsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  if ("data" in value && value.data instanceof Uint8Array) return [decoder.decode(value.data)];
  return Object.values(value).flatMap(textsIn);
}

const left = new Set(["headers", "searchAttributes"]);

async function decodeJob(job: Job, use: { codec: PayloadCodec; codesHeaders?: boolean }): Promise<Job> {
  const activation = { jobs: [job] } as Activation;
  return (await decodeActivation(activation, { codesHeaders: false, contexts: makeContexts(), ...use })).jobs[0];
}

async function encodeCommand(command: Command, use: { codec: PayloadCodec; codesHeaders?: boolean }): Promise<Command> {
  const completion = { kind: "successful", commands: [command], usedFlags: [] } as const;
  const encoded = await encodeCompletion({ ...completion, commands: [command], usedFlags: [] }, {
    codesHeaders: false,
    contexts: makeContexts(),
    ...use,
  });
  assert.ok(encoded.kind === "successful");
  return encoded.commands[0];
}

describe("payload visitor", () => {
  test("there is a sample of each kind", () => {
    const kinds = new Set<string>([...jobs, ...commands].map(({ kind }) => kind));
    assert.equal(kinds.size, 15 + 23 - 1, "cancelWorkflow is a job and a command");
  });

  for (const job of jobs) {
    test(`DATA-16 every payload of ${job.kind} is decoded once, in its place`, async () => {
      const { codec, seen } = marking();
      const before = structuredClone(job);
      const decoded = await decodeJob(job, { codec });
      const expected = textsIn(job).map((text) => left.has(text) ? text : `${text}-`);
      assert.deepEqual(textsIn(decoded), expected);
      assert.equal(seen.size, expected.filter((text) => text.endsWith("-")).length);
      assert.deepEqual(job, before, "the original must stay");
    });
  }

  for (const command of commands) {
    test(`DATA-16 every payload of ${command.kind} is encoded once, in its place`, async () => {
      const { codec, seen } = marking();
      const encoded = await encodeCommand(command, { codec });
      const expected = textsIn(command).map((text) => left.has(text) ? text : `${text}+`);
      assert.deepEqual(textsIn(encoded), expected);
      assert.equal(seen.size, expected.filter((text) => text.endsWith("+")).length);
    });
  }

  test("DATA-18 trap 24: headers are visited where the client says so, search attributes never", async () => {
    for (const job of jobs.filter((job) => "headers" in job)) {
      const { headers, searchAttributes } = await decodeJob(job, { codec: marking().codec, codesHeaders: true }) as any;
      assert.deepEqual(textsIn(headers), ["headers-"]);
      assert.ok(!searchAttributes || textsIn(searchAttributes)[0] === "searchAttributes");
      const untold = await decodeJob(job, { codec: marking().codec }) as any;
      assert.deepEqual(textsIn(untold.headers), ["headers"]);
    }
    for (const command of commands.filter((command) => "headers" in command)) {
      const encoded = await encodeCommand(command, { codec: marking().codec, codesHeaders: true }) as any;
      assert.deepEqual(textsIn(encoded.headers), ["headers+"]);
    }
  });

  test("DATA-16 lists may shrink and grow, single payloads not", async () => {
    const doubling: PayloadCodec = {
      encode: (payloads) => Promise.resolve([...payloads, ...payloads]),
      decode: () => Promise.resolve([]),
    };
    const command = await encodeCommand({ kind: "signalExternal", seq: 1, args } as unknown as Command, {
      codec: doubling,
    });
    assert.equal(textsIn(command).length, 4);
    assert.deepEqual((await decodeJob(jobs[3], { codec: doubling }) as any).args, []);
    await assert.rejects(
      encodeCommand({ kind: "completeWorkflow", result: payload("x") }, { codec: doubling }),
      /with 2/,
    );
  });

  test("DATA-16 META-03 a codec that returns what it gets changes nothing", async () => {
    const identity: PayloadCodec = { encode: (all) => Promise.resolve(all), decode: (all) => Promise.resolve(all) };
    for (const job of jobs) assert.deepEqual(await decodeJob(job, { codec: identity }), job);
    for (const command of commands) assert.deepEqual(await encodeCommand(command, { codec: identity }), command);
  });

  test("a codec may change the payloads that it gets", async () => {
    const emptying: PayloadCodec = {
      encode: (payloads) => Promise.resolve(payloads.map((given) => Object.assign(given, { data: new Uint8Array() }))),
      decode: (payloads) => Promise.resolve(payloads.splice(0)),
    };
    const before = structuredClone({ commands, jobs });
    for (const command of commands) await encodeCommand(command, { codec: emptying });
    for (const job of jobs) await decodeJob(job, { codec: emptying });
    assert.deepEqual({ commands, jobs }, before);
  });

  test("what removes an entry of the memo stays as the server knows it", async () => {
    const removal: Payload = { metadata: { encoding: encoder.encode("binary/null") }, data: new Uint8Array() };
    const memo = { gone: removal, kept: payload("kept") };
    const { codec } = marking();
    const encoded = await encodeCommand({ kind: "upsertMemo", memo }, { codec }) as any;
    assert.deepEqual(encoded.memo, { gone: removal, kept: payload("kept+") });
  });

  test("a failed completion has its failure encoded", async () => {
    const { codec } = marking();
    const failed = { kind: "failed", failure: failure("f"), cause: "WORKFLOW_WORKER_UNHANDLED_FAILURE" } as const;
    const encoded = await encodeCompletion(failed, { codec, contexts: makeContexts(), codesHeaders: false });
    assert.deepEqual(textsIn(encoded), textsIn(failed).map((text) => `${text}+`));
  });

  test("the first field over its limit is found, nested ones too, failures are not counted", () => {
    const find = (...commands: any[]) => findOversized(commands, { payloadLimit: 10, memoLimit: 5 });
    const large = payload("x".repeat(11));
    assert.equal(find({ kind: "completeWorkflow", result: payload("small") }), undefined);
    assert.equal(find({ kind: "failWorkflow", failure: failure("x".repeat(50)) }), undefined);
    assert.equal(find({ kind: "scheduleActivity", headers: { h: large }, args: [] }), undefined);
    assert.equal(find({ kind: "upsertSearchAttributes", searchAttributes: { s: large } }), undefined);
    assert.equal(find({ kind: "completeWorkflow", result: large })?.field, "result");
    const halves = [payload("x".repeat(6)), payload("y".repeat(6))];
    assert.equal(find({ kind: "scheduleActivity", args: halves })?.size, 12);
    assert.equal(find({ kind: "updateCompleted", outcome: { result: large } })?.field, "result");
    const memo = { m: payload("123456") };
    assert.equal(find({ kind: "startChild", memo })?.limit, 5);
    assert.equal(find({ kind: "upsertMemo", memo }), undefined);
    assert.equal(findOversized([{ kind: "completeWorkflow", result: large }], {}), undefined);
  });
});

describe("contexts of a run", () => {
  const own = { kind: "workflow", namespace: "default", workflowId: "w" };
  const activity = {
    kind: "activity",
    namespace: "default",
    activityId: "a",
    activityType: "greet",
    workflowId: "w",
    workflowType: "hello",
  };
  const asked: Command[] = [
    {
      kind: "scheduleActivity",
      seq: 1,
      activityId: "a",
      activityType: "greet",
      taskQueue: "other",
      args,
    } as unknown as Command,
    { kind: "scheduleLocalActivity", seq: 2, activityId: "a", activityType: "greet", args } as unknown as Command,
    { kind: "startChild", seq: 1, workflowId: "child", args } as unknown as Command,
    { kind: "startChild", seq: 2, workflowId: "sibling", args } as unknown as Command,
    { kind: "signalExternal", seq: 1, workflowId: "target", args } as unknown as Command,
    { kind: "requestCancelExternal", seq: 1, workflowId: "stopped", runId: "", reason: "" },
  ];

  test("SCTX-02 SCTX-05 SCTX-06 are those of what is asked, for the answer too, and forgotten then", () => {
    const contexts = makeContexts();
    for (const command of asked) {
      contexts.note(command);
      contexts.ofCommand(command, "args");
    }
    const failed = { status: "failed", failure: failure("f") } as const;
    const answers: [Job, expected: object][] = [
      [{ kind: "resolveChildStart", seq: 1, resolution: { status: "started", runId: "r" } }, own],
      [{ kind: "resolveActivity", seq: 1, resolution: failed }, {
        ...activity,
        activityTaskQueue: "other",
        isLocal: false,
      }],
      [{ kind: "resolveLocalActivity", seq: 2, resolution: failed }, {
        ...activity,
        activityTaskQueue: "queue",
        isLocal: true,
      }],
      [{ kind: "resolveChildStart", seq: 2, resolution: { status: "cancelled", failure: failure("f") } }, {
        ...own,
        workflowId: "sibling",
      }],
      [{ kind: "resolveChild", seq: 1, resolution: failed }, { ...own, workflowId: "child" }],
      [{ kind: "resolveSignalExternal", seq: 1 }, { ...own, workflowId: "target" }],
      [{ kind: "resolveCancelExternal", seq: 1 }, { ...own, workflowId: "stopped" }],
    ];
    for (const [job, expected] of answers) assert.deepEqual(contexts.ofJob(job), expected);
    for (const [job] of answers) assert.deepEqual(contexts.ofJob(job), own);
  });

  test("everything else belongs to the workflow, summaries of activities too", () => {
    const contexts = makeContexts();
    assert.deepEqual(contexts.ofCommand(asked[0], "metadata"), own);
    assert.deepEqual(contexts.ofCommand({ kind: "completeWorkflow" } as unknown as Command, "result"), own);
    assert.deepEqual(contexts.ofJob(jobs[0]), own);
    assert.deepEqual(contexts.ofCommand(asked[2], "metadata"), { ...own, workflowId: "child" });
  });
});

describe("calls of a codec", () => {
  /** A codec whose calls end when they are told to. */
  function pausing() {
    const open: { resolve: () => void; reject: (error: Error) => void }[] = [];
    let started = 0;
    const code = (payloads: Payload[]) => {
      started += 1;
      return new Promise<Payload[]>((resolve, reject) => open.push({ resolve: () => resolve(payloads), reject }));
    };
    const codec: PayloadCodec = { encode: code, decode: code };
    return { codec, open, started: () => started };
  }
  const settle = () => new Promise((resolve) => setTimeout(resolve));

  test("DATA-17 only so many are under way, over all fields", async () => {
    const { codec, open, started } = pausing();
    const many = Array.from({ length: 40 }, (_, seq) => ({ kind: "signalExternal", seq, args }) as unknown as Command);
    const completion = { kind: "successful", commands: many, usedFlags: [] } as const;
    const encoded = encodeCompletion({ ...completion, usedFlags: [] }, {
      codec,
      contexts: makeContexts(),
      codesHeaders: false,
    });
    await settle();
    assert.equal(started(), 32);
    open.shift()!.resolve();
    await settle();
    assert.equal(started(), 33);
    while (open.length > 0) {
      open.shift()!.resolve();
      await settle();
    }
    assert.equal((await encoded as any).commands.length, 40);
  });

  test("DATA-17 whoever begins when another ends does not get before those who wait", async () => {
    const { codec, open, started } = pausing();
    const calls = new CodecCalls(codec, 1);
    const late = async () => {
      await null;
      await calls.encode([payload("late")]);
    };
    const first = calls.encode([payload("first")]);
    const waiting = calls.encode([payload("waiting")]);
    open.shift()!.resolve();
    const all = Promise.all([
      first.then(late),
      waiting,
      ...[1, 2, 3, 4, 5, 6].map(async (ticks) => {
        for (let tick = 0; tick < ticks; tick++) await null;
        await calls.encode([payload("between")]);
      }),
    ]);
    for (let call = 2; call <= 9; call++) {
      await settle();
      assert.equal(started(), call);
      open.shift()!.resolve();
    }
    await all;
  });

  test("DATA-17 none begins after a failure, and those under way are awaited", async () => {
    const { codec, open, started } = pausing();
    const calls = new CodecCalls(codec, 2);
    const outcomes = [1, 2, 3, 4].map(() => calls.encode([payload("x")]).then(() => "coded", (error) => error.message));
    await settle();
    open[0].reject(new Error("no key"));
    await settle();
    assert.equal(started(), 2);
    let isDrained = false;
    const drained = calls.drain().then(() => isDrained = true);
    await settle();
    assert.equal(isDrained, false);
    open[1].resolve();
    await drained;
    assert.deepEqual(await Promise.all(outcomes), ["no key", "coded", "no key", "no key"]);
    await calls.drain();
  });
});
