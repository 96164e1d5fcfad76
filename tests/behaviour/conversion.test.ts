import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as activity from "@anywhen/temporal/activity";
import { create } from "@bufbuild/protobuf";
import {
  type ApplicationError,
  RawValue,
  ValueError,
  type WorkflowFailureError,
  WorkflowUpdateFailedError,
} from "@anywhen/temporal/common";
import type { DataConverterOptions, Payload } from "@anywhen/temporal/converter";
import { valibotDataConverter } from "@anywhen/temporal/valibot";
import { bundleWorkflows, Worker } from "@anywhen/temporal/worker";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { behaviour, type Scene } from "../support/behaviour.ts";
import { connect, unique } from "../support/server.ts";
import * as shared from "./activities.ts";
import * as workflows from "./workflows/conversion.ts";
import { Money } from "./workflows/converters/money.ts";
import { Point } from "./workflows/converters/types.ts";

const activities = {
  ...shared,
  echo: (value: unknown) => value,
  /** Heartbeats what nobody can read, and fails. */
  reportsUnknown: async () => {
    activity.heartbeat(unknown);
    await new Promise((resolve) => setTimeout(resolve, 50));
    throw new Error("once more");
  },
};
const source = new URL("./workflows/conversion.ts", import.meta.url);
const dataConverter: DataConverterOptions = {
  payloadConverter: new URL("./workflows/converters/types.ts", import.meta.url),
};
const plain = { workflows: source, activities };
const typed = { ...plain, connection: { dataConverter } };

/** A payload that no converter of these tests knows. */
const unknown: RawValue = new RawValue({
  metadata: { encoding: new TextEncoder().encode("test/unknown") },
  data: new Uint8Array([1]),
});

/** Waits until a workflow task has failed; gives the failure's message. */
async function taskFailure({ client }: Scene, id: string): Promise<string> {
  for await (const { attributes } of client.workflow.getHandle(id).history({ waitNewEvent: true })) {
    if (attributes.case === "workflowTaskFailedEventAttributes") return attributes.value.failure?.message ?? "";
  }
  throw new Error(`no workflow task of ${id} has failed`);
}

describe("conversion", () => {
  behaviour("DC-04 custom types pass through clients, workflows and activities", typed, async (scene) => {
    const { client, taskQueue, id } = scene;
    const values = {
      bigint: 2n ** 70n,
      date: new Date(5),
      list: [new Date(6), [1n]],
      map: new Map<unknown, unknown>([["deep", new Set([1n])], [2, new Date(7)]]),
      object: { url: new URL("https://example.com/a?b") },
      point: new Point(1, 2),
      set: new Set(["a", 1]),
      url: new URL("https://example.com/"),
    };
    const [kinds, through] = await client.workflow.execute(workflows.roundTrip, {
      id: id(),
      taskQueue,
      args: [values],
    });
    assert.deepEqual(kinds, Object.keys(values));
    assert.deepEqual(through, values);
  });

  behaviour("bytes are bytes of the realm", plain, async ({ client, taskQueue, id }) => {
    const bytes = new Uint8Array([0, 1, 255]);
    const options = { id: id(), taskQueue, args: [bytes] as [Uint8Array] };
    assert.deepEqual(await client.workflow.execute(workflows.returnsBytes, options), [true, "0,1,255"]);
  });

  behaviour("DC-01 each run evaluates the converter for itself", typed, async ({ client, taskQueue, id }) => {
    for (let run = 0; run < 2; run++) {
      const options = { id: id(), taskQueue, args: [1, 2] as [number, number] };
      assert.equal(await client.workflow.execute(workflows.countConversions, options), 2);
    }
  });

  behaviour("DATA-09 objects of a class with a transfer type", typed, async ({ client, taskQueue, id }) => {
    const sum = await client.workflow.execute(workflows.addMoney, { id: id(), taskQueue, args: [new Money(5n)] });
    assert.ok(sum instanceof Money);
    assert.equal(sum.cents, 10n);
  });

  behaviour("DC-14 workflow code reaches the converter", plain, async ({ client, taskQueue, id }) => {
    const used = await client.workflow.execute(workflows.usesConverter, { id: id(), taskQueue });
    assert.deepEqual(used, ['{"a":1}', true, { a: 1 }, true]);
  });

  behaviour("START-04 a raw value passes undecoded by the sender", plain, async ({ client, taskQueue, id }) => {
    const raw = new RawValue({
      metadata: { encoding: new TextEncoder().encode("json/plain") },
      data: new TextEncoder().encode("[1]"),
    });
    const options = { id: id(), taskQueue, args: [raw] as [unknown] };
    assert.equal(await client.workflow.execute(workflows.takesAnything, options), "object");
  });

  behaviour(
    "DATA-11 schemas read what valibotDataConverter writes",
    { ...plain, connection: { dataConverter: valibotDataConverter } },
    async ({ client, taskQueue, id }) => {
      const options = { id: id(), taskQueue };
      const result = await client.workflow.execute(workflows.readsWire, {
        ...options,
        args: [5n, new Map([["first", new Date(0)]]), new Set(["a", "b"]), new URL("https://example.com/")],
      });
      assert.equal(result, "bigint 1970-01-01T00:00:00.000Z a+b example.com");
    },
  );
});

