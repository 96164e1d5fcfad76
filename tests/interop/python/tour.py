"""A Python worker and client in one: tour.py ADDRESS TASK_QUEUE. Prints what happened as one JSON object."""

import asyncio
import json
import sys
import uuid

from definitions import ACTIVITIES, WORKFLOWS, PythonCancel, PythonEcho, PythonFailure, PythonHandlers, PythonRetry
from ending import run
from temporalio.client import Client, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.worker import Worker


def new_id(name: str) -> str:
    return f"{name}-{uuid.uuid4()}"


async def use_handlers(client: Client, task_queue: str) -> dict:
    handle = await client.start_workflow(PythonHandlers.run, id=new_id("handlers"), task_queue=task_queue)
    await handle.signal(PythonHandlers.add, "Ada")
    await handle.signal(PythonHandlers.add, "Bob")
    old = await handle.execute_update(PythonHandlers.set_limit, 10)
    try:
        await handle.execute_update(PythonHandlers.set_limit, -1)
        rejected = None
    except WorkflowUpdateFailedError as error:
        rejected = str(error.cause)
    count = await handle.query(PythonHandlers.count)
    try:
        await client.start_workflow(PythonHandlers.run, id=handle.id, task_queue=task_queue)
        started_twice = True
    except WorkflowAlreadyStartedError:
        started_twice = False
    await handle.signal(PythonHandlers.finish)
    names = await handle.result()
    status = (await handle.describe()).status
    events = [event.event_id async for event in handle.fetch_history_events()]
    return {
        "old": old,
        "rejected": rejected,
        "count": count,
        "names": names,
        "started_twice": started_twice,
        "status": status.name if status else None,
        "is_contiguous": events == list(range(1, len(events) + 1)),
    }


async def fail(client: Client, task_queue: str) -> dict:
    try:
        await client.execute_workflow(PythonFailure.run, "too late", id=new_id("fail"), task_queue=task_queue)
    except WorkflowFailureError as error:
        return {"message": str(error.cause), "type": error.cause.type, "details": list(error.cause.details)}
    return {}


async def cancel(client: Client, task_queue: str) -> object:
    handle = await client.start_workflow(PythonCancel.run, id=new_id("cancel"), task_queue=task_queue)
    while not (await handle.describe()).raw_description.pending_activities:
        await asyncio.sleep(0.02)
    await handle.cancel()
    return await handle.result()


async def main(address: str, task_queue: str) -> None:
    client = await Client.connect(address)
    async with Worker(client, task_queue=task_queue, workflows=WORKFLOWS, activities=ACTIVITIES):
        echoed = await client.execute_workflow(PythonEcho.run, "hi", id=new_id("echo"), task_queue=task_queue)
        attempts = await client.execute_workflow(PythonRetry.run, id=new_id("retry"), task_queue=task_queue)
        handlers, failure, cancelled = await asyncio.gather(
            use_handlers(client, task_queue), fail(client, task_queue), cancel(client, task_queue)
        )
    report = {
        "echoed": echoed,
        "attempts": attempts,
        "handlers": handlers,
        "failure": failure,
        "cancelled": cancelled,
    }
    print(json.dumps(report), flush=True)


run(main(*sys.argv[1:]))
