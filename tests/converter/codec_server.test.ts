import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { TemporalError, ValueError } from "../../src/common/errors.ts";
import type { Payload } from "../../src/common/payload.ts";
import type { PayloadCodec } from "../../src/converter/codec.ts";
import { createCodecHandler, createRemoteCodec } from "../../src/converter/codec_server.ts";

const inverting: PayloadCodec = {
  encode: (payloads) => Promise.resolve(payloads.map(invert)),
  decode: (payloads) => Promise.resolve(payloads.map(invert)),
};

function invert({ data, ...more }: Payload): Payload {
  return { ...more, data: data.map((byte) => ~byte) };
}

const payloads: Payload[] = [
  { metadata: { encoding: new TextEncoder().encode("json/plain") }, data: new Uint8Array([0, 1, 254, 255]) },
  { metadata: {}, data: new Uint8Array(20_000).fill(7) },
  { metadata: {}, data: new Uint8Array(), externalPayloads: [{ sizeBytes: 2n ** 60n }] },
];

function ask(path: string, init: RequestInit = {}): Request {
  return new Request(`http://codec${path}`, { method: "POST", body: '{"payloads":[]}', ...init });
}

/** Serves a handler on a port of its own while `work` runs. */
async function serve<T>(
  handler: (request: Request) => Promise<Response>,
  work: (endpoint: string, requests: Request[]) => Promise<T>,
): Promise<T> {
  const requests: Request[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = new Request(`http://codec${incoming.url}`, {
      method: incoming.method,
      headers: incoming.headers as Record<string, string>,
      body: Buffer.concat(chunks),
    });
    requests.push(request.clone());
    const response = await handler(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers)).end(await response.text());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe("codec handler", () => {
  test("encodes and decodes under any path", async () => {
    const handler = createCodecHandler(inverting);
    const body = '{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"AAH-_w"}]}';
    const response = await handler(ask("/v1/namespace/encode", { body }));
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.deepEqual(await response.json(), {
      payloads: [{ metadata: { encoding: "anNvbi9wbGFpbg==" }, data: "//4BAA==" }],
    });
    const back = await handler(ask("/decode", { body: '{"payloads":[{"data":"//4BAA=="},{}]}' }));
    assert.deepEqual(await back.json(), {
      payloads: [{ metadata: {}, data: "AAH+/w==" }, { metadata: {}, data: "" }],
    });
  });

  test("refuses what it does not know, and says what the codec says", async () => {
    const handler = createCodecHandler({
      encode: () => Promise.reject(new Error("no key")),
      decode: (given) => Promise.resolve(given),
    });
    const notPayloads = (body: string): [Request, status: number, text: RegExp] => {
      return [ask("/decode", { body }), 400, /^payloads cannot be read from JSON: .+\n$/];
    };
    const answers: [Request, status: number, text: RegExp][] = [
      [ask("/"), 404, /encode or \/decode/],
      [ask("/decode", { method: "GET", body: undefined }), 405, /POST/],
      ...["{", "[]", "null", '{"payloads":{}}', '{"payloads":[5]}', '{"payloads":[{"metadata":"x"}]}'].map(notPayloads),
      ...['{"payloads":[{"data":"?"}]}', '{"payloads":[{"data":1}]}'].map(notPayloads),
      [ask("/encode"), 400, /^no key/],
    ];
    for (const [request, status, text] of answers) {
      const response = await handler(request);
      assert.equal(response.status, status);
      assert.match(await response.text(), text);
      assert.equal(response.headers.get("access-control-allow-origin"), null);
    }
  });

  test("lets pages of the given origins ask, with their cookies only where they are named", async () => {
    const preflight = (origin: string) => ask("/decode", { method: "OPTIONS", body: undefined, headers: { origin } });
    const named = createCodecHandler(inverting, { corsOrigins: ["http://ui:8233"] });
    const { status, headers } = await named(preflight("http://ui:8233"));
    assert.equal(status, 204);
    assert.equal(headers.get("access-control-allow-origin"), "http://ui:8233");
    assert.equal(headers.get("access-control-allow-credentials"), "true");
    assert.match(headers.get("access-control-allow-headers")!, /x-namespace/);
    assert.equal((await named(preflight("http://evil"))).headers.get("access-control-allow-origin"), null);
    const any = (await createCodecHandler(inverting, { corsOrigins: ["*"] })(preflight("http://x"))).headers;
    assert.equal(any.get("access-control-allow-origin"), "http://x");
    assert.equal(any.get("access-control-allow-credentials"), "false");
  });
});

describe("remote codec", () => {
  const context = { kind: "workflow", namespace: "my space", workflowId: "w" } as const;

  test("asks its server, with headers and the namespace", async () => {
    await serve(createCodecHandler([inverting]), async (endpoint, requests) => {
      const codec = createRemoteCodec({ endpoint: `${endpoint}/{namespace}/`, headers: { authorization: "Bearer x" } });
      const encoded = await codec.encode(payloads, context);
      assert.deepEqual(encoded, payloads.map(invert));
      assert.deepEqual(await codec.decode(encoded, context), payloads);
      assert.deepEqual(requests.map(({ url }) => new URL(url).pathname), ["/my%20space/encode", "/my%20space/decode"]);
      assert.equal(requests[0].headers.get("authorization"), "Bearer x");
      assert.equal(requests[0].headers.get("x-namespace"), "my space");
    });
  });

  test("fails in one line where the server does", async () => {
    const broken = createCodecHandler({
      encode: () => Promise.reject(new Error("no\nkey")),
      decode: () => Promise.reject(),
    });
    const endpoint = await serve(broken, async (endpoint) => {
      const codec = createRemoteCodec({ endpoint });
      await assert.rejects(codec.encode(payloads), /^TemporalError: remote codec http:.*\/encode answered 400: no$/);
      return endpoint;
    });
    await assert.rejects(createRemoteCodec({ endpoint }).decode(payloads), (error) => {
      assert.ok(error instanceof TemporalError);
      assert.match(error.message, /^remote codec http:.*\/decode cannot be reached: /);
      return true;
    });
    assert.throws(() => createRemoteCodec({ endpoint: "localhost" }), ValueError);
  });
});
