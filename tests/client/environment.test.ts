import assert from "node:assert/strict";
import process from "node:process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readEnvironment } from "../../src/client/environment.ts";
import { resolveTarget } from "../../src/client/target.ts";

function clear(): void {
  for (const name of Object.keys(process.env)) if (name.startsWith("TEMPORAL_")) delete process.env[name];
}

/** Runs `body` with only these TEMPORAL_ variables, and puts the others back. */
function withEnvironment(variables: Record<string, string>, body: () => void): void {
  const before = { ...process.env };
  clear();
  Object.assign(process.env, variables);
  try {
    body();
  } finally {
    clear();
    for (const [name, value] of Object.entries(before)) if (name.startsWith("TEMPORAL_")) process.env[name] = value;
  }
}

const nothing = { address: undefined, namespace: undefined, apiKey: undefined, tls: undefined };

describe("TEMPORAL_ variables", () => {
  test("none, or empty ones: nothing is set", () => {
    withEnvironment({}, () => assert.deepEqual(readEnvironment(), nothing));
    withEnvironment({ TEMPORAL_ADDRESS: "", TEMPORAL_TLS: "" }, () => assert.deepEqual(readEnvironment(), nothing));
  });

  test("address, namespace and key; options given in code win", () => {
    const variables = { TEMPORAL_ADDRESS: "h:1", TEMPORAL_NAMESPACE: "n", TEMPORAL_API_KEY: "k" };
    withEnvironment(variables, () => {
      assert.deepEqual(readEnvironment(), { ...nothing, address: "h:1", namespace: "n", apiKey: "k" });
      assert.equal(resolveTarget(undefined, { namespace: "m" }).namespace, "m");
      assert.equal(resolveTarget("other:2").namespace, undefined);
    });
  });

  test("TLS: on, off, unset, nonsense", () => {
    withEnvironment({ TEMPORAL_TLS: "true" }, () => assert.equal(readEnvironment().tls, true));
    withEnvironment({ TEMPORAL_TLS: "False" }, () => assert.equal(readEnvironment().tls, false));
    withEnvironment(
      { TEMPORAL_TLS: "false", TEMPORAL_TLS_SERVER_NAME: "s" },
      () => assert.equal(readEnvironment().tls, false),
    );
    withEnvironment(
      { TEMPORAL_TLS: "maybe" },
      () =>
        assert.throws(readEnvironment, {
          name: "ValueError",
          message: 'TEMPORAL_TLS is "maybe"; set it to true or false',
        }),
    );
  });

  test("certificates from data and from files", () => {
    const folder = mkdtempSync(join(tmpdir(), "anywhen-"));
    const path = join(folder, "ca.pem");
    writeFileSync(path, "PEM");
    const variables = {
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: path,
      TEMPORAL_TLS_CLIENT_CERT_DATA: "cert",
      TEMPORAL_TLS_CLIENT_KEY_DATA: "key",
      TEMPORAL_TLS_SERVER_NAME: "server",
    };
    withEnvironment(variables, () => {
      const tls = { domain: "server", serverRootCaCert: "PEM", clientCert: "cert", clientPrivateKey: "key" };
      assert.deepEqual(readEnvironment().tls, tls);
    });
    rmSync(folder, { recursive: true });
  });

  test("a file that is not there, and one certificate given twice", () => {
    const path = join(tmpdir(), "anywhen-not-there.pem");
    withEnvironment(
      { TEMPORAL_TLS_CLIENT_CERT_PATH: path },
      () =>
        assert.throws(readEnvironment, { name: "ValueError", message: /^TEMPORAL_TLS_CLIENT_CERT_PATH: cannot read/ }),
    );
    const both = { TEMPORAL_TLS_CLIENT_KEY_PATH: path, TEMPORAL_TLS_CLIENT_KEY_DATA: "key" };
    withEnvironment(
      both,
      () => assert.throws(readEnvironment, { name: "ValueError", message: /_DATA and .*_PATH are both set/ }),
    );
  });
});
