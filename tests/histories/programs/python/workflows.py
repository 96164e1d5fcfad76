"""The workflows whose histories are recorded, and their activities."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, is_cancelled_exception

SECONDS = timedelta(seconds=30)
ONCE = RetryPolicy(maximum_attempts=1)


@activity.defn
async def echo(value):
    return value


@activity.defn(name="succeedOn")
async def succeed_on(attempt):
    if activity.info().attempt < attempt:
        raise RuntimeError(f"attempt {activity.info().attempt}")
    return attempt


@activity.defn
async def beat():
    try:
        while True:
            activity.heartbeat()
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)
        raise


@activity.defn
async def hang():
    await asyncio.sleep(3)


@activity.defn
async def later():
    activity.raise_complete_async()


ACTIVITIES = [echo, succeed_on, beat, hang, later]


def call(value, activity_id=None):
    return workflow.execute_activity(echo, value, start_to_close_timeout=SECONDS, activity_id=activity_id)


@workflow.defn(name="activities")
class Activities:
    """Activities one after the other, at once, retried, timed out, and with an id of their own."""

    @workflow.run
    async def run(self) -> list:
        one = await call(1)
        retry = RetryPolicy(initial_interval=timedelta(milliseconds=1), maximum_attempts=3)
        two, three, name = await asyncio.gather(
            call(2),
            workflow.execute_activity(succeed_on, 3, start_to_close_timeout=SECONDS, retry_policy=retry),
            call("named", "again"),
        )
        failed = timed_out = None
        try:
            await workflow.execute_activity(succeed_on, 9, start_to_close_timeout=SECONDS, retry_policy=retry)
        except Exception as error:
            failed = error.__cause__.message
        try:
            await workflow.execute_activity(hang, start_to_close_timeout=timedelta(milliseconds=100), retry_policy=ONCE)
        except Exception as error:
            timed_out = error.__cause__.type.name
        return [one, two, three, name, failed, timed_out]


@workflow.defn(name="timers")
class Timers:
    """Timers that fire, that race, that are cancelled before and after their start."""

    @workflow.run
    async def run(self) -> list:
        await asyncio.sleep(0.001)
        order = []

        async def note(name, seconds):
            await asyncio.sleep(seconds)
            order.append(name)

        long = asyncio.create_task(note("never", 3600))
        await asyncio.gather(note("slow", 0.3), note("fast", 0.01), note("middle", 0.1))
        long.cancel()
        await asyncio.wait([long])
        early = asyncio.get_event_loop().call_later(7200, lambda: None)
        early.cancel()
        await asyncio.sleep(0.005)
        return order


@workflow.defn(name="signals")
class Signals:
    """Signals before the first task, while waiting, and with a handler that works."""

    def __init__(self) -> None:
        self.items = []
        self.is_finished = False

    @workflow.run
    async def run(self) -> list:
        late = True
        await workflow.wait_condition(lambda: self.is_finished, timeout=timedelta(hours=1))
        try:
            await workflow.wait_condition(lambda: len(self.items) > 99, timeout=timedelta(milliseconds=10))
        except asyncio.TimeoutError:
            late = False
        return [self.items, True, late]

    @workflow.signal
    async def add(self, item: str) -> None:
        self.items.append(item)
        await call(item)

    @workflow.signal
    def finish(self) -> None:
        self.is_finished = True

    @workflow.query
    def total(self) -> int:
        return len(self.items)


@workflow.defn(name="updates")
class Updates:
    """Updates that are answered at once, later, and not at all."""

    def __init__(self) -> None:
        self.sum = 0
        self.is_finished = False

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.is_finished and workflow.all_handlers_finished())
        return self.sum

    @workflow.update(name="raise")
    def raise_(self, by: int) -> int:
        self.sum += by
        return self.sum

    @raise_.validator
    def check(self, by: int) -> None:
        if by < 0:
            raise ValueError("must not be negative")

    @workflow.update(name="raiseSlowly")
    async def raise_slowly(self, by: int) -> int:
        await asyncio.sleep(0.01)
        self.sum += await call(by)
        return self.sum

    @workflow.signal
    def finish(self) -> None:
        self.is_finished = True


@workflow.defn(name="cancelled")
class Cancelled:
    """Cleans up when it is cancelled, then ends as cancelled."""

    @workflow.run
    async def run(self) -> None:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            await call("cleaned up")
            raise


@workflow.defn(name="cancellationTypes")
class CancellationTypes:
    """Activities cancelled in each way."""

    @workflow.run
    async def run(self) -> list:
        handles = [
            workflow.start_activity(
                beat,
                start_to_close_timeout=SECONDS,
                heartbeat_timeout=timedelta(milliseconds=500),
                cancellation_type=cancellation_type,
            )
            for cancellation_type in (
                workflow.ActivityCancellationType.TRY_CANCEL,
                workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                workflow.ActivityCancellationType.ABANDON,
            )
        ]
        await asyncio.sleep(0.3)
        for handle in handles:
            handle.cancel()
        endings = await asyncio.gather(*handles, return_exceptions=True)
        return [["cancelled" if is_cancelled_exception(ending) else str(ending) for ending in endings], True]


@workflow.defn(name="continued")
class Continued:
    """A chain of runs."""

    @workflow.run
    async def run(self, left: int) -> str:
        await asyncio.sleep(0.001)
        if left > 0:
            workflow.continue_as_new(left - 1)
        return await call("end of the chain")


@workflow.defn(name="failing")
class Failing:
    """Fails for good."""

    @workflow.run
    async def run(self) -> None:
        await asyncio.sleep(0.001)
        raise ApplicationError("for good", {"order": 7}, type="Broken", non_retryable=True)


WORKFLOWS = [Activities, Timers, Signals, Updates, Cancelled, CancellationTypes, Continued, Failing]
