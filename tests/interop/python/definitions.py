"""Workflows and activities of the Python side."""

import asyncio
from datetime import timedelta
from typing import Any, Optional

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

TIMEOUT = timedelta(seconds=20)


@activity.defn(name="echo")
async def echo(value: Any) -> Any:
    return value


@activity.defn(name="flaky")
async def flaky() -> int:
    if activity.info().attempt < 3:
        raise ApplicationError("not yet")
    return activity.info().attempt


@activity.defn(name="beat")
async def beat() -> str:
    try:
        while True:
            activity.heartbeat("beat")
            await asyncio.sleep(0.05)
    except asyncio.CancelledError:
        return "cancelled activity"


@workflow.defn(name="PythonEcho")
class PythonEcho:
    @workflow.run
    async def run(self, value: Any) -> Any:
        return await workflow.execute_activity("echo", value, start_to_close_timeout=TIMEOUT, result_type=Any)


@workflow.defn(name="PythonRetry")
class PythonRetry:
    @workflow.run
    async def run(self) -> int:
        await workflow.sleep(0.05)
        policy = RetryPolicy(initial_interval=timedelta(milliseconds=10))
        return await workflow.execute_activity(flaky, start_to_close_timeout=TIMEOUT, retry_policy=policy)


@workflow.defn(name="PythonHandlers")
class PythonHandlers:
    def __init__(self) -> None:
        self.names: list[str] = []
        self.limit = 1
        self.done = False

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.wait_condition(lambda: self.done)
        return self.names

    @workflow.signal
    def add(self, name: str) -> None:
        self.names.append(name)

    @workflow.signal
    def finish(self) -> None:
        self.done = True

    @workflow.query
    def count(self) -> int:
        return len(self.names)

    @workflow.update
    async def set_limit(self, limit: int) -> int:
        old, self.limit = self.limit, limit
        return old

    @set_limit.validator
    def check_limit(self, limit: int) -> None:
        if limit < 0:
            raise ApplicationError("limit must not be negative")


@workflow.defn(name="PythonFailure")
class PythonFailure:
    @workflow.run
    async def run(self, message: str) -> None:
        raise ApplicationError(message, {"order": 7}, type="Expired")


@workflow.defn(name="PythonCancel")
class PythonCancel:
    @workflow.run
    async def run(self) -> Optional[str]:
        return await workflow.execute_activity(
            beat,
            start_to_close_timeout=TIMEOUT,
            heartbeat_timeout=timedelta(seconds=1),
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        )


WORKFLOWS = [PythonEcho, PythonRetry, PythonHandlers, PythonFailure, PythonCancel]
ACTIVITIES = [echo, flaky, beat]
