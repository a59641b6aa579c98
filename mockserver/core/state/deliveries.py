"""Webhooks on their way: what is sent to which address, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction
from mockserver.openapi import limits

DELAYS = (5, 30, 120, 600, 3600)
"""Seconds of the world's time between two attempts; after the last one a delivery has failed."""

State = Literal["pending", "delivered", "failed", "refused"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook. ``id`` is that of its message in the outbox, ``headers`` are written ``Name: value``, ``answer`` is the last status received.

    ``refused`` is the state of one whose address the operator does not allow, which ``note`` explains.
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


def delivery_table(name: str) -> Table[Delivery]:
    return Table(name, Delivery, {"state": "state"}, secrets=("headers",), is_bookkeeping=True)


def add_delivery(world: Transaction, table: Table[Delivery], delivery: Delivery) -> None:
    """Store a delivery. If there are as many as messages in a full outbox, the oldest goes."""
    opened = world.table(table)
    opened.add(delivery)
    if len(opened.rows.records) > limits.OUTBOX.value:
        opened.remove(next(iter(opened.all())).id)


def list_pending(world: Transaction, table: Table[Delivery]) -> Iterable[Delivery]:
    return world.table(table).select("state", "pending")


def note_attempt(world: Transaction, table: Table[Delivery], number: int, state: State, answer: int | None, note: str) -> None:
    """Store what came of an attempt; one that failed is due again later, unless it was the last one. A delivery that is gone is left alone."""
    opened = world.table(table)
    found = opened.get(number)
    if found is None or found.state != "pending":
        return
    attempts = found.attempts + 1
    if state == "failed" and attempts <= len(DELAYS):
        later = world.now + timedelta(seconds=DELAYS[attempts - 1])
        opened.change(found, attempts=attempts, answer=answer, note=note, next_at=later)
    else:
        opened.change(found, attempts=attempts, answer=answer, note=note, state=state)
