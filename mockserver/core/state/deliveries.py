"""Webhooks on their way: what is sent to which address, and what came of each attempt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from mockserver.core.base.clock import iso
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction
from mockserver.openapi import limits

DELAYS = (5, 30, 120, 600, 3600)
"""Seconds of the world's time between two attempts; after the last one a delivery has failed."""

State = Literal["pending", "delivered", "failed", "refused"]
Result = Literal["delivered", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to send a webhook, at a moment of the world's time; ``milliseconds`` of real time is what it took.

    ``status`` is that of the answer, None without one, which ``note`` explains. ``next_at`` is when the next attempt was due after this one, None
    if none was. ``by_hand`` is true for one that a call asked for.
    """

    at: datetime
    result: Result
    status: int | None = None
    note: str = ""
    milliseconds: int = 0
    next_at: datetime | None = None
    by_hand: bool = False

    def to_json(self, url: str) -> dict[str, Any]:
        """The attempt as the control plane shows it. ``url`` is the address that was called."""
        return {
            "at": iso(self.at),
            "url": url,
            "result": self.result,
            "status": self.status,
            "note": self.note,
            "milliseconds": self.milliseconds,
            "next_at": None if self.next_at is None else iso(self.next_at),
            "by_hand": self.by_hand,
        }


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook. ``id`` is that of its message in the outbox, ``headers`` are written ``Name: value``, ``answer`` is the last status received.

    ``signed`` are the names of the headers that are made anew for each attempt, with ``secret``. ``log`` has the latest attempts, oldest first.
    ``attempts`` counts all of them, ``resends`` those by hand. ``refused`` is the state of one whose address the operator does not allow, which
    ``note`` explains.
    """

    id: int
    event: str
    method: str
    url: str
    headers: tuple[str, ...]
    body: str
    next_at: datetime
    state: State = "pending"
    attempts: int = 0
    answer: int | None = None
    note: str = ""
    signed: tuple[str, ...] = ()
    secret: str = ""
    resends: int = 0
    log: tuple[Attempt, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The delivery as the control plane shows it, without headers and secret."""
        return {
            "event": self.event,
            "method": self.method,
            "url": self.url,
            "state": self.state,
            "made": self.attempts,
            "next_at": iso(self.next_at) if self.state == "pending" else None,
            "note": self.note,
            "attempts": [attempt.to_json(self.url) for attempt in self.log],
        }


def delivery_table(name: str) -> Table[Delivery]:
    return Table(name, Delivery, {"state": "state"}, secrets=("headers", "secret"), is_bookkeeping=True)


def add_delivery(world: Transaction, table: Table[Delivery], delivery: Delivery) -> None:
    """Store a delivery. If there are as many as messages in a full outbox, the oldest goes."""
    opened = world.table(table)
    opened.add(delivery)
    if len(opened.rows.records) > limits.OUTBOX.value:
        opened.remove(next(iter(opened.all())).id)


def list_pending(world: Transaction, table: Table[Delivery]) -> Iterable[Delivery]:
    return world.table(table).select("state", "pending")


def note_attempt(world: Transaction, table: Table[Delivery], number: int, attempt: Attempt) -> None:
    """Store an attempt; one that failed is due again later, unless it was the last one. A delivery that is gone is left alone.

    An attempt by hand changes no plan: if it fails, a pending delivery is due when it was, and a delivered one stays delivered.
    """
    opened = world.table(table)
    found = opened.get(number)
    if found is None:
        return
    state: State = attempt.result
    next_at, planned = found.next_at, found.attempts - found.resends
    if attempt.result != "delivered":
        if attempt.by_hand or found.state != "pending":
            state = "failed" if found.state == "refused" else found.state
        elif attempt.result == "failed" and planned < len(DELAYS):
            state, next_at = "pending", world.now + timedelta(seconds=DELAYS[planned])
    noted = replace(attempt, next_at=next_at if state == "pending" else None)
    opened.change(
        found,
        state=state,
        next_at=next_at,
        attempts=found.attempts + 1,
        resends=found.resends + attempt.by_hand,
        answer=attempt.status,
        note=attempt.note,
        log=(*found.log, noted)[-limits.DELIVERY_ATTEMPTS.value :],
    )
