"""Records histories with the official Python SDK, all or those named: python record.py ADDRESS FOLDER [SCENARIO…]"""

import asyncio
import json
import sys
import uuid
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError
from temporalio.worker import Worker

from features import FEATURES
from workflows import ACTIVITIES, WORKFLOWS

ADDRESS, FOLDER, *NAMES = sys.argv[1:]
TASK_QUEUE = f"histories-python-{uuid.uuid4()}"


def options(name):
    return {"id": f"python-{name}-{uuid.uuid4()}", "task_queue": TASK_QUEUE}


async def settle(awaitable):
    """Waits, whatever comes of it."""
    return await asyncio.gather(awaitable, return_exceptions=True)


async def seen(handle, event_type):
    """Waits until the history has an event of a type."""
    while not any(event.HasField(event_type) for event in (await handle.fetch_history()).events):
        await asyncio.sleep(0.02)


async def execute(client, name, *args):
    handle = await client.start_workflow(name, args=list(args), **options(name))
    await settle(handle.result(follow_runs=True))
    return handle


async def signals(client):
    handle = await client.start_workflow("signals", start_signal="add", start_signal_args=["a"], **options("signals"))
    await handle.signal("add", "b")
    while await handle.query("total") < 2:
        await asyncio.sleep(0.02)
    await handle.signal("add", "c")
    await handle.signal("finish")
    await handle.result()
    return handle


async def updates(client):
    start = WithStartWorkflowOperation(
        "updates", id_conflict_policy=WorkflowIDConflictPolicy.FAIL, **options("updates")
    )
    await client.execute_update_with_start_workflow("raise", 1, start_workflow_operation=start)
    handle = await start.workflow_handle()
    await settle(handle.execute_update("raise", -1))
    await settle(handle.execute_update("unknown"))
    await asyncio.gather(handle.execute_update("raiseSlowly", 2), handle.execute_update("raiseSlowly", 4))
    await handle.execute_update("raise", 5)
    await handle.signal("finish")
    await handle.result()
    return handle


async def cancelled(client):
    handle = await client.start_workflow("cancelled", **options("cancelled"))
    await seen(handle, "timer_started_event_attributes")
    await handle.cancel()
    await settle(handle.result())
    return handle


async def continuing(client):
    handle = await execute(client, "continued", 1)
    return client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)


async def continued(client):
    handle = await execute(client, "continued", 1)
    return client.get_workflow_handle(handle.id)


async def external(client):
    target = await client.start_workflow("holder", **options("holder"))
    return await execute(client, "external", target.id)


async def add_search_attributes(client):
    types = {
        "GoldenKeyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "GoldenInt": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    }
    request = AddSearchAttributesRequest(namespace="default", search_attributes=types)
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as error:
        print(error.message)


SCENARIOS = {
    "activities": lambda client: execute(client, "activities"),
    "timers": lambda client: execute(client, "timers"),
    "signals": signals,
    "updates": updates,
    "cancelled": cancelled,
    "cancellationTypes": lambda client: execute(client, "cancellationTypes"),
    "continued": continued,
    "continuing": continuing,
    "failing": lambda client: execute(client, "failing"),
    "children": lambda client: execute(client, "children"),
    "childCancellations": lambda client: execute(client, "childCancellations"),
    "external": external,
    "locals": lambda client: execute(client, "locals"),
    "localBackoff": lambda client: execute(client, "localBackoff"),
    "patchedOnce": lambda client: execute(client, "patchedOnce"),
    "upserts": lambda client: execute(client, "upserts"),
}


async def main():
    client = await Client.connect(ADDRESS, identity="recorder")
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    await add_search_attributes(client)
    workflows = [*WORKFLOWS, *FEATURES]
    async with Worker(client, task_queue=TASK_QUEUE, workflows=workflows, activities=ACTIVITIES):
        for name in NAMES or SCENARIOS:
            scenario = SCENARIOS[name]
            history = await (await scenario(client)).fetch_history()
            events = [json.dumps(event) for event in json.loads(history.to_json())["events"]]
            lines = ",\n".join(events)
            (Path(FOLDER) / f"{name}.json").write_text(f'{{"events": [\n{lines}\n]}}\n')
            print(f"{name}: {len(history.events)} events")


asyncio.run(main())
