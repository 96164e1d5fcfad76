import { create, ScalarType } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import { WorkflowService } from "../../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";
import { createService } from "../../../src/server/service.ts";
let seed = Number(process.argv[2] ?? 1);
function rnd() { seed = (seed + 0x6D2B79F5) | 0; let t = Math.imul(seed ^ (seed >>> 15), 1 | seed); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) / 4294967296; }
const pick = (a: any[]) => a[Math.floor(rnd() * a.length)];
const logs: any[] = [];
const logger = { debug() {}, info() {}, warn() {}, error: (m: string, a: any) => logs.push([m, a?.error]) };
const service = createService({ namespaces: ["default", "n2"], logger });
const client = createClient(WorkflowService, createRouterTransport(service.routes)) as any;
const ids = ["w1", "w2", "w3"]; const tokens: Uint8Array[] = []; const atokens: Uint8Array[] = []; const runIds: string[] = [];
function scalar(f: any, t: ScalarType, depth: number): any {
  switch (t) {
    case ScalarType.STRING: {
      const n = f.localName;
      if (n === "namespace") return rnd() < 0.06 ? pick(["n2", "", "x"]) : "default";
      if (n === "workflowId") return pick(ids);
      if (n === "runId" || n === "firstExecutionRunId") return pick(["", "", "", crypto.randomUUID(), "bad", ...runIds.slice(-3)]);
      if (n === "name") return rnd() < 0.05 ? "" : pick(["q", "q", "q", "t"]);
      if (n === "activityId" || n === "timerId" || n === "updateId") return pick(["a", "b", "", "c"]);
      if (n === "cronSchedule") return rnd() < 0.9 ? "" : pick(["@every 1s", "bad"]);
      if (n === "query") return pick(["", "WorkflowId='w1'", "x", "ExecutionStatus='Running' ORDER BY StartTime", "GROUP BY ExecutionStatus"]);
      return rnd() < 0.02 ? "x".repeat(1200) : pick(["", "s", "s2", "é"]);
    }
    case ScalarType.BOOL: return rnd() < 0.3;
    case ScalarType.BYTES: return f.localName === "taskToken" ? pick([new Uint8Array(), new Uint8Array([1, 2]), ...tokens.slice(-5), ...atokens.slice(-5), ...tokens.slice(-5)]) : f.localName === "nextPageToken" ? pick([new Uint8Array(), new Uint8Array(), new Uint8Array([1])]) : new TextEncoder().encode(pick(['"x"', "1", "null", "[]", "{"]));
    case ScalarType.DOUBLE: case ScalarType.FLOAT: return pick([0, 1, -1, 1e30, NaN]);
    case ScalarType.INT64: case ScalarType.UINT64: case ScalarType.SINT64: case ScalarType.FIXED64: case ScalarType.SFIXED64: return pick([0n, 1n, 5n, 3n, t === ScalarType.UINT64 ? 7n : -1n, 10n ** 15n]);
    default: return pick([0, 1, 2, 100, 3, 5, 7, rnd() < 0.1 ? -1 : 1].map((x) => t === ScalarType.UINT32 ? Math.abs(x) : x));
  }
}
function message(desc: any, depth: number): any {
  const out: any = {};
  if (desc.typeName === "google.protobuf.Duration") return rnd() < 0.04 ? { seconds: -1n, nanos: 5 } : { seconds: pick([0n, 1n, 10n, 60n, 10n ** 12n]), nanos: pick([0, 0, 5000000]) };
  if (desc.typeName === "google.protobuf.Timestamp") return { seconds: pick([0n, 1700000000n]), nanos: 0 };
  for (const member of desc.members) {
    if (["searchAttributes", "retryPolicy", "versioningOverride", "prevAutoResetPoints"].includes(member.localName) && rnd() < 0.85) continue;
    if (member.kind === "oneof") { if (rnd() < 0.8 && depth < 7) { const f = pick(member.fields); out[member.localName] = { case: f.localName, value: value(f, depth) }; } continue; }
    const important = ["namespace", "workflowId", "taskQueue", "name", "workflowType", "taskToken", "execution", "workflowExecution", "commandType", "activityType", "activityId", "timerId", "request", "meta", "input", "operations", "operation"].includes(member.localName);
    if (!important && rnd() < 0.55) continue;
    if (important && rnd() < 0.05) continue;
    const v = value(member, depth); if (v !== undefined) out[member.localName] = v;
  }
  if (desc.typeName === "temporal.api.command.v1.Command" && out.attributes?.case && rnd() < 0.95) {
    const t = out.attributes.case.replace(/CommandAttributes$/, "").replace(/([A-Z])/g, "_$1").toUpperCase();
    const e = desc.field.commandType.enum.values.find((v: any) => v.localName === t || v.name === "COMMAND_TYPE_" + t); if (e) out.commandType = e.number;
  }
  return out;
}
function one(f: any, depth: number): any {
  if (f.message) return depth > 7 ? undefined : message(f.message, depth + 1);
  if (f.enum) return pick([...f.enum.values.map((v: any) => v.number), 0, 99]);
  return scalar(f, f.scalar, depth);
}
function value(f: any, depth: number): any {
  if (f.fieldKind === "list") { const n = Math.floor(rnd() * 3); return Array.from({ length: n }, () => f.listKind === "message" ? message(f.message, depth + 1) : f.listKind === "enum" ? pick(f.enum.values).number : scalar(f, f.scalar, depth)).filter((x) => x !== undefined); }
  if (f.fieldKind === "map") { const n = Math.floor(rnd() * 2); const o: any = {}; for (let i = 0; i < n; i++) o[f.mapKey === ScalarType.STRING ? pick(["k", "j"]) : 1] = f.mapKind === "message" ? message(f.message, depth + 1) : f.mapKind === "enum" ? 0 : scalar(f, f.scalar, depth); return o; }
  if (f.fieldKind === "message") return one(f, depth);
  if (f.fieldKind === "enum") return pick([...f.enum.values.map((v: any) => v.number)]);
  return scalar(f, f.scalar, depth);
}
const counts = new Map<string, number>(); const bad = new Map<string, string>();
const methods = WorkflowService.methods.filter((m) => true);
const hot = ["startWorkflowExecution", "startWorkflowExecution", "respondWorkflowTaskCompleted", "respondWorkflowTaskCompleted", "respondWorkflowTaskCompleted", "pollWorkflowTaskQueue", "pollWorkflowTaskQueue", "pollActivityTaskQueue", "signalWorkflowExecution", "updateWorkflowExecution", "respondActivityTaskCompleted", "respondActivityTaskFailed", "resetWorkflowExecution", "queryWorkflow", "executeMultiOperation"];
const N = Number(process.argv[3] ?? 5000);
for (let i = 0; i < N; i++) {
  const m: any = rnd() < 0.6 ? WorkflowService.methods.find((x) => x.localName === pick(hot)) : pick(methods as any);
  if (!m) continue;
  let req: any;
  try { req = create(m.input, message(m.input, 0)); } catch { continue; }
  const poll = /^poll|^query|^update|^getWorkflowExecutionHistory$|Multi/.test(m.localName);
  const ac = new AbortController();
  const t = poll ? setTimeout(() => ac.abort(), 3) : undefined;
  try {
    const r = await client[m.localName](req, { signal: ac.signal, timeoutMs: 5000 });
    if (m.localName === "pollWorkflowTaskQueue" && r.taskToken.length) { tokens.push(r.taskToken); }
    if (m.localName === "pollActivityTaskQueue" && r.taskToken.length) atokens.push(r.taskToken);
    if (r.workflowTask?.taskToken) tokens.push(r.workflowTask.taskToken);
    if (r.runId) runIds.push(r.runId);
    counts.set(m.localName + " OK", (counts.get(m.localName + " OK") ?? 0) + 1);
  } catch (e: any) {
    const c = e instanceof ConnectError ? Code[e.code] : "??";
    counts.set(m.localName + " " + c, (counts.get(m.localName + " " + c) ?? 0) + 1);
    if (["Internal", "Unknown", "??"].includes(c)) bad.set(m.localName + ": " + (e.rawMessage ?? e.message), String(e.cause?.stack ?? e.stack).split("\n").slice(0, 5).join("\n"));
  }
  clearTimeout(t);
}
console.log([...counts.values()].reduce((a,b)=>a+b,0));
console.log("BAD", bad); console.log("LOGS", logs.slice(0, 5));
await service.shutdown();
