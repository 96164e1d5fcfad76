// The benchmark: ours, as built for npm, beside the official TypeScript SDK, in one run, medians.
//
//   node bench/run.mjs                       all tables, five rounds
//   node bench/run.mjs --rounds 1
//   node bench/run.mjs --only replay,growth  some tables: hello, replay, growth, install
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fail, root, run, setUp } from "../scripts/setup.mjs";
import { startServer } from "../scripts/server.mjs";
import { measureGrowth } from "./growth.mjs";
import { measureHello } from "./hello.mjs";
import { measureInstalls } from "./install.mjs";
import { measureReplay } from "./replay.mjs";

const tables = { hello: measureHello, replay: measureReplay, growth: measureGrowth, install: measureInstalls };

const { values } = parseArgs({ options: { rounds: { type: "string", default: "5" }, only: { type: "string" } } });
const chosen = values.only?.split(",") ?? Object.keys(tables);
const unknown = chosen.filter((name) => !Object.hasOwn(tables, name));
if (unknown.length > 0) fail(`no table ${unknown.join(", ")}; there are ${Object.keys(tables).join(", ")}`);

setUp();
run(process.execPath, [join(root, "scripts", "build.mjs")]);
// protobufjs is pinned there so that the official packages share one copy: with two they cannot read histories.
const official = join(root, "bench", "official");
if (!existsSync(join(official, "node_modules"))) {
  run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"], { cwd: official });
}
const server = await startServer({ port: 0 });
try {
  for (const name of chosen) await tables[name]({ rounds: Number(values.rounds), server });
} finally {
  await server.stop();
}
