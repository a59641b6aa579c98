"""Sends the webhooks of worlds to the addresses that the operator allows, and sends them again on the world's clock if they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import httpx

from mockserver.core.base.clock import stopwatch, wall_clock
from mockserver.core.base.faults import Forbidden
from mockserver.core.base.targets import Targets
from mockserver.core.engine.signatures import sign
from mockserver.core.state.deliveries import Attempt, Delivery, Result, list_pending, note_attempt
from mockserver.core.state.store import COMMIT_ATTEMPTS, Store
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction
from mockserver.openapi import limits

_TIMEOUT = 10.0
"""Seconds that a receiver may take to answer."""
_ANSWERED = "the answer is not 2xx"
_LONGEST = 30.0
"""Seconds after which a world is looked at again, whatever its clock says."""

Outcome = tuple[Result, int | None, str]
"""What came of an attempt: its result, the status of the answer, and why there is none."""


class Sender:
    """Sends what is due. ``tables`` are the tables of deliveries. Each world with deliveries has one task, up to a limit."""

    def __init__(self, store: Store, targets: Targets, tables: Sequence[Table[Delivery]]) -> None:
        self._store = store
        self._targets = targets
        self._tables = tables
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakers: dict[str, asyncio.Event] = {}
        self._seen: set[str] = set()

    def wake(self, world: str, *, changed: bool) -> None:
        """Look at the deliveries of a world, now or as soon as its task is free: a call has changed it, or its clock.

        The first call to a world since the start of the server is looked at in any case: an earlier server may have left deliveries.
        """
        if world in self._wakers:
            self._wakers[world].set()
        elif (changed or world not in self._seen) and self._tables and len(self._tasks) < limits.SENDING_WORLDS.value:
            if len(self._seen) >= limits.WORLDS.value:
                self._seen.clear()
            self._seen.add(world)
            self._wakers[world] = asyncio.Event()
            self._tasks[world] = asyncio.get_running_loop().create_task(self._run(world))

    def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()

    async def send(self, world: str, table: Table[Delivery], delivery: Delivery) -> None:
        """Send a webhook now, whatever its plan says, and store the attempt with it. The caller has checked that its address is allowed."""
        found = await self._store.find(world)
        if found is not None:
            await self._try(world, table, delivery, found.world.time(wall_clock()), by_hand=True)

    async def _run(self, world: str) -> None:
        try:
            while (seconds := await self._send_due(world)) is not None:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wakers[world].wait(), min(max(seconds, 0.05), _LONGEST))
                self._wakers[world].clear()
        finally:
            del self._tasks[world], self._wakers[world]

    async def _send_due(self, name: str) -> float | None:
        """Send what is due in a world. Returns the seconds of its time until the next delivery is due; None if there is none."""
        found = await self._store.find(name)
        if found is None:
            return None
        now = found.world.time(wall_clock())
        pending = [(table, one) for table in self._tables for one in list_pending(Transaction(found.world, now), table)]
        if not pending:
            return None
        due = [(table, one) for table, one in pending if one.next_at <= now]
        for table, one in due[: limits.WEBHOOKS_AT_ONCE.value]:
            await self._try(name, table, one, now, by_hand=False)
        return 0.0 if due else min((one.next_at - now).total_seconds() for _, one in pending)

    async def _try(self, name: str, table: Table[Delivery], delivery: Delivery, now: datetime, *, by_hand: bool) -> None:
        """Send a webhook of a world at a moment of its time, and store what came of it, if the world is still there."""
        begun = stopwatch()
        result, status, note = await self._attempt(delivery, now)
        attempt = Attempt(now, result, status, note, round((stopwatch() - begun) * 1000), by_hand=by_hand)
        for _ in range(COMMIT_ATTEMPTS):
            found = await self._store.find(name)
            if found is None:
                return
            transaction = Transaction(found.world, found.world.time(wall_clock()))
            note_attempt(transaction, table, delivery.id, attempt)
            if await self._store.commit(name, found.version, transaction.finish(), touched=False, steps=(transaction,)):
                return

    async def _attempt(self, delivery: Delivery, now: datetime) -> Outcome:
        """Send one webhook. A redirect is not followed, and the answer is not read."""
        try:
            pinned = await self._targets.check(delivery.url)
        except Forbidden as refusal:
            return "refused", None, str(refusal)
        try:
            url = httpx.URL(delivery.url)
            headers = dict(sign(delivery, now))
            extensions = {}
            if pinned:  # the addresses that were checked, and not those of another look-up
                headers["Host"] = url.netloc.decode("ascii")
                extensions["sni_hostname"] = url.host
                url = url.copy_with(host=pinned.split(":", 2)[2].split(",")[0])
            async with (
                asyncio.timeout(_TIMEOUT),
                httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client,
                client.stream(delivery.method, url, content=delivery.body.encode(), headers=headers, extensions=extensions) as answer,
            ):
                return ("delivered", answer.status_code, "") if answer.is_success else ("failed", answer.status_code, _ANSWERED)
        except TimeoutError:
            return "failed", None, f"the receiver did not answer within {_TIMEOUT:.0f} s"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return "failed", None, f"{type(error).__name__}: {error}"[:300]
