// Builds dist/ for npm: plain tsc output, JavaScript and declarations, no bundler.
import { chmodSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run, setUp } from "./setup.mjs";

setUp();
rmSync(join(root, "dist"), { recursive: true, force: true });
run(join(root, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json"]);
chmodSync(join(root, "dist/src/cli/bin.js"), 0o755);
