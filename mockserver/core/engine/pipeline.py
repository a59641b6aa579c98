"""The way of a request through the engine, stage by stage.

1. load the world                                 ``state.store``
2. preferences and fault rules, before            ``engine.fault_effects``
3. fire the timers that are due                   ``engine.timers``
4. security → parameters → body → handler         ``operation.compiled``, in a transaction
5. check of the reply → commit, retried           ``engine.executor``; a world that is not in the store is made here or after the call
6. fault rules, after                             ``engine.fault_effects``
7. write the journal, wake those who wait         ``engine.recorder``, ``engine.notifier``

An error in stages 3 to 5 becomes a reply in ``engine.refusals``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from mockserver.core.base.clock import stopwatch, wall_clock
from mockserver.core.base.faults import Fault, StoreFailed
from mockserver.core.base.names import BOOT, NOTICE
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.engine.executor import Executor
from mockserver.core.engine.fault_effects import FaultInjector, HeadersOf
from mockserver.core.engine.journal import Journal
from mockserver.core.engine.notifier import Notifier
from mockserver.core.engine.observer import CallObserver
from mockserver.core.engine.outcome import Outcome
from mockserver.core.engine.recorder import record
from mockserver.core.engine.refusals import refuse
from mockserver.core.engine.sender import Sender
from mockserver.core.engine.timers import Timers
from mockserver.core.operation.api import Action, Api, FaultContext
from mockserver.core.operation.compiled import Operation
from mockserver.core.state.store import NEW, Store

Answer = tuple[Reply, bytes, int]
"""A reply, its encoded body, and the number of its journal entry; 0 if the call is not recorded."""

ERROR = 500
"""The first status of answers that carry no notice: a client is likely to ignore them."""
REFUSED = 400
"""The first status of answers that keep no new world, unless their handler changed it."""


class RequestPipeline:
    """Answers requests on the worlds of a store. Every exchange is recorded, except those of the control plane.

    ``boot`` is the header X-Mock-Boot of the control plane.
    ``actions`` are the vendors' timer functions by name. ``headers_of`` returns the headers of a published credential by slug and name.
    """

    def __init__(self, store: Store, journal: Journal, actions: Mapping[str, Action], headers_of: HeadersOf | None = None, boot: str = "") -> None:
        self.store = store
        self.boot = boot
        self.journal = journal
        self.notifier = Notifier()
        self.timers = Timers(store, actions)
        self.executor = Executor(store, self.timers, journal.draw_number)
        self._injector = FaultInjector(store, self.executor, headers_of)
        self.sender: Sender | None = None
        """Sends webhooks; None if the operator allows no target."""
        self.observers: tuple[CallObserver, ...] = ()

    async def reply(self, operation: Operation, request: Request) -> Answer:
        """Answer a request to an operation."""
        started = stopwatch()
        try:
            versioned = await self.store.load(request.world)
            if operation.waits:
                outcome = await self.executor.run_async(operation, request)
            elif operation.api.is_control or not (versioned.world.faults.rules or "prefer" in request.headers):
                outcome = await self.executor.run(operation, request, versioned)
            else:
                outcome = await self._injector.run(operation, request, versioned.world)
            if outcome.before is None:
                outcome.before = versioned.world
            notice, is_kept = versioned.notice, True
            if versioned.version is NEW:
                is_kept = await self._keep(operation.api, request, outcome)
                notice = await self.store.notice(request.world)
            if notice:
                await self._add_notice(request, outcome, notice)
        except StoreFailed as failure:
            reply, _ = refuse(operation, failure)
            for observer in self.observers:
                observer.observe(operation.api.slug, operation, reply, stopwatch() - started, None)
            return reply, reply.encode(), 0
        return self._finish(operation.api, operation, request, outcome, started, is_kept=is_kept)

    async def refuse_unread(self, operation: Operation, fault: Fault, request: Request) -> Answer:
        """Answer a request to an operation whose body was refused before it was read to its end."""
        reply, reported = refuse(operation, fault)
        return await self._finish_refused(operation.api, operation, request, reply, reported)

    async def refuse_unrouted(self, api: Api, fault: Fault, request: Request, nearest: str | None = None) -> Answer:
        """Answer a request that has the base path of an API but reaches no operation of it. ``nearest`` is the one that was probably meant."""
        reply = api.render_fault(fault, FaultContext(method=request.method))
        if nearest is not None:
            hint = f"did you mean {nearest}?"
            fault.add_note(hint)
            if not request.is_quiet:
                reply = replace(reply, headers={**reply.headers, NOTICE: quote(hint, safe=" /{}?[]:.,-_~$&+;=@!'()*#%")})
        return await self._finish_refused(api, None, request, reply, fault)

    async def _finish_refused(self, api: Api, operation: Operation | None, request: Request, reply: Reply, fault: Exception) -> Answer:
        started = stopwatch()
        versioned = await self.store.load(request.world)
        world = versioned.world
        outcome = Outcome(reply=reply, at=world.time(wall_clock()), world=world, fault=fault, before=world)
        if versioned.notice:
            await self._add_notice(request, outcome, versioned.notice)
        return self._finish(api, operation, request, outcome, started, is_kept=versioned.version != NEW)

    async def _keep(self, api: Api, request: Request, outcome: Outcome) -> bool:
        """Keep a new world that a call has used well without changing it. Returns whether the store has the world, which the call may have made."""
        if not api.is_control and outcome.fault is None and outcome.reply.status < REFUSED and request.visitor.may_make:
            await self.store.admit(request.world, outcome.world, request.visitor)
        return await self.store.find(request.world) is not None

    async def _add_notice(self, request: Request, outcome: Outcome, notice: str) -> None:
        """Let a reply carry a notice, and forget the notice; it stays if the reply is an error of the server, or may not arrive."""
        if outcome.reply.status < ERROR and outcome.reply.damage is None and not request.is_quiet:
            outcome.add_header(NOTICE, notice)
            await self.store.acknowledge(request.world, notice)

    def _finish(self, api: Api, operation: Operation | None, request: Request, outcome: Outcome, started: float, *, is_kept: bool) -> Answer:
        """Record an exchange, wake those who wait for something in its world, and return the answer."""
        reply = outcome.reply
        if api.is_control:
            if self.boot:
                outcome.add_header(BOOT, self.boot)
                reply = outcome.reply
            if outcome.writes:
                self.journal.note_writes(request.world, outcome.writes)
            payload, number, entry = reply.encode() if outcome.payload is None else outcome.payload, 0, None
        else:
            entry = record(self.journal, operation, request, outcome, started, is_kept=is_kept)
            payload, number = entry.payload, entry.number
        for observer in self.observers:
            observer.observe(api.slug, operation, reply, stopwatch() - started if entry is None else entry.seconds, entry)
        self.notifier.notify(request.world)
        if self.sender is not None:
            self.sender.wake(request.world, changed=outcome.changed)
        return reply, payload, number
