// Node strips types but not decorators: this hook compiles the test and example files that use them.
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

registerHooks({
  load(url, context, nextLoad) {
    if (!/\/(tests|examples)\/.*\.ts$/.test(url)) return nextLoad(url, context);
    const source = readFileSync(fileURLToPath(url), "utf8");
    if (!/^\s*@\w/m.test(source)) return nextLoad(url, context);
    const { code } = transformSync(source, { loader: "ts", format: "esm", target: "es2022", sourcemap: "inline" });
    return { format: "module", source: code, shortCircuit: true };
  },
});
