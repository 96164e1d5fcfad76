import assert from "node:assert/strict";
import net from "node:net";
import process from "node:process";
import { describe, test } from "node:test";
import { main } from "../../src/cli/main.ts";
import { Client } from "../../src/client/client.ts";
import { CommandType } from "../../src/gen/temporal/api/enums/v1/command_type_pb.ts";

interface Session {
  code: Promise<number>;
  out: string[];
  errors: string[];
  interrupt(): void;
}

/** Runs a command line in this process. */
function run(...args: string[]): Session {
  const out: string[] = [];
  const errors: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const terminal = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void errors.push(line),
    interrupted: () => promise,
  };
  return { code: main(args, terminal), out, errors, interrupt: resolve };
}

/** Runs `anywhen server start-dev` on a free port while `work` uses it. */
async function whileServing(flags: string[], work: (address: string, server: Session) => Promise<void>): Promise<void> {
  const server = run("server", "start-dev", "--port", "0", ...flags);
  try {
    const [, address] = await waitForLine(server.out, /^Address: +(127\.0\.0\.1:\d+) /);
    await work(address, server);
  } finally {
    server.interrupt();
    await server.code;
  }
  assert.equal(await server.code, 0);
  assert.deepEqual(server.errors, []);
  assert.equal(server.out.at(-1), "Server stopped");
}

/** Runs `work` with these environment variables, and puts the old ones back. */
async function withEnvironment(variables: Record<string, string>, work: () => Promise<void>): Promise<void> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    await work();
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** Runs a command line to its end. */
async function finish(...args: string[]): Promise<{ code: number; out: string; errors: string[] }> {
  const session = run(...args);
  const code = await session.code;
  return { code, out: session.out.join("\n"), errors: session.errors };
}

