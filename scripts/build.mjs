// Builds dist/ for npm: plain tsc output, JavaScript and declarations, no bundler. To keep the install small, the
// generated code goes without its comments, and declarations that no public one reaches are left out.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, run, setUp } from "./setup.mjs";

const dist = join(root, "dist");

setUp();
rmSync(dist, { recursive: true, force: true });
run(join(root, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.build.json"]);
chmodSync(join(dist, "src/cli/bin.js"), 0o755);
for (const file of listFiles(join(dist, "src/gen"))) stripComments(file);
removeUnreachableDeclarations();

function stripComments(file) {
  const code = readFileSync(file, "utf8");
  writeFileSync(file, code.replace(/^\s*\/\*\*[^]*?\*\/\n/gm, "").replace(/^\s*\/\/.*\n/gm, ""));
}

function removeUnreachableDeclarations() {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const reached = new Set();
  for (const entry of Object.values(exports)) reach(join(root, entry.default.replace(/\.js$/, ".d.ts")), reached);
  for (const file of listFiles(dist)) if (file.endsWith(".d.ts") && !reached.has(file)) rmSync(file);
}

function reach(file, reached) {
  if (reached.has(file) || !existsSync(file)) return;
  reached.add(file);
  // Both `from "./a.js"` and `import("./a.js")`.
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(/["'](\.\.?\/[^"']+)["']/g)) {
    reach(join(dirname(file), specifier.replace(/\.[jt]s$/, ".d.ts")), reached);
  }
}

function listFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}