describe("values that cannot be read", () => {
  behaviour("FAIL-10 DC-23 arguments without a converter fail the task", plain, async (scene) => {
    const { client, taskQueue } = scene;
    const id = unique("unreadable");
    const handle = await client.workflow.start(workflows.takesAnything, { id, taskQueue, args: [unknown] });
    assert.match(
      await taskFailure(scene, id),
      /^Failed decoding arguments of workflow takesAnything: payload encoding "test\/unknown" is unknown/,
    );
    await handle.terminate();
  });

  behaviour(
    "FAIL-10 arguments of a workflow that lists the error fail it",
    plain,
    async ({ client, taskQueue, id }) => {
      const failing = client.workflow.execute(workflows.takesPicky, { id: id(), taskQueue, args: [unknown] });
      await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
        assert.equal((cause as ApplicationError).type, "ValueError");
        assert.match((cause as Error).message, /^Failed decoding arguments of workflow takesPicky/);
        return true;
      });
    },
  );

  behaviour("FAIL-10 DATA-15 an application error of the converter fails the workflow", typed, async (scene) => {
    const { client, taskQueue, id } = scene;
    const failing = client.workflow.execute(workflows.takesAnything, { id: id(), taskQueue, args: ["poison"] });
    await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
      assert.deepEqual([(cause as ApplicationError).type, (cause as Error).message], ["Poison", "poisoned"]);
      return true;
    });
  });

  behaviour("DATA-11 arguments that do not fit their schema fail the workflow", plain, async (scene) => {
    const { client, taskQueue, id } = scene;
    const args = ["one" as unknown as number] as [number];
    const failing = client.workflow.execute(workflows.takesNumber, { id: id(), taskQueue, args });
    await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
      const { type, message, nonRetryable } = cause as ApplicationError;
      assert.deepEqual([type, nonRetryable], ["PayloadValidationError", true]);
      assert.match(message, /does not fit its schema: .*number/);
      return true;
    });
  });

  behaviour("DC-23 a signal is dropped, an update rejected, a query refused", plain, async (scene) => {
    const { client, taskQueue, id } = scene;
    const handle = await client.workflow.start(workflows.approval, { id: id(), taskQueue });
    for (const bad of [unknown, "x", 5]) {
      await handle.signal(workflows.approve, bad as string);
      const update = handle.executeUpdate(workflows.rename, { args: [bad as string] });
      await assert.rejects(update, (error) => {
        assert.ok(error instanceof WorkflowUpdateFailedError);
        assert.match((error.cause as Error).message, bad === unknown ? /^Failed decoding arguments/ : /schema/);
        return true;
      });
    }
    await assert.rejects(handle.query(workflows.approver, unknown as unknown as string), /Failed decoding arguments/);
    await handle.signal(workflows.approve, "Ada");
    assert.equal(await handle.query(workflows.approver, "by "), "by Ada");
    assert.equal(await handle.executeUpdate(workflows.rename, { args: ["Bob!"] }), "Ada");
    assert.equal(await handle.result(), "Bob!");
  });

  behaviour("CANC-32 calls that cannot be encoded leave nothing behind", plain, async ({ client, taskQueue, id }) => {
    const handle = await client.workflow.start(workflows.badCalls, { id: id(), taskQueue });
    assert.deepEqual(await handle.result(), ["ValueError", "ValueError", "ValueError", "ValueError", "Hello, World!"]);
    const { events } = await handle.fetchHistory();
    const scheduled = events.filter(({ attributes }) => attributes.case === "activityTaskScheduledEventAttributes");
    assert.deepEqual(scheduled.map(({ attributes }) => (attributes.value as { activityId: string }).activityId), ["1"]);
    assert.ok(
      events.every(({ attributes }) => !attributes.case?.includes("Cancel") && !attributes.case?.includes("timer")),
    );
  });

  behaviour("DC-23 arguments of an activity fail its attempt", plain, async ({ client, taskQueue, id }) => {
    const failing = client.workflow.execute(workflows.passesUnknown, { id: id(), taskQueue, args: [false] });
    await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
      const failure = (cause as Error).cause as ApplicationError;
      assert.match(failure.message, /^Failed decoding arguments/);
      assert.equal(failure.nonRetryable, false);
      assert.match((failure.cause as Error).message, /"test\/unknown" is unknown/);
      return true;
    });
  });

  behaviour("DC-23 heartbeat details fail the activity for good", plain, async ({ client, taskQueue, id }) => {
    const failing = client.workflow.execute(workflows.passesUnknown, { id: id(), taskQueue, args: [true] });
    await assert.rejects(failing, ({ cause }: WorkflowFailureError) => {
      const failure = (cause as Error).cause as ApplicationError;
      assert.equal(failure.message, "Failed decoding heartbeat details");
      assert.equal(failure.nonRetryable, true);
      return true;
    });
  });
});

