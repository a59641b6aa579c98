"""Where a request becomes a reply: the one place that opens a draft, commits it, and turns what goes wrong into an answer.

The order is the contract of the core: injected faults (before) → draft → security → parameters → body → handler → check of the reply → commit →
injected faults (after). A fault is dressed by its vendor, checked like any other reply, and commits nothing. A bug of ours is a plain 500 that names
operation and place.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mockserver.core.base import ids
from mockserver.core.base.clock import stopwatch, wall_clock
from mockserver.core.base.faults import Fault, HandlerCrashed, MockBug, ResponseOffSpec, Unavailable
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.fault_effects import NO_EFFECTS, AppliedEffect, FaultEffects, match_rules
from mockserver.core.engine.journal import Journal, JournalEntry
from mockserver.core.engine.notifier import Notifier
from mockserver.core.operation.api import FaultContext
from mockserver.core.operation.preferences import PreferenceNotSatisfiable, answer_preference, parse_prefer
from mockserver.core.state.rules import MAX_DELAY, Preference, Rule
from mockserver.core.state.world import Transaction, World, catch_up, endless, is_due

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mockserver.core.operation.api import Action, Api
    from mockserver.core.operation.compiled import Operation
    from mockserver.core.state.store import Store, Versioned
    from mockserver.core.state.world import Change

    HeadersOf = Callable[[str, str, Transaction], Mapping[str, str]]

ATTEMPTS = 20
"""How often a request is handled again because another commit came first."""
SLICE = 200
"""Timers fired before others are served; about 20 ms."""
SLICES = 500
"""Slices before one request at most: more are a vendor's mistake, or a clock that was moved too far for what happens on the way."""
BUSY = "the world is changed by too many requests at once"
PROBLEM = "application/problem+json"
NOTICE = "X-Mock-Notice"
INJECTED = "X-Mock-Injected"

log = logging.getLogger("mockserver")


@dataclass(slots=True)  # one is made for every call, and freezing costs as much as all the rest of that
class Outcome:
    """What became of one request to a world.

    The reply; what went wrong; the moment of the world's time; the world afterwards and whether it is another one; how many records were written;
    what was done to the call on purpose; the records as they were and are; the bytes of the reply where they are made already.
    """

    reply: Reply
    fault: Exception | None
    at: datetime
    world: World
    changed: bool = False
    writes: int = 0
    marks: tuple[AppliedEffect, ...] = ()
    changes: tuple[Change, ...] = ()
    payload: bytes | None = None


