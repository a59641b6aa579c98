"""Many due timers: they run before the next answer, in slices between which other requests are answered, and up to a limit."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from mockserver.core.base.clock import Clock
from mockserver.core.base.faults import HandlerCrashed
from mockserver.core.base.requests import Request
from mockserver.core.engine import timers
from mockserver.core.engine.timers import SLICE
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.world import TIMERS_AT_ONCE, Transaction, World, catch_up
from tests.core.toy import NOON, Toy

if TYPE_CHECKING:
    from mockserver.core.state.world import Action

TICK = "toy.tick"
HOUR = timedelta(hours=1)


def ticking(ends: datetime | None, every: timedelta = HOUR, crashes: datetime | None = None) -> Action:
    """A timer action that schedules itself again until a given time."""

    def tick(world: Transaction, _subject: int | str | None) -> None:
        if world.now == crashes:
            raise LookupError("gone")
        world.draw("ticks")
        if ends is None or world.now + every <= ends:
            world.schedule(world.now + every, TICK)

    return tick


def toy_at(now: datetime, action: Action) -> Toy:
    """A toy API whose worlds start at a fixed time, with a first tick at noon."""
    transaction = Transaction(World(clock=Clock(frozen_at=now)), NOON)
    transaction.schedule(NOON, TICK)
    return Toy(store=MemoryStore(transaction.finish()), timers={TICK: action})


def ticks(toy: Toy, world: str = "default") -> int:
    return asyncio.run(toy.store.load(world)).world.counters.get("ticks") or 0


def listing(world: str = "default") -> Request:
    return Request("POST", "/", raw_headers=[(b"x-key", b"k")], world=world)


@pytest.mark.parametrize("hours", [0, 1, SLICE - 1, SLICE, SLICE + 1, 3 * SLICE])
def test_all_that_is_due_has_happened_before_the_answer(hours: int) -> None:
    toy = toy_at(NOON + hours * HOUR, ticking(None))
    assert toy.call("list_notes").status < 500
    assert ticks(toy) == hours + 1


def test_others_are_served_while_much_happens_in_one_world() -> None:
    toy = toy_at(NOON + 20 * SLICE * HOUR, ticking(None))
    order: list[str] = []

    async def ask(world: str) -> None:
        await toy.pipeline.reply(toy.operations["list_notes"], listing(world))
        order.append(world)

    async def both() -> None:
        await toy.store.put("small", World(clock=Clock(frozen_at=NOON)), anew=True)
        await asyncio.gather(ask("busy"), ask("small"))

    asyncio.run(both())
    assert order == ["small", "busy"]
    assert ticks(toy, "busy") == 20 * SLICE + 1


def test_two_calls_to_a_world_that_catches_up_let_nothing_happen_twice() -> None:
    toy = toy_at(NOON + 5 * SLICE * HOUR, ticking(None))

    async def both() -> None:
        await asyncio.gather(*[toy.pipeline.reply(toy.operations["list_notes"], listing()) for _ in range(3)])

    asyncio.run(both())
    assert ticks(toy) == 5 * SLICE + 1


def test_endless_timers_are_reported_instead_of_hanging_and_continue_with_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timers, "MAX_SLICES", 3)
    toy = toy_at(NOON + 5 * SLICE * HOUR, ticking(None))
    answer = toy.call("list_notes")
    assert answer.status == 500
    assert answer.body["operation"] == TICK
    assert "600 timers were due before this call, and more are" in answer.body["detail"]
    assert toy.call("list_notes").status < 500
    assert ticks(toy) == 5 * SLICE + 1


def test_a_timer_that_crashes_among_many_is_named_and_what_came_before_in_earlier_slices_is_kept() -> None:
    toy = toy_at(NOON + 5 * SLICE * HOUR, ticking(None, crashes=NOON + (SLICE + 7) * HOUR))
    answer = toy.call("list_notes")
    assert answer.status == 500
    assert "LookupError: gone" in answer.body["detail"]
    assert ticks(toy) == SLICE


def test_without_a_break_there_is_an_end_too() -> None:
    transaction = Transaction(World(), NOON)
    transaction.schedule(NOON, TICK)
    with pytest.raises(HandlerCrashed, match="more are"):
        catch_up(transaction.finish(), NOON + 2 * TIMERS_AT_ONCE * HOUR, {TICK: ticking(None)})


def test_a_timer_action_gets_the_time_up_to_which_the_world_advances() -> None:
    told: list[tuple[datetime, datetime]] = []
    transaction = Transaction(World(), NOON)
    transaction.schedule(NOON, TICK)
    catch_up(transaction.finish(), NOON + HOUR, {TICK: lambda world, _subject: told.append((world.now, world.until))})
    assert told == [(NOON, NOON + HOUR)]
