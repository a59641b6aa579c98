"""The pipeline: one reading of the clock, due timers that fire once, journal entries that are plain data."""

from __future__ import annotations

import asyncio
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from mockserver.core.base.clock import Clock, wall_clock
from mockserver.core.base.faults import HandlerCrashed, Invalid, Malformed, MethodNotAllowed, NotFound, ResponseOffSpec, VendorFault
from mockserver.core.base.requests import Request
from mockserver.core.engine import executor, fault_effects, pipeline, timers
from mockserver.core.engine.recorder import MAX_TEXT, describe_fault
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.world import Transaction, World
from mockserver.openapi.errors import Violation
from tests.core.toy import NOON, Toy

if TYPE_CHECKING:
    from datetime import datetime

WRONG = Violation("body", "/text", "maxLength", "is too long", ("n2",))


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """Every reading of the clock by the engine."""
    found: list[datetime] = []

    def read() -> datetime:
        found.append(wall_clock())
        return found[-1]

    for module in (executor, fault_effects, pipeline, timers):
        monkeypatch.setattr(module, "wall_clock", read)
    return found


@pytest.mark.parametrize("due", [-timedelta(hours=1), timedelta(hours=1)], ids=["due", "not due"])
def test_the_clock_is_read_once_for_a_request(readings: list[datetime], due: timedelta) -> None:
    transaction = Transaction(World(clock=Clock(frozen_at=NOON)), NOON)
    transaction.schedule(NOON + due, "toy.expire")
    toy = Toy(store=MemoryStore(transaction.finish()))
    assert toy.call("get_newest_note").status == 200
    assert len(readings) == 1


def test_a_timer_that_is_due_fires_once() -> None:
    fired: list[datetime] = []
    transaction = Transaction(World(clock=Clock(frozen_at=NOON)), NOON)
    transaction.schedule(NOON, "toy.note_time")
    toy = Toy(store=MemoryStore(transaction.finish()), timers={"toy.note_time": lambda world, _subject: fired.append(world.now)})
    assert toy.call("get_newest_note").status == 200
    assert fired == [NOON]
    assert toy.world().timers == ()


def test_an_answer_comes_with_the_number_of_its_journal_entry() -> None:
    toy = Toy()
    request = Request("GET", "/toy/v1/notes/newest")
    _, payload, number = asyncio.run(toy.pipeline.reply(toy.operations["get_newest_note"], request))
    entry = toy.journal.find("default", number)
    assert entry is not None
    assert (entry.request, entry.payload, entry.fault) == (request, payload, None)


@pytest.mark.parametrize(
    ("fault", "kind", "code", "broken_by", "violations"),
    [
        (VendorFault("n6", retry=3), "vendor", "n6", None, ()),
        (Invalid([WRONG]), "invalid", "n2", "request", (WRONG,)),
        (Malformed("x" * 1000), "malformed", "n7", "request", (Violation("body", "", "", "x" * MAX_TEXT),)),
        (NotFound("note", 7), "not_found", None, None, ()),
        (ResponseOffSpec("toy.create_note", 200, [WRONG]), "mock_bug", None, "response", (WRONG,)),
        (HandlerCrashed("toy.create_note", "gone"), "mock_bug", None, "response", (Violation("body", "", "", "toy.create_note: gone"),)),
    ],
)
def test_a_fault_is_recorded_as_plain_values(
    fault: Exception, kind: str, code: str | None, broken_by: str | None, violations: tuple[Violation, ...]
) -> None:
    record = describe_fault(fault, Toy().operations["create_note"])
    assert (record.kind, record.code, record.broken_by, record.violations) == (kind, code, broken_by, violations)
    assert record.text == str(fault)
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301 - the test's own bytes


def test_the_methods_of_a_path_are_recorded_if_a_request_had_none_of_them() -> None:
    toy = Toy()
    _, _, number = asyncio.run(toy.pipeline.refuse_unrouted(toy.api, MethodNotAllowed("PUT", ["GET", "POST"]), Request("PUT", "/toy/v1/notes")))
    entry = toy.journal.find("default", number)
    assert entry is not None
    assert entry.fault is not None
    assert (entry.operation, entry.fault.kind, entry.fault.allow) == (None, "method_not_allowed", ("GET", "POST"))
