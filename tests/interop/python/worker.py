"""A Python worker: worker.py ADDRESS TASK_QUEUE. Prints "ready", ends when its standard input does."""

import asyncio
import sys

from definitions import ACTIVITIES, WORKFLOWS
from ending import run
from temporalio.client import Client
from temporalio.worker import Worker


async def main(address: str, task_queue: str) -> None:
    client = await Client.connect(address)
    async with Worker(client, task_queue=task_queue, workflows=WORKFLOWS, activities=ACTIVITIES):
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


run(main(*sys.argv[1:]))
