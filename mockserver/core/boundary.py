"""Where a request becomes a reply: the one place that opens a draft, commits it, and turns what goes wrong into an answer.

The order is the contract of the core: draft → security → parameters → body → handler → check of the reply → commit. A fault is dressed by its
vendor, checked like any other reply, and commits nothing. A bug of ours is a plain 500 that names operation and place.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mockserver.core.api import Situation
from mockserver.core.clock import stopwatch, wall_clock
from mockserver.core.faults import Fault, HandlerCrashed, MockBug, ResponseOffSpec, Unavailable
from mockserver.core.journal import Exchange, Journal
from mockserver.core.reply import Reply
from mockserver.core.world import Draft, catch_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from mockserver.core.api import Action
    from mockserver.core.operation import Operation
    from mockserver.core.requests import Request
    from mockserver.core.store import Store

ATTEMPTS = 20
"""How often a request is handled again because another commit came first."""

log = logging.getLogger("mockserver")


@dataclass(frozen=True, slots=True)
class _Outcome:
    request: Request
    reply: Reply
    operation: str | None
    fault: Exception | None
    at: datetime
    started: float
    changed: bool


class Boundary:
    """Answers requests on the worlds of a store, and records every exchange."""

    def __init__(self, store: Store, journal: Journal, timers: Mapping[str, Action]) -> None:
        self.store = store
        self.journal = journal
        self._timers = timers

    async def reply(self, operation: Operation, request: Request) -> tuple[Reply, bytes]:
        """The reply of an operation and its bytes."""
        started = stopwatch()
        for attempt in range(ATTEMPTS):
            held = await self.store.load(request.world)
            now = held.world.clock.now(wall_clock())
            current = catch_up(held.world, now, self._timers)
            draft = Draft(current, now, request.base_url, request.own_url)
            reply, fault = self._attempt(operation, request, draft)
            after = current if fault is not None else draft.finish()
            if after is held.world or await self.store.commit(request.world, held.version, after):
                break
            log.info("%s: another commit to %s came first, attempt %d", operation.name, request.world, attempt + 1)
        else:
            fault = Unavailable("the world is changed by too many requests at once")
            return self.refuse_unread(operation, fault, request)
        exchange = _Outcome(request, reply, operation.name, fault, now, started, changed=after is not held.world)
        return reply, self._record(exchange)

    def refuse(self, render: Callable[[Fault, Situation], Reply], fault: Fault, request: Request) -> tuple[Reply, bytes]:
        """The reply to a request that reached no operation, dressed by the vendor whose base path it has."""
        reply = render(fault, Situation(method=request.method))
        return reply, self._record(_Outcome(request, reply, None, fault, wall_clock(), stopwatch(), changed=False))

    def refuse_unread(self, operation: Operation, fault: Fault, request: Request) -> tuple[Reply, bytes]:
        """The reply of an operation to a request that never reached its handler."""
        reply, outcome = self._dress(operation, fault)
        return reply, self._record(_Outcome(request, reply, operation.name, outcome, wall_clock(), stopwatch(), changed=False))

    def _attempt(self, operation: Operation, request: Request, draft: Draft) -> tuple[Reply, Exception | None]:
        try:
            reply = operation.answer(request, draft)
            operation.responses.check(reply)
        except Fault as fault:
            return self._dress(operation, fault)
        except ResponseOffSpec as bug:
            return _plain(bug), bug
        except Exception as error:
            log.exception("%s crashed", operation.name)
            crash = HandlerCrashed(operation.name, f"{type(error).__name__}: {error}")
            return _plain(crash), crash
        return reply, None

    def _dress(self, operation: Operation, fault: Fault) -> tuple[Reply, Exception]:
        try:
            reply = operation.api.render_fault(fault, operation.situation)
            operation.responses.check(reply)
        except MockBug as bug:
            return _plain(bug), bug
        return reply, fault

    def _record(self, outcome: _Outcome) -> bytes:
        """Keep the exchange, and return the bytes of its reply."""
        payload = outcome.reply.encode()
        self.journal.record(
            Exchange(
                number=self.journal.next_number(),
                at=outcome.at,
                request=outcome.request,
                status=outcome.reply.status,
                headers=outcome.reply.headers,
                payload=payload,
                operation=outcome.operation,
                fault=outcome.fault,
                changed=outcome.changed,
                seconds=stopwatch() - outcome.started,
            )
        )
        return payload


def _plain(bug: MockBug) -> Reply:
    """A bug of the mock: no vendor's clothing, so that nobody takes it for a documented answer."""
    log.error("%s", bug)
    body: dict[str, Any] = {"type": "about:blank", "title": "The mock is at fault", "status": 500, "detail": str(bug), "operation": bug.operation}
    if isinstance(bug, ResponseOffSpec):
        body["violations"] = [{"pointer": violation.pointer, "keyword": violation.keyword, "text": violation.text} for violation in bug.violations]
    return Reply(500, body, media_type="application/problem+json")
