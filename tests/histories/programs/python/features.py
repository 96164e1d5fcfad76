"""More workflows whose histories are recorded: children, other workflows, local activities, patches, values."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ApplicationError, is_cancelled_exception

SECONDS = timedelta(seconds=30)
KEYWORD = SearchAttributeKey.for_keyword("GoldenKeyword")
INT = SearchAttributeKey.for_int("GoldenInt")


def call(value, activity_id=None):
    return workflow.execute_activity("echo", value, start_to_close_timeout=SECONDS, activity_id=activity_id)


def call_locally(name, value, **options):
    return workflow.execute_local_activity(name, value, start_to_close_timeout=timedelta(seconds=10), **options)


def child_id(name):
    return f"{workflow.info().workflow_id}-{name}"


@workflow.defn(name="giver")
class Giver:
    """A child that gives its argument back, after a while."""

    @workflow.run
    async def run(self, value: str) -> str:
        await asyncio.sleep(0.005)
        return value


@workflow.defn(name="faulty")
class Faulty:
    """A child that fails for good."""

    @workflow.run
    async def run(self) -> None:
        await asyncio.sleep(0.001)
        raise ApplicationError("the child's own", type="Faulty", non_retryable=True)


@workflow.defn(name="holder")
class Holder:
    """A child that runs until it is released, or cancelled, which takes it a moment to admit."""

    def __init__(self) -> None:
        self.by = None

    @workflow.run
    async def run(self) -> str:
        try:
            await workflow.wait_condition(lambda: self.by is not None)
        except asyncio.CancelledError:
            await asyncio.sleep(0.2)
            raise
        return self.by

    @workflow.signal
    def release(self, by: str) -> None:
        self.by = by


@workflow.defn(name="children")
class Children:
    """Children one after the other and at once; one fails, one is released, one is taken."""

    @workflow.run
    async def run(self) -> list:
        first = await workflow.execute_child_workflow("giver", "first", id=child_id("first"))
        second = await workflow.start_child_workflow("giver", "second", id=child_id("second"), memo={"of": "it"})
        results = await asyncio.gather(
            second, call("beside"), workflow.execute_child_workflow("giver", "third", id=child_id("third"))
        )
        try:
            await workflow.execute_child_workflow("faulty", id=child_id("faulty"))
        except Exception as error:
            failure = error.__cause__.message
        holder = await workflow.start_child_workflow("holder", id=child_id("holder"))
        try:
            await workflow.start_child_workflow("holder", id=child_id("holder"))
        except Exception as error:
            taken = type(error).__name__
        await holder.signal("release", "its parent")
        return [first, *results, failure, taken, await holder]


@workflow.defn(name="childCancellations")
class ChildCancellations:
    """Children cancelled in each way, while they run."""

    @workflow.run
    async def run(self) -> list:
        handles = []
        for name in ("ABANDON", "TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "WAIT_CANCELLATION_REQUESTED"):
            cancellation_type = workflow.ChildWorkflowCancellationType[name]
            handles.append(
                await workflow.start_child_workflow("holder", id=child_id(name), cancellation_type=cancellation_type)
            )
        await asyncio.sleep(0.05)
        endings = []
        for handle in handles:
            handle.cancel()
            ending = (await asyncio.gather(handle, return_exceptions=True))[0]
            endings.append(is_cancelled_exception(ending))
            await call("one is over")
        return endings


@workflow.defn(name="external")
class External:
    """Signals to and cancellation of workflows that are not its own, and that are not there."""

    @workflow.run
    async def run(self, target: str) -> list:
        handle = workflow.get_external_workflow_handle(target)
        await handle.signal("nothing special", 1)
        nowhere = workflow.get_external_workflow_handle("no such workflow")
        failures = []
        for attempt in (lambda: nowhere.signal("anything"), nowhere.cancel):
            try:
                await attempt()
            except ApplicationError:
                failures.append("ApplicationError")
        await handle.cancel()
        return failures


@workflow.defn(name="locals")
class Locals:
    """Local activities alone, at once, retried, failing, and among activities and timers."""

    @workflow.run
    async def run(self) -> list:
        retry = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=3)
        one = await call_locally("echo", 1)
        together = await asyncio.gather(call_locally("echo", 2), call(3), call_locally("echo", 4))
        third = await call_locally("succeedOn", 3, retry_policy=retry)
        try:
            await call_locally("succeedOn", 9, retry_policy=retry)
        except Exception as error:
            failed = (error.__cause__ or error).message
        await call("between")
        return [one, together, third, failed, await call_locally("echo", "last")]


@workflow.defn(name="localBackoff")
class LocalBackoff:
    """Waits between attempts that are too long for the worker become timers."""

    @workflow.run
    async def run(self) -> int:
        retry = RetryPolicy(initial_interval=timedelta(milliseconds=300), backoff_coefficient=1, maximum_attempts=3)
        threshold = timedelta(milliseconds=100)
        return await call_locally("succeedOn", 3, retry_policy=retry, local_retry_threshold=threshold)


@workflow.defn(name="patchedOnce")
class PatchedOnce:
    """A patch asked for before and after a wait, and a second one."""

    @workflow.run
    async def run(self) -> None:
        await call("x", "new" if workflow.patched("first change") else "old")
        if workflow.patched("first change"):
            await asyncio.sleep(0.001)
        if workflow.patched("second change"):
            await call("x", "newer")
        workflow.deprecate_patch("third change")
        await call("x", "last")


@workflow.defn(name="upserts")
class Upserts:
    """Writes and removes memo entries and search attributes."""

    @workflow.run
    async def run(self) -> dict:
        workflow.upsert_memo({"color": "red", "count": 1})
        workflow.upsert_search_attributes([KEYWORD.value_set("first")])
        await asyncio.sleep(0.001)
        workflow.upsert_search_attributes([KEYWORD.value_set("second"), INT.value_set(7)])
        workflow.upsert_memo({"color": None})
        await call("between")
        workflow.upsert_search_attributes([INT.value_unset()])
        return dict(workflow.memo())


FEATURES = [
    Giver,
    Faulty,
    Holder,
    Children,
    ChildCancellations,
    External,
    Locals,
    LocalBackoff,
    PatchedOnce,
    Upserts,
]
