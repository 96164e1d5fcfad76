"""A Python client: client.py ADDRESS TASK_QUEUE WORKFLOW_TYPE.

Reads {"values": [...]} from standard input, runs the workflow once for each value and for some bytes, and prints
what came back as {"results": [...], "bytes": [...]}.
"""

import asyncio
import json
import sys
import uuid
from typing import Any

from ending import run
from temporalio.client import Client


async def main(address: str, task_queue: str, workflow_type: str) -> None:
    client = await Client.connect(address)

    async def echo(value: Any) -> Any:
        workflow_id = f"python-{uuid.uuid4()}"
        return await client.execute_workflow(workflow_type, value, id=workflow_id, task_queue=task_queue)

    values = json.load(sys.stdin)["values"]
    results = await asyncio.gather(*(echo(value) for value in values))
    data = await echo(bytes([0, 1, 254, 255]))
    print(json.dumps({"results": results, "bytes": list(data)}), flush=True)


run(main(*sys.argv[1:]))
