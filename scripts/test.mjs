// Runs the checks, then the test suite on Bun, Deno and Node, and ends with one line over all of them.
//
//   node scripts/test.mjs                      everything, integration tests on the embedded server
//   node scripts/test.mjs --server real        the integration tests alone, on the official dev server, all runtimes at once
//   node scripts/test.mjs --runtime bun FILE…  some files on one runtime, without the checks
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { installPython } from "./python.mjs";
import { installServer, startServer } from "./server.mjs";
import { binaries, fail, root, setUp } from "./setup.mjs";

/** How many test files run at once on a runtime: most of the time they wait for servers and timers. */
const filesAtOnce = 4;

/** Where Node keeps what it has compiled, for its many processes and threads. */
const compileCache = join(root, "node_modules", ".cache", "compiled");

/** How each runtime runs a list of test files and writes a JUnit report. */
const runners = {
  bun: (files, report) => [
    "test",
    "--conditions=anywhen-source",
    "--timeout=120000",
    `--parallel=${filesAtOnce}`,
    "--reporter=junit",
    `--reporter-outfile=${report}`,
    ...files.map((file) => `./${file}`),
  ],
  deno: (files, report) => [
    "test",
    "-A",
    "--no-check",
    "--conditions=anywhen-source",
    `--junit-path=${report}`,
    ...files,
  ],
  node: (files, report) => [
    "--conditions=anywhen-source",
    "--import=./tests/support/decorators.mjs",
    "--test",
    `--test-concurrency=${filesAtOnce}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    `--test-reporter-destination=${report}`,
    ...files,
  ],
};

/** What must hold before any test runs, each a command of the dev dependencies. */
const checks = [
  ["deno", "fmt", "--check", "--quiet"],
  ["deno", "lint", "--quiet"],
  ["tsc", "-p", "tsconfig.json"],
  ["tsc", "-p", "tests/tsconfig.json"],
  ["deno", "publish", "--dry-run", "--allow-dirty", "--quiet"],
];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { server: { type: "string", default: "embedded" }, runtime: { type: "string" } },
});

setUp();
const files = positionals.length > 0 ? positionals : findTests(values.server === "real" ? "tests/behaviour" : "tests");
const runtimes = values.runtime ? values.runtime.split(",") : Object.keys(runners);
const tally = { passed: 0, failed: 0 };

if (files.some((file) => file.includes("interop"))) installPeers();
if (positionals.length === 0 && values.server === "embedded") await runChecks();
if (values.server === "real") await runOnRealServer();
else for (const runtime of runtimes) await runSuite(runtime, {}, "inherit");
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 ? 0 : 1);

async function runChecks() {
  for (const [tool, ...args] of checks) {
    const { passed } = await start(join(root, "node_modules", ".bin", tool), args, {}, "inherit");
    console.log(`${passed ? "ok" : "FAILED"}: ${tool} ${args.join(" ")}`);
    tally[passed ? "passed" : "failed"] += 1;
  }
}

/** What the interoperability tests run beside us takes minutes to install: not within the time of a test. */
function installPeers() {
  installServer();
  installPython();
}

/** All runtimes at once: most of the time is the server's, which takes its time to dispatch each task. */
async function runOnRealServer() {
  const server = await startServer({ port: 0 });
  try {
    await Promise.all(runtimes.map((runtime) => runSuite(runtime, { TEMPORAL_ADDRESS: server.address }, "pipe")));
  } finally {
    await server.stop();
  }
}

/** Runs the tests on one runtime; its output is shown as it comes (`inherit`), or at the end (`pipe`). */
async function runSuite(runtime, environment, stdio) {
  if (!runners[runtime]) fail(`unknown runtime ${runtime}; use one of ${Object.keys(runners).join(", ")}`);
  if (stdio === "inherit") console.log(`\n== ${runtime} ==`);
  const shares = runtime === "deno" ? split(files) : [files];
  const results = await Promise.all(shares.map((share) => runFiles(runtime, share, environment, stdio)));
  if (stdio === "pipe") console.log(`\n== ${runtime} ==\n${results.map(({ output }) => output).join("\n")}`);
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  tally.passed += passed;
  tally.failed += failed;
  console.log(`${runtime}: ${passed} passed, ${failed} failed`);
}

async function runFiles(runtime, files, environment, stdio) {
  const folder = mkdtempSync(join(tmpdir(), "anywhen-test-"));
  const report = join(folder, "report.xml");
  const { passed: isClean, output } = await start(
    binaries[runtime],
    runners[runtime](files, report),
    environment,
    stdio,
  );
  const { passed, failed } = count(report);
  rmSync(folder, { recursive: true, force: true });
  // A runner that dies, or fails outside of any test, counts as one failure.
  return { output, passed, failed: failed === 0 && !isClean ? 1 : failed };
}

/** Deno's own way to run files at once has them share one process, and with it the environment. */
function split(files) {
  const shares = Array.from({ length: filesAtOnce }, () => []);
  for (const [index, file] of files.entries()) shares[index % filesAtOnce].push(file);
  return shares.filter(({ length }) => length > 0);
}

/** Runs a command to its end; gives whether it passed and, with `pipe`, what it wrote. */
function start(command, args, environment, stdio) {
  // A test may ask the environment for nothing but the server that it is meant to use.
  const { TEMPORAL_ADDRESS: _, ...inherited } = process.env;
  const settings = { NO_COLOR: "1", NODE_COMPILE_CACHE: compileCache };
  const env = { ...inherited, ...settings, ...environment };
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", stdio, stdio], env });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => output += text);
  return new Promise((resolve) => {
    child.once("error", ({ message }) => resolve({ passed: false, output: message }));
    child.once("close", (code) => resolve({ passed: code === 0, output }));
  });
}

function findTests(folder) {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => relative(root, join(root, folder, name)))
    .sort();
}

/** Counts the tests of a JUnit report; a group whose parts are listed too is no test of its own. */
function count(report) {
  const xml = readFileSync(report, { encoding: "utf8", flag: "a+" });
  const cases = [...xml.matchAll(/<testcase\b[^>]*?\bname="([^"]*)"[^>]*?(?:\/>|>([^]*?)<\/testcase>)/g)];
  const groups = new Set(cases.flatMap(([, name]) => parents(name)));
  const tests = cases.filter(([, name]) => !groups.has(name));
  const failed = tests.filter(([, , body]) => /<(failure|error)\b/.test(body ?? "")).length;
  return { passed: tests.length - failed, failed };
}

/** The groups that a step of Deno's report names: "a > b > c" is in "a" and "a > b". */
function parents(name) {
  const parts = name.split(" &gt; ");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join(" &gt; "));
}
