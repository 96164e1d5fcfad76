import assert from "node:assert/strict";
import net from "node:net";
import { describe, test } from "node:test";
import { Client } from "@anywhen/temporal/client";
import { startServer } from "../../scripts/server.mjs";

describe("the script of the official dev server", () => {
  test("starts it on a free port, serves, and ends it", async () => {
    const server = await startServer({ port: 0 });
    try {
      await using client = await Client.connect(server.address);
      assert.equal((await client.workflow.count()).count, 0);
    } finally {
      await server.stop();
    }
    assert.equal(typeof await server.exited, "number");
    await assert.rejects(connect(server.address));
  });

  test("refuses a port that is none, or taken", async () => {
    await assert.rejects(
      startServer({ port: 99_999 }),
      /^Error: port must be a whole number from 0 to 65535, not 99999$/,
    );
    const taken = net.createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as net.AddressInfo;
    await assert.rejects(startServer({ port }), /ended with exit code 1; is 127\.0\.0\.1:\d+ in use\?/);
    taken.close();
  });
});

function connect(address: string): Promise<void> {
  const [host, port] = address.split(":");
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), host, () => {
      socket.destroy();
      resolve();
    });
    socket.once("error", reject);
  });
}
