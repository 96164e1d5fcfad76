// Installs the official Temporal dev server (once, into the user's cache folder) and starts it.
//
//   node scripts/server.mjs                    on port 7233, until Ctrl-C
//   node scripts/server.mjs --port 7300        on another port; 0 takes a free one
//   node scripts/server.mjs --ui-port 8233     with the official UI
//   node scripts/server.mjs -- --db-filename x everything after -- goes to `temporal server start-dev`
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The newest release of the CLI that `go install` accepts; it carries server 1.29.1. */
const cliVersion = "1.5.1";
const cliModule = `github.com/temporalio/cli/cmd/temporal@v${cliVersion}`;
const ip = "127.0.0.1";
const startLimit = 60_000;
const stopLimit = 5_000;

/** The folder that keeps what tests and scripts download, `anywhen-temporal` in the user's cache folder. */
export function cacheFolder() {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "anywhen-temporal");
}

/** The path of the official `temporal` command; installs it when it is missing, which takes minutes. */
export function installServer() {
  const folder = join(cacheFolder(), `temporal-${cliVersion}`);
  const binary = join(folder, process.platform === "win32" ? "temporal.exe" : "temporal");
  if (existsSync(binary)) return binary;
  const draft = `${folder}-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  console.error(`installing the official dev server into ${folder}; this takes some minutes, once`);
  try {
    runGo(["install", cliModule], { ...process.env, GOBIN: draft });
    moveIntoPlace(draft, folder, binary);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return binary;
}

/**
 * Starts the official dev server and waits until it serves its `default` namespace. `port` 0 takes a free one;
 * `uiPort` adds the official UI; `args` go to `temporal server start-dev` as they are. Gives its `address`, its
 * process id, `exited` (resolves with the exit code) and `stop()`.
 */
export async function startServer({ port = 7233, uiPort, args = [], output = "ignore" } = {}) {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`port must be a whole number from 0 to 65535, not ${port}`);
  }
  const binary = installServer();
  const chosen = port === 0 ? await findFreePort() : port;
  const ui = uiPort === undefined ? ["--headless"] : ["--ui-port", String(uiPort)];
  const options = ["server", "start-dev", "--ip", ip, "--port", String(chosen), ...ui, ...args];
  const child = spawn(binary, options, { stdio: ["ignore", output, output] });
  const exited = new Promise((resolve) => {
    child.once("error", () => resolve(1));
    child.once("exit", (code) => resolve(code ?? 1));
  });
  const endWithParent = () => child.kill("SIGKILL");
  process.once("exit", endWithParent);
  const stop = async () => {
    process.off("exit", endWithParent);
    await endChild(child, exited);
  };
  const address = `${ip}:${chosen}`;
  await waitUntilServing(address, exited, stop);
  return { address, pid: child.pid, exited, stop };
}

function runGo(args, env) {
  const { status, error } = spawnSync("go", args, { env, stdio: "inherit" });
  if (error?.code === "ENOENT") throw new Error("go is not installed; it is needed once, to build the dev server");
  if (status !== 0) throw new Error(`failed (exit code ${status}): go ${args.join(" ")}`);
}

/** Another process may have finished the same installation in the meantime. */
function moveIntoPlace(draft, folder, binary) {
  try {
    renameSync(draft, folder);
  } catch (error) {
    if (!existsSync(binary)) throw error;
  }
}

function findFreePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, ip, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function waitUntilServing(address, exited, stop) {
  let code;
  exited.then((value) => code = value);
  const end = Date.now() + startLimit;
  while (!(await describesDefaultNamespace(address))) {
    if (code !== undefined) throw new Error(`the dev server ended with exit code ${code}; is ${address} in use?`);
    if (Date.now() > end) {
      await stop();
      throw new Error(`the dev server at ${address} did not start to serve within ${startLimit / 1_000} s`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One gRPC call by hand, so that this script runs before anything is installed. */
function describesDefaultNamespace(address) {
  const request = Buffer.concat([Buffer.from([0, 0, 0, 0, 9, 0x0a, 7]), Buffer.from("default")]);
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    const finish = (isServing) => {
      session.destroy();
      resolve(isServing);
    };
    session.setTimeout(2_000, () => finish(false));
    session.once("error", () => finish(false));
    const stream = session.request({
      ":method": "POST",
      ":path": "/temporal.api.workflowservice.v1.WorkflowService/DescribeNamespace",
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status;
    stream.on("response", (headers) => status ??= headers["grpc-status"]);
    stream.on("trailers", (headers) => status = headers["grpc-status"]);
    stream.once("error", () => finish(false));
    stream.once("end", () => finish(String(status) === "0"));
    stream.resume();
    stream.end(request);
  });
}

async function endChild(child, exited) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), stopLimit);
  await exited;
  clearTimeout(timer);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { port: { type: "string", default: "7233" }, "ui-port": { type: "string" } },
  });
  const started = Date.now();
  const server = await startServer({
    port: Number(values.port),
    uiPort: values["ui-port"],
    args: positionals,
    output: "inherit",
  });
  console.log(`official dev server at ${server.address}, ready in ${Date.now() - started} ms; Ctrl-C ends it`);
  let isStopping = false;
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      isStopping = true;
      server.stop();
    });
  }
  const code = await server.exited;
  process.exit(isStopping ? 0 : code);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`error: ${error.message}`);
    process.exit(1);
  });
}
