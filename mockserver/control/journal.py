"""The journal of a world: list, export, stream and replay exchanges, and verify that expected calls were made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from copy import copy
from typing import Any

import orjson

from mockserver.control.bases import find_basis
from mockserver.control.exchanges import Rendering, contains_text, find_api, find_exchange, find_state_before, is_broken
from mockserver.control.har import build_har
from mockserver.control.matching import find_first_missing, find_mismatches, find_nearest, status_is
from mockserver.control.services import ControlServices
from mockserver.core.base.faults import Conflict, MethodNotAllowed, NotFound, TooLarge, Unavailable
from mockserver.core.base.replies import Reply, Stream
from mockserver.core.base.requests import Request
from mockserver.core.engine.journal import JournalEntry
from mockserver.core.state.store import BUSY, COMMIT_ATTEMPTS
from mockserver.core.state.world import Transaction
from mockserver.openapi.event_streams import EVENT_STREAM, EVENT_STREAM_HEADERS, StreamEvent, encode_events

PAGE = 100
"""Exchanges in a list without a limit."""
TICK = 1.0
"""Seconds after which a stream looks for new entries though nothing has notified it."""


def list_exchanges(control: ControlServices, request: Request, before: int | None, limit: int | None, **filters: Any) -> Reply:
    found = _select(control, request, **filters)
    if before is not None:
        found = found[: bisect_left(found, before, key=lambda exchange: exchange.number)]
    kept, dropped = control.journal.count(request.world)
    shown = [Rendering(control, exchange).summary() for exchange in found[-(limit or PAGE) :]]
    return Reply(200, {"exchanges": shown, "total": len(found), "kept": kept, "dropped": dropped})


def get_exchange(control: ControlServices, world: Transaction, request: Request, number: int) -> Reply:
    return Reply(200, Rendering(control, find_exchange(control, request.world, number)).details(world))


async def replay_exchange(control: ControlServices, world: Transaction, request: Request, number: int) -> Reply:
    old = find_exchange(control, request.world, number)
    again = copy(old.request)
    if old.fault is not None and old.fault.kind == TooLarge.kind:
        raise Conflict(f"the body of exchange {number} was never read, so it cannot be sent again")
    if old.operation is not None:
        _, _, sent = await control.pipeline.reply(control.operations[old.operation], again)
    else:
        allow = old.fault.allow if old.fault is not None else ()
        fault = MethodNotAllowed(again.method, allow) if allow else NotFound("path", again.path)
        _, _, sent = await control.pipeline.refuse_unrouted(control.vendor(Rendering(control, old).api or "").api, fault, again)
    new = control.journal.find(request.world, sent)
    if new is None:
        raise Unavailable("the call was made, but its exchange was dropped from the journal, which is bounded")
    return Reply(200, Rendering(control, new).details(world))


async def rewind_world(control: ControlServices, request: Request, number: int) -> Reply:
    """Put the state before an exchange in place of the world. The journal is kept, so that another rewind leads forward again."""
    for _ in range(COMMIT_ATTEMPTS):
        before = find_state_before(control, request.world, number)
        versioned = await control.store.load(request.world)
        if await control.store.commit(request.world, versioned.version, before, request.visitor):
            control.journal.note_rewind(request.world, number)
            return Reply(200, {"number": number, "records": before.count_records(), "messages": len(before.outbox)})
    raise Unavailable(BUSY)


def delete_exchanges(control: ControlServices, request: Request) -> Reply:
    control.journal.clear(request.world)
    return Reply(204)


def export_har(control: ControlServices, world: Transaction, request: Request, **filters: Any) -> Reply:
    found = _select(control, request, **filters)
    return Reply(200, build_har((Rendering(control, exchange) for exchange in found), world, control.version))


def stream_exchanges(control: ControlServices, request: Request, since: int | None, last_event_id: str | None, timeout: float | None) -> Reply:
    last = int(last_event_id) if last_event_id is not None else since
    control.streams.check(request.world)
    events = control.streams.hold(request.world, JournalEvents(control).subscribe(request.world, last))
    return Reply(200, Stream(encode_events(events, seconds=timeout)), EVENT_STREAM_HEADERS, EVENT_STREAM)


def verify_exchanges(control: ControlServices, request: Request, body: Mapping[str, Any]) -> Reply:
    renderings = [Rendering(control, exchange) for exchange in control.journal.entries(request.world)]
    if "in_order" in body:
        return Reply(200, _verify_in_order(body["in_order"], renderings))
    expected, count = body["call"], body.get("count", {"at_least": 1})
    found = sum(1 for rendering in renderings if not find_mismatches(expected, rendering))
    least, most = (count, count) if isinstance(count, int) else (count.get("at_least", 0), count.get("at_most"))
    verified = found >= least and (most is None or found <= most)
    text = f"{_count_calls(found)} made, {_describe_count(least, most)} expected"
    miss = _render_nearest(expected, renderings) if not verified and found < least else None
    return Reply(200, {"verified": verified, "count": found, "text": text, "nearest": miss})


def _select(
    control: ControlServices,
    request: Request,
    *,
    api: str | None,
    operation: str | None,
    method: str | None,
    path: str | None,
    status: str | None,
    changed: bool | None,
    injected: bool | None,
    findings: bool | None,
    basis: str | None,
    text: str | None,
    since: int | None,
) -> list[JournalEntry]:
    """The exchanges of the world that match, oldest first. Only the tests that are requested run, the cheap ones first."""
    wanted = text.casefold() if text else ""
    tests: list[Callable[[JournalEntry], bool]] = [
        test
        for asked, test in (
            (changed is not None, lambda exchange: exchange.changed is changed),
            (injected is not None, lambda exchange: bool(exchange.effects) is injected),
            (method is not None, lambda exchange: exchange.request.method == method),
            (bool(path), lambda exchange: str(path) in exchange.request.path),
            (status is not None, lambda exchange: status_is(exchange.status, str(status))),
            (operation is not None, lambda exchange: (exchange.operation or "").partition(".")[2] == operation),
            (api is not None, lambda exchange: find_api(control, exchange) == api),
            (basis is not None, lambda exchange: find_basis(exchange.reply_headers) == basis),
            (findings is not None, lambda exchange: is_broken(exchange) is findings),
            (bool(wanted), lambda exchange: contains_text(exchange, wanted)),
        )
        if asked
    ]
    found = list(control.journal.entries(request.world) if since is None else control.journal.after(request.world, since))
    for test in tests:
        found = [exchange for exchange in found if test(exchange)]
    return found


def _verify_in_order(expected: Sequence[Mapping[str, Any]], renderings: Sequence[Rendering]) -> dict[str, Any]:
    failed = find_first_missing(expected, renderings)
    if failed is None:
        return {"verified": True, "count": len(expected), "text": f"all {len(expected)} calls were made in this order", "nearest": None}
    number, left = failed
    text = f"call {number + 1} of {len(expected)} was not made" + (" after the one before it" if number else "")
    return {"verified": False, "count": number, "text": text, "nearest": _render_nearest(expected[number], left)}


def _render_nearest(expected: Mapping[str, Any], renderings: Sequence[Rendering]) -> dict[str, Any] | None:
    found = find_nearest(expected, renderings)
    if found is None:
        return None
    return {"exchange": found[0].summary(), "differences": [difference.to_json() for difference in found[1]]}


def _count_calls(count: int) -> str:
    return "1 such call was" if count == 1 else f"{count} such calls were"


def _describe_count(least: int, most: int | None) -> str:
    if most is None:
        return f"at least {least}"
    return str(least) if least == most else f"{least} to {most}"


class JournalEvents:
    """The journal entries of worlds as a source of events; the topic is the name of a world."""

    def __init__(self, control: ControlServices) -> None:
        self._control = control

    def subscribe(self, topic: str, after: int | None) -> AsyncIterator[StreamEvent]:
        """The entries of a world behind the one numbered ``after``, or from now on; they end when the server stops."""
        if after is None:
            after = max((exchange.number for exchange in self._control.journal.entries(topic)), default=0)
        return self._follow(topic, after)

    async def _follow(self, world: str, last: int) -> AsyncIterator[StreamEvent]:
        notifier, journal = self._control.pipeline.notifier, self._control.journal
        _, arrived = journal.follow(world, last, 0)
        while True:
            if journal.is_behind(world, last):
                last, arrived = 0, 0  # the world has started again
            found, arrived = journal.follow(world, last, arrived)
            for exchange in found:
                last = max(last, exchange.number)
                yield StreamEvent("exchange", orjson.dumps(Rendering(self._control, exchange).summary()), last)
            if notifier.is_closed:
                return
            await notifier.wait(world, TICK)