describe("bundles and converters", () => {
  test("DATA-14 a bundle that was made without the client's converter is refused", async () => {
    const client = await connect({ dataConverter });
    const options = { client, taskQueue: unique("queue"), shutdownSignals: [] };
    const bare = await bundleWorkflows({ workflows: source });
    await assert.rejects(Worker.create({ ...options, workflows: bare }), (error) => {
      assert.ok(error instanceof ValueError);
      assert.match(
        error.message,
        /^the workflow bundle has no payloadConverter; give bundleWorkflows the dataConverter/,
      );
      return true;
    });
    const whole = await bundleWorkflows({ workflows: source, dataConverter });
    await using worker = await Worker.create({ ...options, workflows: whole });
    assert.equal(worker.state, "INITIALIZED");
  });

  test("DATA-14 a converter given by value cannot reach isolated workflows", async () => {
    const payloadConverter = { toPayload: () => bare, fromPayload: () => undefined as never };
    const bare: Payload = { metadata: {}, data: new Uint8Array() };
    const client = await connect({ dataConverter: { payloadConverter } });
    const options = { client, taskQueue: unique("queue"), shutdownSignals: [] };
    await assert.rejects(
      Worker.create({ ...options, workflows: source }),
      /cannot use a payloadConverter given by value/,
    );
    await client.close();
  });
});

describe("protobuf in workflows", () => {
  const messages = { payloadConverter: new URL("./workflows/converters/messages.ts", import.meta.url) };

  behaviour(
    "DATA-10 a converter with a registry reads and writes messages",
    {
      ...plain,
      workflows: new URL("./workflows/messages.ts", import.meta.url),
      connection: { dataConverter: messages },
    },
    async ({ client, taskQueue, id }) => {
      const input = create(DurationSchema, { seconds: 5n, nanos: 7 });
      const result = await client.workflow.execute("doubles", { id: id(), taskQueue, args: [input] });
      assert.deepEqual(result, create(DurationSchema, { seconds: 10n, nanos: 14 }));
    },
  );

  behaviour("DATA-05 without one the error names the option", plain, async (scene) => {
    const { client, taskQueue } = scene;
    const id = unique("message");
    const handle = await client.workflow.start(workflows.takesAnything, {
      id,
      taskQueue,
      args: [create(DurationSchema, { seconds: 5n })],
    });
    const message = await taskFailure(scene, id);
    assert.match(
      message,
      /"json\/protobuf" is unknown.* option dataConverter\.payloadConverter .*JSONProtoPayloadConverter/,
    );
    await handle.terminate();
  });
});
