"""Runs one operation on a world: fires what is due, calls the handler in a transaction, checks the reply, and commits.

A reply commits the transaction, whatever its status. An error drops it, so a refused request changes nothing except what was due before it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from mockserver.core.base.clock import wall_clock
from mockserver.core.base.faults import LimitExceeded, MockBug, StoreFailed, Unavailable
from mockserver.core.base.requests import Request
from mockserver.core.engine.outcome import Outcome
from mockserver.core.engine.refusals import refuse
from mockserver.core.engine.timers import Timers
from mockserver.core.operation.compiled import Operation
from mockserver.core.state.store import BUSY, COMMIT_ATTEMPTS, NEW, Store, Versioned
from mockserver.core.state.world import Transaction, World, fire_due, is_due
from mockserver.openapi import limits

log = logging.getLogger("mockserver")


class Executor:
    """Runs operations on the worlds of a store. ``draw`` returns the next number in the order of the exchanges of a world."""

    def __init__(self, store: Store, timers: Timers, draw: Callable[[str], int]) -> None:
        self._store = store
        self._draw = draw
        self._timers = timers

    async def run(self, operation: Operation, request: Request, versioned: Versioned) -> Outcome:
        """Run an operation and commit; if another commit comes first, load the world and run the operation again.

        Only a handler that changes something makes a world that is not in the store, and only for a visitor who may make one.
        """
        for attempt in range(COMMIT_ATTEMPTS):
            world = versioned.world
            now = world.time(wall_clock())
            fired: tuple[Transaction, ...] = ()
            if is_due(world, now):
                try:
                    versioned, now, fired = await self._timers.catch_up(request.world, versioned, now)
                except MockBug as bug:
                    return _refuse(operation, bug, now, world)
                world = versioned.world
            outcome, committed = _answer(operation, request, world, fired, now), True
            if versioned.version is NEW and not (outcome.touched and request.visitor.may_make):
                outcome.changed, outcome.writes, outcome.changes = False, 0, ()
            elif outcome.changed:
                try:
                    committed = await self._store.commit(
                        request.world, versioned.version, outcome.world, request.visitor, touched=outcome.touched, steps=outcome.steps
                    )
                except (LimitExceeded, StoreFailed) as refusal:
                    return _refuse(operation, refusal, now, world)
            if committed:
                if not operation.api.is_control:
                    outcome.number = self._draw(request.world)
                outcome.before = world
                return outcome
            log.info("%s: another commit to %s came first, attempt %d", operation.name, request.world, attempt + 1)
            versioned = await self._store.load(request.world)
        world = versioned.world
        return _refuse(operation, Unavailable(BUSY), world.time(wall_clock()), world)

    async def rehearse(self, operation: Operation, request: Request, versioned: Versioned) -> Outcome:
        """Run an operation without committing it: the outcome is that of :meth:`run`, but the world does not change."""
        world = versioned.world
        now = world.time(wall_clock())
        try:
            versioned, now, fired = await self._timers.catch_up(request.world, versioned, now)
        except MockBug as bug:
            return _refuse(operation, bug, now, world)
        outcome = _answer(operation, request, versioned.world, fired, now)
        outcome.before = outcome.world = versioned.world
        outcome.changed, outcome.touched, outcome.writes, outcome.changes = False, False, 0, ()
        return outcome

    async def run_async(self, operation: Operation, request: Request) -> Outcome:
        """Run an operation whose handler is awaited.

        Such a handler reads its transaction and works on the store itself; nothing of the transaction is committed.
        """
        try:
            world = await self._timers.settle(request.world) or (await self._store.load(request.world)).world
        except MockBug:
            # A failing timer must not block the control plane, which is the way to remove it.
            world = (await self._store.load(request.world)).world
        now = world.time(wall_clock())
        try:
            transaction = Transaction(world, now, request.base_url, request.own_url)
            if len(request.body) <= limits.BODY.value:
                answering = operation.answer(request, transaction)
            else:  # a long body, such as that of an imported world, is read while other requests are answered
                answering = await asyncio.to_thread(operation.answer, request, transaction)
            reply = await answering
            operation.responses.check(reply)
        except Exception as error:  # noqa: BLE001 - refuse distinguishes and logs them
            return _refuse(operation, error, now, world)
        return Outcome(reply=reply, at=now, world=world)

    def handle(self, operation: Operation, request: Request, world: World) -> Outcome:
        """The outcome of a request to a world, as a value: nothing is loaded, committed or recorded."""
        now = world.time(wall_clock())
        try:
            fired = fire_due(world, now, self._timers.actions)
        except MockBug as bug:
            return _refuse(operation, bug, now, world)
        return _answer(operation, request, world, () if fired is None else (fired,), now)


def _answer(operation: Operation, request: Request, world: World, fired: tuple[Transaction, ...], now: datetime) -> Outcome:
    """Call the handler and check its reply. ``world`` is the committed world, ``fired`` are the transactions of its due timers."""
    current = fired[-1].result if fired else world
    try:
        transaction = Transaction(current, now, request.base_url, request.own_url)
        reply = operation.answer(request, transaction)
        payload = reply.encode()
        operation.responses.check(reply, payload, (request.path, request.query))
    except Exception as error:  # noqa: BLE001 - refuse distinguishes and logs them
        return _refuse(operation, error, now, current, fired, changed=current is not world)
    after = transaction.finish()
    if transaction.added > 0 and after.count_records() > limits.WORLD_RECORDS.value:
        full = LimitExceeded(limits.WORLD_RECORDS, 413, "delete some, or go on in another world")
        return _refuse(operation, full, now, current, fired, changed=current is not world)
    if after is current:
        return Outcome(reply=reply, at=now, world=after, changed=after is not world, payload=payload, steps=fired)
    return Outcome(
        reply=reply,
        at=now,
        world=after,
        changed=after is not world,
        touched=True,
        payload=payload,
        writes=transaction.writes,
        changes=transaction.changes,
        steps=(*fired, transaction),
    )


def _refuse(
    operation: Operation, error: Exception, now: datetime, world: World, fired: tuple[Transaction, ...] = (), *, changed: bool = False
) -> Outcome:
    reply, reported = refuse(operation, error)
    return Outcome(reply=reply, at=now, world=world, fault=reported, changed=changed, steps=fired)
