import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ValueError } from "../../src/common/errors.ts";
import { openConnection } from "../../src/transport/connection.ts";
import type { TransportOptions } from "../../src/transport/options.ts";
import { resolveTarget } from "../../src/transport/target.ts";

const fetch = () => Promise.reject(new Error("not called"));

describe("addresses", () => {
  const read: [TransportOptions, string][] = [
    [{}, "grpc localhost 7233 plain localhost:7233"],
    [{ address: "temporal" }, "grpc temporal 7233 plain temporal:7233"],
    [{ address: " temporal:80 " }, "grpc temporal 80 plain temporal:80"],
    [{ address: "10.0.0.1:1234" }, "grpc 10.0.0.1 1234 plain 10.0.0.1:1234"],
    [{ address: "[::1]" }, "grpc ::1 7233 plain [::1]:7233"],
    [{ address: "[fe80::1%eth0]:80", protocol: "grpc" }, "grpc fe80::1%eth0 80 plain [fe80::1%eth0]:80"],
    [{ address: "a.tmprl.cloud:7233", apiKey: "key" }, "grpc a.tmprl.cloud 7233 tls a.tmprl.cloud:7233"],
    [{ address: "a:7233", apiKey: "key", tls: false }, "grpc a 7233 plain a:7233"],
    [{ address: "a:7233", tls: true }, "grpc a 7233 tls a:7233"],
    [{ address: "a:7233", tls: {} }, "grpc a 7233 tls a:7233"],
    [{ address: "http://a" }, "grpc-web a 80 plain http://a"],
    [{ address: "https://a/" }, "grpc-web a 443 tls https://a"],
    [{ address: "HTTPS://a:1/gateway/", apiKey: "key" }, "grpc-web a 1 tls https://a:1/gateway"],
    [{ address: "https://a", protocol: "connect" }, "connect a 443 tls https://a"],
    [{ address: "https://a", protocol: "grpc" }, "grpc a 443 tls a:443"],
    [{ address: "http://[::1]:7233", protocol: "grpc" }, "grpc ::1 7233 plain [::1]:7233"],
    [{ address: "a:1", protocol: "grpc-web", tls: true }, "grpc-web a 1 tls a:1"],
    [{ fetch }, "grpc-web localhost 80 plain the given fetch function"],
    [{ fetch, address: "a:1" }, "grpc-web a 1 plain a:1"],
    [{ fetch, address: "https://a", protocol: "connect" }, "connect a 443 tls https://a"],
  ];
  for (const [options, expected] of read) {
    test(`${JSON.stringify(options)} is ${expected}`, () => {
      const { protocol, host, port, tls, label } = resolveTarget(options);
      assert.equal(`${protocol} ${host} ${port} ${tls ? "tls" : "plain"} ${label}`, expected);
    });
  }

  test("calls to a fetch function are addressed to the server, where one is named", () => {
    assert.equal(resolveTarget({ fetch }).baseUrl, "http://localhost");
    assert.equal(resolveTarget({ fetch, address: "a:1" }).baseUrl, "http://a:1");
    assert.equal(resolveTarget({ address: "a:1", protocol: "connect", apiKey: "key" }).baseUrl, "https://a:1");
    assert.equal(resolveTarget({ address: "https://a/b/" }).baseUrl, "https://a/b");
  });

  const refused: [TransportOptions, RegExp][] = [
    [{ address: "a:b" }, /^address "a:b" cannot be read; give "host:port", "\[ipv6\]:port" or an http\(s\):\/\/ URL$/],
    [{ address: "::1" }, /^address "::1" cannot be read; put IPv6 in brackets: "\[::1\]:7233"$/],
    [{ address: "a:0" }, /^address "a:0" has no valid port; ports are 1 to 65535$/],
    [{ address: "a:70000" }, /has no valid port/],
    [{ address: "a/b" }, /^address "a\/b" cannot be read/],
    [{ address: "ftp://a" }, /^address "ftp:\/\/a" cannot be read/],
    [{ address: "https://" }, /^address "https:\/\/" cannot be read/],
    [{ address: "https://a", tls: false }, /^address https:\/\/a and tls: false contradict each other; leave out tls$/],
    [{ address: "http://a", tls: true }, /contradict each other/],
    [{ address: "a", fetch, protocol: "grpc" }, /^fetch cannot carry protocol "grpc"; leave out protocol, or fetch$/],
    [{ address: "a", protocol: "grpcweb" as "grpc" }, /^protocol "grpcweb" is unknown; give "grpc", "grpc-web" or/],
    [{ address: "https://a", tls: { domain: "b" } }, /^tls settings need native gRPC/],
    [
      { address: "https://a", httpConnectProxyConfig: { targetHost: "p:1" } },
      /^httpConnectProxyConfig needs native gRPC/,
    ],
    [{ address: "a", retryConfig: { multiplier: 0.5 } }, /^retryConfig\.multiplier must be 1 or more$/],
    [{ address: "a", retryConfig: { maxRetries: -1 } }, /^retryConfig\.maxRetries must be whole and 0 or more$/],
    [{ address: "a", retryConfig: { initialInterval: "soon" } }, /^retryConfig\.initialInterval is not a duration/],
    [{ address: "a", keepAliveConfig: { interval: -1 } }, /^keepAliveConfig\.interval is negative/],
  ];
  for (const [options, message] of refused) {
    test(`${JSON.stringify(options)} is refused`, () => {
      assert.throws(() => openConnection(options), (error) => {
        assert.equal(error instanceof ValueError, true, String(error));
        assert.match((error as Error).message, message);
        return true;
      });
    });
  }
});