class Executor:
    """Answers requests on the worlds of a store, and records every exchange but those of the control plane.

    ``headers_of`` gives the headers of a vendor's published credential by its name, so that a rule can be for one caller.
    """

    def __init__(self, store: Store, journal: Journal, timers: Mapping[str, Action], headers_of: HeadersOf | None = None) -> None:
        self.store = store
        self.journal = journal
        self.notifier = Notifier()
        self._timers = timers
        self._headers_of = headers_of

    async def reply(self, operation: Operation, request: Request) -> tuple[Reply, bytes]:
        """The reply of an operation and its bytes."""
        started = stopwatch()
        held = await self.store.load(request.world)
        handled = await (self._waited(operation, request) if operation.waits else self._answered(operation, request, held))
        if held.notice:
            handled = _with_header(handled, NOTICE, held.notice)
        if operation.api.is_control:
            self.notifier.ring(request.world)
            return handled.reply, handled.reply.encode()
        return handled.reply, self._record(operation.name, request, handled, started)

    def handle(self, operation: Operation, request: Request, world: World) -> Outcome:
        """What becomes of a request to a world, as a value: nothing is loaded, committed or recorded."""
        now = world.clock.now(wall_clock())
        current = world
        try:
            current = catch_up(world, now, self._timers)
            transaction = Transaction(current, now, request.base_url, request.own_url)
            reply = operation.answer(request, transaction)
            payload = reply.encode()
            operation.responses.check(reply, payload, (request.path, request.query))
        except Exception as error:  # noqa: BLE001 - told apart and logged below
            reply, fault = self._refusal(operation, error)
            return Outcome(reply, fault, now, current, current is not world)
        after = transaction.finish()
        if after is current:
            return Outcome(reply, None, now, after, after is not world, payload=payload)
        return Outcome(reply, None, now, after, after is not world, transaction.writes, (), transaction.changes, payload)

    async def settled(self, name: str) -> World | None:
        """The world of a name, after everything that is due by now has happened; None where there is none."""
        for _ in range(ATTEMPTS):
            found = await self.store.find(name)
            if found is None:
                return None
            held = await self._caught_up(name, found.held)
            current = catch_up(held.world, held.world.clock.now(wall_clock()), self._timers)
            if current is held.world or await self.store.commit(name, held.version, current):
                return current
        raise Unavailable(BUSY)

    async def _caught_up(self, name: str, held: Versioned) -> Versioned:
        """A world of which little is due that has not happened: much of it happens in slices, between which others are served.

        The last timers, and one that crashes, are left to whoever handles the request. Raises HandlerCrashed where there is no end to it.
        """
        for _ in range(SLICES):
            now = held.world.clock.now(wall_clock())
            if not is_due(held.world, now):
                return held
            try:
                current = catch_up(held.world, now, self._timers, most=SLICE)
            except MockBug:
                return held
            if not is_due(current, now):
                return held
            await self.store.commit(name, held.version, current)
            await asyncio.sleep(0)
            found = await self.store.find(name)
            if found is None:
                return held
            held = found.held
        if is_due(held.world, held.world.clock.now(wall_clock())):
            raise endless(held.world.timers[0], SLICES * SLICE)
        return held

    async def become(self, name: str, world: World) -> None:
        """Put a world in place of what a name holds; what it started from stays what it was. Raises Unavailable where too many others do so."""
        for _ in range(ATTEMPTS):
            held = await self.store.load(name)
            if await self.store.commit(name, held.version, world):
                return
        raise Unavailable(BUSY)

    async def refuse(self, api: Api, fault: Fault, request: Request) -> tuple[Reply, bytes]:
        """The reply to a request that reached no operation, dressed by the vendor whose base path it has."""
        reply = api.render_fault(fault, FaultContext(method=request.method))
        return await self._refused(api, None, request, reply, fault)

    async def refuse_unread(self, operation: Operation, fault: Fault, request: Request) -> tuple[Reply, bytes]:
        """The reply of an operation to a request that never reached its handler."""
        reply, outcome = self._refusal(operation, fault)
        return await self._refused(operation.api, operation.name, request, reply, outcome)

    async def _refused(self, api: Api, name: str | None, request: Request, reply: Reply, fault: Exception) -> tuple[Reply, bytes]:
        if api.is_control:
            return reply, reply.encode()
        started = stopwatch()
        world = (await self.store.load(request.world)).world
        return reply, self._record(name, request, Outcome(reply, fault, world.clock.now(wall_clock()), world), started)

    async def _answered(self, operation: Operation, request: Request, held: Versioned) -> Outcome:
        """Let happen what is due, then handle a request, with what the world's rules do to it."""
        if held.world.timers:
            try:
                held = await self._caught_up(request.world, held)
            except MockBug as bug:
                return Outcome(_plain(bug), bug, held.world.clock.now(wall_clock()), held.world)
        if operation.api.is_control or not (held.world.faults.rules or "prefer" in request.headers):
            return await self._committed(operation, request, held)
        return await self._troubled(operation, request, held.world)

    async def _committed(self, operation: Operation, request: Request, held: Versioned) -> Outcome:
        """Handle a request, again where another commit came first, and commit what it does."""
        for attempt in range(ATTEMPTS):
            handled = self.handle(operation, request, held.world)
            if not handled.changed or await self.store.commit(request.world, held.version, handled.world):
                return handled
            log.info("%s: another commit to %s came first, attempt %d", operation.name, request.world, attempt + 1)
            held = await self.store.load(request.world)
        reply, fault = self._refusal(operation, Unavailable(BUSY))
        return Outcome(reply, fault, held.world.clock.now(wall_clock()), held.world)

    async def _waited(self, operation: Operation, request: Request) -> Outcome:
        """Let a handler that is awaited answer. It reads a draft and acts on the store itself; nothing of its draft is committed."""
        try:
            world = await self.settled(request.world) or World()
        except MockBug:
            world = (await self.store.load(request.world)).world  # a vendor's timer fails; the way back has to stay open
        now = world.clock.now(wall_clock())
        try:
            reply = await operation.answer(request, Transaction(world, now, request.base_url, request.own_url))
            operation.responses.check(reply)
        except Exception as error:  # noqa: BLE001 - told apart and logged below
            reply, fault = self._refusal(operation, error)
            return Outcome(reply, fault, now, world)
        return Outcome(reply, None, now, world)

    def _refusal(self, operation: Operation, error: Exception) -> tuple[Reply, Exception]:
        """The reply to what went wrong: a fault in the vendor's clothing, a bug of ours in none."""
        if isinstance(error, Fault):
            try:
                reply = operation.api.render_fault(error, operation.fault_context)
                operation.responses.check(reply)
            except MockBug as bug:
                return _plain(bug), bug
            return reply, error
        if not isinstance(error, MockBug):
            log.error("%s crashed", operation.name, exc_info=error)
            error = HandlerCrashed(operation.name, f"{type(error).__name__}: {error}")
        return _plain(error), error

    # Faults on purpose

    async def _troubled(self, operation: Operation, request: Request, world: World) -> Outcome:
        """Handle a request of which something is wished, or to a world with rules."""
        try:
            preference = parse_prefer(request.headers.get("prefer", ""), operation, MAX_DELAY)
            if preference is not None and preference.is_answer:
                await asyncio.sleep(preference.delay)
                return self._wished(operation, request, preference, world)
            wished = (AppliedEffect("prefer", str(preference)),) if preference is not None else ()
            struck = await self._struck(operation, request)
            wait = struck.wait_before + (preference.delay if preference is not None else 0)
            if wait:
                await asyncio.sleep(wait)
            handled = await self._stricken(operation, request, struck)
        except PreferenceNotSatisfiable as error:
            now = world.clock.now(wall_clock())
            return Outcome(_impossible(operation, str(error)), None, now, world, marks=(AppliedEffect("prefer", "refused"),))
        handled = replace(handled, marks=(*wished, *struck.marks))
        if preference is not None:
            handled = _with_header(handled, "Preference-Applied", str(preference))
        return _with_header(handled, INJECTED, ", ".join({mark.source: None for mark in struck.marks})) if struck.marks else handled

    def _wished(self, operation: Operation, request: Request, preference: Preference, world: World) -> Outcome:
        """The documented answer that one call asks for; nothing is judged and nothing done."""
        asked = f"invented {operation.name} {request.path} {request.query!r}"
        reply = answer_preference(operation, preference, ids.generator(world.seed, asked, 1))
        handled = Outcome(reply, None, world.clock.now(wall_clock()), world, marks=(AppliedEffect("prefer", str(preference)),))
        return _with_header(handled, "Preference-Applied", str(preference))

    async def _struck(self, operation: Operation, request: Request) -> FaultEffects:
        """What the rules of the world do to a call; they have counted it."""
        for _ in range(ATTEMPTS):
            held = await self.store.load(request.world)
            transaction = Transaction(held.world, held.world.clock.now(wall_clock()), request.base_url, request.own_url)
            struck, transaction.faults = match_rules(held.world.faults, held.world.seed, partial(self._is_for, operation, request, transaction))
            counted = transaction.finish()
            if counted is held.world or await self.store.commit(request.world, held.version, counted):
                return struck
        return NO_EFFECTS

    def _is_for(self, operation: Operation, request: Request, transaction: Transaction, rule: Rule) -> bool:
        """Whether a rule is for a call, by its caller too: the holder of a published credential, however the call proves it."""
        if not rule.matches(operation.name, request, operation.document.base_path):
            return False
        if rule.caller is None or self._headers_of is None:
            return True
        try:
            published = self._headers_of(operation.api.slug, rule.caller, transaction)
            if all(request.headers.get(name.lower()) == value for name, value in published.items()):
                return True
            model = Request("GET", "/", raw_headers=[(name.lower().encode(), value.encode("latin-1")) for name, value in published.items()])
            caller = operation.caller(request, transaction)
            return caller is not None and caller == operation.caller(model, transaction)
        except Fault:
            return False

    async def _stricken(self, operation: Operation, request: Request, struck: FaultEffects) -> Outcome:
        """Handle a request to which rules do something; what is not kept is not committed, and for an answer of a rule nothing is handled."""
        held = await self.store.load(request.world)
        if struck.kept:
            handled = await self._committed(operation, request, held)
        elif struck.answer is None:
            handled = replace(self.handle(operation, request, held.world), world=held.world, changed=False, writes=0, changes=())
        else:
            handled = Outcome(Reply(500), None, held.world.clock.now(wall_clock()), held.world)
        if struck.answer is not None and struck.answer.preference is not None:
            chance = ids.generator(held.world.seed, f"answer of fault {struck.answer.id}", struck.answer.matched)
            handled = replace(handled, reply=answer_preference(operation, struck.answer.preference, chance), fault=None, payload=None)
        if struck.wait_after:
            await asyncio.sleep(struck.wait_after)
        return replace(handled, reply=replace(handled.reply, damage=struck.damage))

    # The record

    def _record(self, name: str | None, request: Request, handled: Outcome, started: float) -> bytes:
        """Keep the exchange, and return the bytes of its reply."""
        reply = handled.reply
        payload = reply.encode() if handled.payload is None else handled.payload
        _forget_frames(handled.fault)
        if reply.damage is not None and reply.damage.kind == "malformed":
            payload = payload[: len(payload) // 2] + b"\xff"
        self.journal.record(
            JournalEntry(
                self.journal.next_number(),
                handled.at,
                request,
                0 if reply.damage is not None and reply.damage.kind == "reset" else reply.status,
                reply.headers,
                payload,
                name,
                handled.fault,
                handled.changed,
                stopwatch() - started,
                handled.writes,
                handled.marks,
                "" if reply.body is None else reply.media_type,
                handled.changes,
            )
        )
        self.notifier.ring(request.world)
        return payload


def _with_header(handled: Outcome, name: str, value: str) -> Outcome:
    reply = handled.reply
    return replace(handled, reply=replace(reply, headers={**reply.headers, name: value}))


def _forget_frames(error: BaseException | None) -> None:
    """Let go of the frames in which an error arose: with the exchange, they would keep drafts and worlds alive."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _plain(bug: MockBug) -> Reply:
    """A bug of the mock: no vendor's clothing, so that nobody takes it for a documented answer."""
    log.error("%s", bug)
    body: dict[str, Any] = {"type": "about:blank", "title": "The mock is at fault", "status": 500, "detail": str(bug), "operation": bug.operation}
    if isinstance(bug, ResponseOffSpec):
        body["violations"] = [{"pointer": violation.pointer, "keyword": violation.keyword, "text": violation.text} for violation in bug.violations]
    return Reply(500, body, media_type=PROBLEM)


def _impossible(operation: Operation, text: str) -> Reply:
    """The refusal of a wish that the document cannot fulfil; ours, not the vendor's."""
    body = {"type": "about:blank", "title": "The document has no such answer", "status": 400, "detail": text, "operation": operation.name}
    return Reply(400, body, media_type=PROBLEM)
