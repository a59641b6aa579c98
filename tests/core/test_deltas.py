"""A delta makes of the world before it exactly the world after it, and bytes give back what was packed."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import abc
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.apis.backoffice.state import PICTURES, Picture
from mockserver.app import App, create_app
from mockserver.core.base.clock import Clock
from mockserver.core.state.checked import CheckedStore, check_steps, compare
from mockserver.core.state.codec import codec_for
from mockserver.core.state.deltas import apply, delta_of, is_chain
from mockserver.core.state.packing import Kept, NotPacked, Packer
from mockserver.core.state.rules import Faults
from mockserver.core.state.store import NEW
from mockserver.core.state.tables import Table, UnreadRows
from mockserver.core.state.world import Transaction, World
from tests.hostile.inside import Inside

NOW = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MOMENTS = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - Hypothesis adds the zone
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False),
    str: TEXTS,
    bytes: st.binary(max_size=20) | st.binary(min_size=2000, max_size=2001) | st.just(b"\x00blob\x00"),
    NoneType: st.none(),
    Decimal: st.decimals(-1_000_000, 1_000_000, places=2),
    dt.date: st.dates(),
    dt.time: st.times(),
    dt.datetime: MOMENTS,
    dt.timedelta: st.timedeltas(),
    Any: JSON,
    object: JSON,
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of the type of a field."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return values(arguments[0])
    if origin in (Union, UnionType):
        return st.one_of(list(map(values, arguments)))
    if origin is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        return st.sampled_from(arguments or list(kind))
    return PLAIN[kind] if kind in PLAIN else _composed(kind, origin, arguments)


def _composed(kind: Any, origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is tuple and Ellipsis not in arguments:
        return st.tuples(*map(values, arguments))
    if origin in (tuple, list, frozenset):
        return st.lists(values(arguments[0]), max_size=3).map(origin)
    if isinstance(origin, type) and issubclass(origin, abc.Mapping):
        return st.dictionaries(values(arguments[0]), values(arguments[1]), max_size=3)
    assert is_dataclass(kind), kind
    return records(kind)


def records(kind: Any) -> st.SearchStrategy[Any]:
    return st.builds(kind, **{name: values(field) for name, field in codec_for(kind).fields.items()})


@cache
def app() -> App:
    return create_app()


def tables() -> Mapping[str, Table[Any]]:
    return app().control.tables


@st.composite
def runs(draw: st.DrawFn, declared: Table[Any]) -> tuple[World, list[Transaction]]:
    """An empty world, and transactions that write to one of its tables."""
    start = world = World(clock=Clock(frozen_at=NOW))
    steps = []
    for _ in range(draw(st.integers(1, 3))):
        transaction = Transaction(world, NOW)
        table = transaction.table(declared)
        for record in draw(st.lists(records(declared.record), max_size=4)):
            known = [kept.id for kept in table.all()]
            kind = draw(st.sampled_from(["add", "change", "remove"]))
            if kind == "add" or not known:
                if record.id not in table:
                    table.add(record)
            elif kind == "change":
                table.change(table[draw(st.sampled_from(known))], **{name: getattr(record, name) for name in declared.codec.fields if name != "id"})
            else:
                table.remove(draw(st.sampled_from(known)))
        world = transaction.finish()
        steps.append(transaction)
    return start, steps


@pytest.mark.parametrize("name", sorted(create_app().control.tables))
def test_any_writes_to_a_table_are_made_again_by_their_deltas(name: str) -> None:
    @settings(max_examples=15, deadline=None)
    @given(run=runs(tables()[name]))
    def check(run: tuple[World, list[Transaction]]) -> None:
        start, steps = run
        check_steps(start, steps, steps[-1].result, tables())
        packer = Packer(tables(), Kept())
        compare(packer.unpack_world(packer.pack_world(steps[-1].result)), steps[-1].result, tables())

    check()


def ring(_world: Transaction, _subject: int | str | None) -> None:
    """A timer that does nothing."""


@settings(max_examples=60, deadline=None)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["draw", "reserve", "send", "clear", "schedule", "cancel", "fire", "clock", "faults"]), st.integers(0, 3)),
        max_size=25,
    )
)
def test_everything_else_that_a_transaction_does_is_in_its_delta(acts: list[tuple[str, int]]) -> None:
    start = world = World()
    steps = []
    for number, (act, value) in enumerate(acts):
        transaction = Transaction(world, NOW + dt.timedelta(hours=number))
        match act:
            case "draw":
                transaction.draw(f"kind {value}")
            case "reserve":
                transaction.reserve(f"kind {value}", 3 * value)
            case "send":
                transaction.send("a", "mail", "x@example.com", f"text {value}")
            case "clear":
                transaction.send("a", "sms", "1", "before")
                transaction.clear_outbox()
                transaction.send("a", "sms", "1", "after")
            case "schedule":
                transaction.schedule(NOW + dt.timedelta(hours=value), "ring", value)
            case "cancel":
                transaction.cancel("ring", value)
            case "fire":
                transaction.take_due(NOW + dt.timedelta(hours=1))
            case "clock":
                transaction.clock = Clock(shift=dt.timedelta(minutes=value, microseconds=value))
            case _:
                transaction.faults = Faults(down=(f"a.{value}",))
        world = transaction.finish()
        steps.append(transaction)
    check_steps(start, steps, world, {})


def test_a_full_outbox_loses_the_same_message_in_a_delta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.core.state.world.limits.OUTBOX", replace(_outbox(), value=3))
    start = World()
    transaction = Transaction(start, NOW)
    for number in range(5):
        transaction.send("a", "mail", "x@example.com", str(number))
    check_steps(start, [transaction], transaction.finish(), {})
    assert [message.body for message in transaction.result.outbox.ascending()] == ["2", "3", "4"]


def _outbox() -> Any:
    from mockserver.openapi import limits  # noqa: PLC0415 - the value before it is replaced

    return limits.OUTBOX


def test_a_delta_of_another_world_is_refused_and_a_wrong_one_is_seen() -> None:
    declared = tables()["monedero.wallets"]
    full = app().base
    wallet = next(iter(full.tables[declared.name].records.ascending()))
    transaction = Transaction(full, NOW)
    transaction.table(declared).remove(wallet.id)
    after = transaction.finish()
    with pytest.raises(KeyError):
        apply(World(), delta_of(transaction), tables())
    with pytest.raises(AssertionError, match=r"monedero\.wallets"):
        compare(full, after, tables())
    assert is_chain(full, [transaction], after)
    assert not is_chain(World(), [transaction], after)
    assert not is_chain(full, [], after)


def test_the_seeded_world_comes_back_whole_from_its_bytes_and_others_are_refused() -> None:
    packer = Packer(tables(), Kept())
    parts = list(packer.pack_world(app().base))
    compare(packer.unpack_world(parts), app().base, tables())
    for broken in ([], parts[1:], [parts[0], b"x"], [parts[0], parts[0]]):
        with pytest.raises(NotPacked):
            packer.unpack_world(broken)
    with pytest.raises(NotPacked):
        packer.replay(app().base, b"\xc1")


@dataclass(frozen=True)
class OldNote:
    id: int
    text: str
    gone: str


@dataclass(frozen=True)
class NewNote:
    id: int
    text: str
    added: int = 7


@dataclass(frozen=True)
class OtherNote:
    id: int
    text: int


def _written() -> list[bytes]:
    old = Table("a.notes", OldNote, {"text": "text"})
    transaction = Transaction(World(), NOW)
    transaction.table(old).add(OldNote(1, "x", "y"))
    return list(Packer({old.name: old}, Kept()).pack_world(transaction.finish()))


def test_a_field_that_was_added_with_a_default_or_removed_is_migrated() -> None:
    new = Table("a.notes", NewNote, {"text": "text"})
    world = Packer({new.name: new}, Kept()).unpack_world(_written())
    assert Transaction(world, NOW).table(new).find("text", "x") == NewNote(1, "x", 7)


@pytest.mark.parametrize(("declared", "why"), [({"a.notes": Table("a.notes", OtherNote)}, "do not fit this one"), ({}, "no vendor that is served")])
def test_a_table_that_cannot_be_read_is_kept_as_it_is(declared: dict[str, Table[Any]], why: str) -> None:
    packer = Packer(declared, Kept())
    world = packer.unpack_world(_written())
    rows = world.tables["a.notes"]
    assert isinstance(rows, UnreadRows)
    assert why in rows.why
    again = packer.unpack_world(packer.pack_world(world))
    old = Table("a.notes", OldNote)
    assert Transaction(Packer({old.name: old}, Kept()).unpack_world(packer.pack_world(again)), NOW).table(old)[1] == OldNote(1, "x", "y")


def test_uploaded_bytes_stand_beside_the_records() -> None:
    upload, kept = b"x" * 5000, Kept()
    packer = Packer(tables(), kept)
    transaction = Transaction(World(), NOW)
    transaction.table(PICTURES).add(Picture(1, 1, "a.png", "image/png", len(upload), upload))
    transaction.finish()
    assert len(packer.pack_deltas([delta_of(transaction)])) < 1000
    assert list(kept.values.values()) == [upload]


def test_the_checked_store_refuses_a_commit_that_its_steps_do_not_make() -> None:
    async def scenario() -> None:
        store = CheckedStore(World())
        store.tables = tables()
        transaction = Transaction(store.base, NOW)
        transaction.draw("a")
        after = transaction.finish()
        assert await store.commit("good", NEW, after, steps=[transaction])
        transaction.counted["a"] = 9
        with pytest.raises(AssertionError, match="counters"):
            await store.commit("bad", NEW, after, steps=[transaction])

    asyncio.run(scenario())


def test_a_server_compares_its_commits_if_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKSERVER_CHECK_DELTAS", "1")

    async def scenario() -> None:
        mock = Inside()
        assert isinstance(mock.store, CheckedStore)
        assert (await mock.change("a")).status_code == 200

    asyncio.run(scenario())
