// The demonstration: embedded server, worker and client in one process, on the runtime that started this script.
import { binaries, run, setUp } from "./setup.mjs";

const demo = "examples/greeting/main.ts";

setUp();
if (globalThis.Deno) run(binaries.deno, ["run", "-A", "--no-check", demo]);
else if (process.versions.bun) run(binaries.bun, ["--conditions=anywhen-source", demo]);
else run(binaries.node, ["--conditions=anywhen-source", demo]);
