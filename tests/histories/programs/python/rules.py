"""Workflows whose histories depend on the rules of the Python SDK, and their recorder: python rules.py ADDRESS FOLDER"""

import asyncio
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE = f"histories-python-rules-{uuid4()}"


@activity.defn
async def echo(value: str) -> str:
    return value


@activity.defn
async def later() -> str:
    activity.raise_complete_async()


async def step(activity_id: str) -> str:
    return await workflow.execute_activity(
        echo, activity_id, activity_id=activity_id, start_to_close_timeout=timedelta(seconds=30)
    )


@workflow.defn(name="besides")
class Besides:
    """Handlers of all kinds in one task: some never wait, some do."""

    def __init__(self) -> None:
        self.sum = 0

    @workflow.run
    async def run(self) -> int:
        await step("first")
        await workflow.wait_condition(lambda: self.sum >= 15)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.sum

    @workflow.update
    def add(self, by: int) -> int:
        self.sum += by
        return self.sum

    @workflow.update
    async def addAtOnce(self, by: int) -> int:
        self.sum += by
        return self.sum

    @workflow.update
    async def addSlowly(self, by: int) -> int:
        await step(f"update-{by}")
        self.sum += by
        return self.sum

    @workflow.signal
    async def poke(self, by: int) -> None:
        await step(f"signal-{by}")
        self.sum += by


@workflow.defn(name="cancelledWithResult")
class CancelledWithResult:
    """A cancellation that comes with the result of the awaited activity."""

    @workflow.run
    async def run(self) -> str:
        try:
            outcome = await workflow.execute_activity(later, start_to_close_timeout=timedelta(seconds=60))
        except asyncio.CancelledError:
            outcome = "cancelled"
        await step("after")
        return outcome


def make_worker(client: Client) -> Worker:
    return Worker(
        client,
        task_queue=QUEUE,
        workflows=[Besides, CancelledWithResult],
        activities=[echo, later],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=0,
        max_concurrent_workflow_tasks=1,
    )


async def seen(handle, name: str) -> None:
    while True:
        history = await handle.fetch_history()
        if any(event.HasField(name) for event in history.events):
            return
        await asyncio.sleep(0.02)


async def besides(client: Client):
    handle = await client.start_workflow("besides", id=f"python-besides-{uuid4()}", task_queue=QUEUE)
    async with make_worker(client):
        await seen(handle, "activity_task_completed_event_attributes")
        await asyncio.sleep(0.3)
    updates = []
    for name, by in [("add", 1), ("addSlowly", 2), ("addAtOnce", 3), ("add", 4)]:
        updates.append(asyncio.create_task(handle.execute_update(name, by, id=f"{name}-{by}")))
        await asyncio.sleep(0.1)
    await handle.signal("poke", 5)
    async with make_worker(client):
        await asyncio.gather(*updates)
        await handle.result()
    return handle


async def cancelled_with_result(client: Client):
    handle = await client.start_workflow(
        "cancelledWithResult", id=f"python-cancelled-{uuid4()}", task_queue=QUEUE
    )
    async with make_worker(client):
        await seen(handle, "activity_task_scheduled_event_attributes")
        await asyncio.sleep(0.3)
    await handle.cancel()
    await client.get_async_activity_handle(workflow_id=handle.id, run_id=None, activity_id="1").complete("late")
    async with make_worker(client):
        await handle.result()
    return handle


async def main() -> None:
    address, folder = sys.argv[1:]
    client = await Client.connect(address)
    for name, drive in {"besides": besides, "cancelledWithResult": cancelled_with_result}.items():
        handle = await drive(client)
        which = ["--workflow-id", handle.id, "--address", address, "--output", "json"]
        shown = subprocess.run(["temporal", "workflow", "show", *which], check=True, capture_output=True, text=True)
        events = [json.dumps(event, ensure_ascii=False, separators=(",", ":")) for event in json.loads(shown.stdout)["events"]]
        Path(folder, f"{name}.json").write_text('{"events": [\n' + ",\n".join(events) + "\n]}\n")
        print(f"{name}: {len(events)} events")


asyncio.run(main())