async function waitForLine(lines: string[], pattern: RegExp): Promise<RegExpExecArray> {
  const end = Date.now() + 10_000;
  for (;;) {
    const found = lines.map((line) => pattern.exec(line)).find((match) => match);
    if (found) return found;
    if (Date.now() > end) throw new Error(`no line matches ${pattern}: ${lines.join("\n")}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("anywhen", () => {
  test("lists its commands", async () => {
    for (const args of [[], ["help"], ["--help"], ["-h"]]) {
      const { code, out } = await finish(...args);
      assert.equal(code, 0);
      assert.match(out, /anywhen server start-dev .*\n[^]*anywhen workflow terminate/);
    }
  });

  test("lists the commands of a group, the flags of a command, its version", async () => {
    const group = await finish("workflow", "help");
    assert.match(group.out, /anywhen workflow start/);
    assert.doesNotMatch(group.out, /start-dev/);
    const command = await finish("workflow", "signal", "--help");
    assert.match(command.out, /--workflow-id, -w <string>/);
    assert.match(command.out, /--input, -i <list>/);
    assert.match((await finish("--version")).out, /^anywhen \d+\.\d+\.\d+$/);
  });

  const REFUSED: [args: string[], code: number, error: RegExp][] = [
    [["serve"], 2, /^error: unknown command "serve"; "anywhen help" lists them all$/],
    [["workflow", "lisst"], 2, /^error: unknown command "workflow lisst"/],
    [
      ["server", "start-dev", "--prot", "1"],
      2,
      /^error: unknown flag --prot of "anywhen server start-dev"; it has --db-filename, /,
    ],
    [["server", "start-dev", "-x"], 2, /^error: unknown flag -x of/],
    [["server", "start-dev", "now"], 2, /^error: unexpected argument "now" after "anywhen server start-dev"$/],
    [["server", "start-dev", "--port", "many"], 2, /^error: --port takes a whole number, not "many"$/],
    [["server", "start-dev", "--port"], 2, /^error: --port needs a value$/],
    [["server", "start-dev", "--headless=maybe"], 2, /^error: --headless takes no value, not "maybe"$/],
    [["server", "start-dev", "--port", "99999"], 1, /^error: port must be a whole number from 0 to 65535, not 99999$/],
    [
      ["server", "start-dev", "--log-level", "loud"],
      2,
      /^error: --log-level takes debug, info, warn, error, never, not "loud"$/,
    ],
    [
      ["server", "start-dev", "--search-attribute", "Name"],
      2,
      /^error: --search-attribute takes Name=Type, not "Name"$/,
    ],
    [
      ["server", "start-dev", "--search-attribute", "Name=Colour"],
      2,
      /^error: --search-attribute Name has the unknown type "Colour"; use Text, /,
    ],
    [
      ["server", "start-dev", "--dynamic-config-value", "a=b"],
      2,
      /^error: --dynamic-config-value a takes JSON \(strings in quotes\), not b$/,
    ],
    [["gateway", "--listen", "here"], 2, /^error: --listen takes ip:port or a port, not "here"$/],
    [["workflow", "list", "--output", "xml"], 2, /^error: --output takes text or json, not "xml"$/],
    [
      ["workflow", "list", "--tls-ca-path", "/no/such/file"],
      1,
      /^error: --tls-ca-path: \/no\/such\/file cannot be read \(ENOENT\)$/,
    ],
    [["workflow", "list", "--address", "127.0.0.1:1"], 1, /^error: .*127\.0\.0\.1:1/],
  ];
  for (const [args, expected, error] of REFUSED) {
    test(`refuses in one line: ${args.join(" ")}`, async () => {
      const { code, out, errors } = await finish(...args);
      assert.equal(code, expected);
      assert.equal(errors.length, 1);
      assert.match(errors[0], error);
      assert.doesNotMatch(errors[0], /\n/);
      assert.equal(out, "");
    });
  }
});

describe("anywhen server start-dev", () => {
  test("serves until it is interrupted, names what has no effect", async () => {
    const flags = ["-n", "extra", "--headless", "--ui-port", "1", "--search-attribute", "Customer=Keyword"];
    await whileServing(flags, async (address, server) => {
      await waitForLine(server.out, /^Namespaces: default, extra$/);
      await waitForLine(server.out, /^No effect: +--headless, --ui-port$/);
      await waitForLine(server.out, /^Ready in \d+ ms; Ctrl-C ends it$/);
      const { out } = await succeed("workflow", "list", "--address", address, "-n", "extra", "-o", "json");
      assert.deepEqual(JSON.parse(out), []);
    });
  });

  test("ends with one line when the port is taken", async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as net.AddressInfo;
    const { code, errors } = await finish("server", "start-dev", "--port", String(port));
    taken.close();
    assert.equal(code, 1);
    assert.deepEqual(errors, [`error: port ${port} is in use at 127.0.0.1: choose another, or 0 for a free one`]);
  });
});

describe("anywhen workflow", () => {
  test("takes from the environment what no flag says", async () => {
    await whileServing(["-n", "extra"], async (address) => {
      const variables = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: "extra", TEMPORAL_API_KEY: "" };
      await withEnvironment({ ...variables, TEMPORAL_TLS: "true" }, async () => {
        const { code, errors } = await finish("workflow", "count");
        assert.equal(code, 1);
        assert.match(errors[0], /^error: 127\.0\.0\.1:\d+ does not speak TLS/);
        const start = ["workflow", "start", "--tls=false", "--type", "order", "-t", "orders", "-w", "order-1"];
        assert.match((await succeed(...start)).out, /^Namespace +extra$/m);
      });
    });
  });

  test("tells a failure with all its causes, in one line", async () => {
    await whileServing([], async (address) => {
      await succeed("workflow", "start", "--address", address, "--type", "order", "-t", "orders", "-w", "order-1");
      await using client = await Client.connect(address);
      const namespace = "default";
      const { taskToken } = await client.workflowService.pollWorkflowTaskQueue({
        namespace,
        taskQueue: { name: "orders" },
      });
      const failure = {
        message: "no payment",
        cause: { message: "card declined", cause: { message: "limit\n  reached" } },
      };
      await client.workflowService.respondWorkflowTaskCompleted({
        namespace,
        taskToken,
        commands: [{
          commandType: CommandType.FAIL_WORKFLOW_EXECUTION,
          attributes: { case: "failWorkflowExecutionCommandAttributes", value: { failure } },
        }],
      });
      const { errors } = await finish("workflow", "result", "--address", address, "-w", "order-1");
      assert.deepEqual(errors, ["error: Workflow execution failed: no payment: card declined: limit reached"]);
    });
  });

  test("starts, describes, shows, lists, counts, signals, cancels and terminates", async () => {
    await whileServing([], async (address) => {
      const at = ["--address", address];
      const here = [...at, "-w", "order-1"];
      const json = async (...args: string[]): Promise<unknown> =>
        JSON.parse((await succeed(...args, "-o", "json")).out);

      const started = await succeed("workflow", "start", ...here, "--type", "order", "-t", "orders", "-i", '{"n":1}');
      assert.match(started.out, /^WorkflowId +order-1\nRunId +[0-9a-f-]{36}\nNamespace +default$/);
      const described = await json("workflow", "describe", ...here) as Record<string, unknown>;
      assert.equal(described.Status, "RUNNING");
      assert.equal(described.Type, "order");
      assert.equal(described.TaskQueue, "orders");
      assert.match((await succeed("workflow", "show", ...here)).out, /1 +\S+ +WorkflowExecutionStarted/);
      const rows = await json("workflow", "list", ...at, "-q", "WorkflowId = 'order-1'") as { WorkflowId: string }[];
      assert.deepEqual(rows.map((row) => row.WorkflowId), ["order-1"]);
      assert.deepEqual(await json("workflow", "count", ...at), { Total: 1 });
      await succeed("workflow", "signal", ...here, "--name", "paid", "-i", "5");
      await succeed("workflow", "cancel", ...here, "--reason", "enough");
      assert.match((await succeed("workflow", "show", ...here)).out, /WorkflowExecutionSignaled\n.*CancelRequested/);
      await succeed("workflow", "terminate", ...here, "--reason", "enough");
      const { code, errors } = await finish("workflow", "result", ...here);
      assert.equal(code, 1);
      assert.equal(errors.length, 1);
      assert.match(errors[0], /enough/);
    });
  });

  test("says what is missing or wrong", async () => {
    await whileServing([], async (address) => {
      const at = ["--address", address];
      const cases: [string[], number, RegExp][] = [
        [["workflow", "describe", ...at], 2, /^error: --workflow-id is missing$/],
        [["workflow", "start", ...at, "-t", "q"], 2, /^error: --type is missing$/],
        [["workflow", "start", ...at, "--type", "x"], 2, /^error: --task-queue is missing$/],
        [
          ["workflow", "start", ...at, "--type", "x", "-t", "q", "-i", "hello"],
          2,
          /^error: --input takes JSON \(strings in quotes\), not hello$/,
        ],
        [["workflow", "describe", ...at, "-w", "nobody"], 1, /^error: .*(nobody|not found)/],
        [["workflow", "list", ...at, "-q", "Nope ="], 1, /^error: .*invalid query/],
        [["workflow", "list", ...at, "-n", "nowhere"], 1, /^error: .*nowhere/],
      ];
      for (const [args, expected, error] of cases) {
        const { code, errors } = await finish(...args);
        assert.equal(errors.length, 1, args.join(" "));
        assert.match(errors[0], error);
        assert.equal(code, expected, args.join(" "));
      }
    });
  });
});

describe("anywhen gateway", () => {
  test("passes gRPC-web and Connect on, and answers pages of the named origins", async () => {
    await whileServing([], async (address) => {
      const gateway = run(
        "gateway",
        "--address",
        address,
        "--listen",
        "127.0.0.1:0",
        "--cors-origin",
        "https://a.test",
      );
      try {
        const [, url] = await waitForLine(gateway.out, /^Gateway at (http:\/\/127\.0\.0\.1:\d+) /);
        const { out } = await succeed("workflow", "list", "--address", url, "-o", "json");
        assert.deepEqual(JSON.parse(out), []);
        const response = await fetch(`${url}/temporal.api.workflowservice.v1.WorkflowService/GetSystemInfo`, {
          method: "POST",
          headers: { "content-type": "application/json", origin: "https://a.test" },
          body: "{}",
        });
        assert.equal(response.headers.get("access-control-allow-origin"), "https://a.test");
        assert.ok("serverVersion" in await response.json());
      } finally {
        gateway.interrupt();
        await gateway.code;
      }
      assert.equal(await gateway.code, 0);
      assert.equal(gateway.out.at(-1), "Gateway stopped");
    });
  });
});

async function succeed(...args: string[]): Promise<{ out: string }> {
  const { code, out, errors } = await finish(...args);
  assert.deepEqual([code, errors], [0, []], args.join(" "));
  return { out };
}
