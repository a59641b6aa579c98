"""Worlds, tables and transactions are values: a change of one leaves all others unchanged."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from mockserver.core.base.clock import Clock, iso, parse_duration, parse_moment
from mockserver.core.base.names import DEFAULT, is_world_name
from mockserver.core.base.visitors import INSIDE
from mockserver.core.operation.paging import by_page
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.outbox import Message
from mockserver.core.state.persistent import Ordered
from mockserver.core.state.store import NEW, Version
from mockserver.core.state.tables import Rows, Table, TransactionTable, fields_of, tables_of
from mockserver.core.state.world import Change, Transaction, World, catch_up, diff
from mockserver.openapi import limits

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pet:
    id: int
    owner: str
    name: str
    born: datetime = NOW
    secret: str = ""


PETS: Table[Pet] = Table("zoo.pets", Pet, {"owner": "owner"}, secrets=("secret",))


class TablesBehaveLikeADict(RuleBasedStateMachine):
    """Compare a table with a plain dict; forks made on the way must never change."""

    def __init__(self) -> None:
        super().__init__()
        self.table: TransactionTable[Pet] = TransactionTable(PETS, Rows())
        self.model: dict[int, Pet] = {}
        self.forks: list[tuple[Rows[Pet], dict[int, Pet]]] = []
        self.next = 1

    @rule(owner=st.sampled_from("abc"), name=st.text(max_size=3))
    def add(self, owner: str, name: str) -> None:
        pet = Pet(self.next, owner, name)
        self.next += 1
        assert self.table.add(pet) is pet
        self.model[pet.id] = pet

    @rule(data=st.data(), owner=st.sampled_from("abc"), name=st.text(max_size=3))
    def change(self, data: st.DataObject, owner: str, name: str) -> None:
        if self.model:
            pet = self.model[data.draw(st.sampled_from(sorted(self.model)))]
            self.model[pet.id] = self.table.change(pet, owner=owner, name=name)
            assert self.model[pet.id] == replace(pet, owner=owner, name=name)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.model:
            removed = data.draw(st.sampled_from(sorted(self.model)))
            self.table.remove(removed)
            del self.model[removed]

    @rule()
    def fork(self) -> None:
        self.forks.append((self.table.rows, dict(self.model)))

    @invariant()
    def same_records_in_the_same_order(self) -> None:
        assert list(self.table.all()) == list(self.model.values())
        assert list(self.table.newest()) == list(self.model.values())[::-1]
        assert len(self.table) == len(self.model)
        assert self.table.slice(1, 2) == list(self.model.values())[1:3]

    @invariant()
    def indexes_agree(self) -> None:
        for owner in "abc":
            owned = self.table.select("owner", owner)
            assert sorted(pet.id for pet in owned) == sorted(pet.id for pet in self.model.values() if pet.owner == owner)
            assert len(owned) == len(list(owned)) == len(list(owned.newest()))
            found = self.table.find("owner", owner)
            assert (found is None) == (len(owned) == 0)

    @invariant()
    def forks_stand_still(self) -> None:
        for rows, model in self.forks:
            assert list(TransactionTable(PETS, rows).all()) == list(model.values())


test_tables_behave_like_a_dict = TablesBehaveLikeADict.TestCase


def test_an_id_is_given_once_and_never_changes() -> None:
    table: TransactionTable[Pet] = TransactionTable(PETS, Rows())
    pet = table.add(Pet(1, "a", "x"))
    with pytest.raises(KeyError):
        table.add(pet)
    with pytest.raises(KeyError):
        table.change(pet, id=2)
    with pytest.raises(KeyError):
        table.select("colour", "red")
    with pytest.raises(KeyError):
        table.remove(9)
    with pytest.raises(KeyError, match=r"zoo\.pets has no 2"):
        table[2]
    assert table[1] is pet
    assert 1 in table
    assert 2 not in table


def test_some_fields_of_a_record_are_taken_in_the_order_named() -> None:
    assert list(fields_of(Pet(1, "a", "x"), "name id").items()) == [("name", "x"), ("id", 1)]


def test_the_tables_of_a_module_are_those_that_it_declares() -> None:
    module = ModuleType("zoo")
    vars(module).update(CAGES=Table("zoo.cages", Pet), NAME="zoo", PETS=PETS)
    assert [table.name for table in tables_of(module)] == ["zoo.cages", "zoo.pets"]


def test_a_record_is_shown_without_its_secrets() -> None:
    assert PETS.to_json(Pet(1, "a", "x", NOW, "hidden")) == {"id": 1, "owner": "a", "name": "x", "born": "2026-01-31T12:00:00Z"}
    assert PETS.short_name == "pets"


def test_a_place_that_is_not_in_use_cannot_be_replaced() -> None:
    with pytest.raises(KeyError):
        Ordered[int]().replace(0, 1)


STEPS = st.lists(st.tuples(st.sampled_from(["append", "replace", "drop", "slice", "queue"]), st.floats(0, 1, exclude_max=True)), max_size=12)


@cache
def filled(size: int) -> Ordered[int]:
    """Strategy for a collection of numbers below a size."""
    ordered: Ordered[int] = Ordered()
    for number in range(size):
        ordered = ordered.append(number)
    return ordered


@given(st.sampled_from([0, 1, 31, 32, 33, 1023, 1024, 1025, 1056, 32_767, 32_768, 32_801]), STEPS)
@settings(max_examples=60, deadline=None)
def test_an_ordered_collection_is_a_list_with_holes_at_every_size(size: int, steps: list[tuple[str, float]]) -> None:
    ordered, model = filled(size), dict(enumerate(range(size)))
    for kind, where in steps:
        before = (ordered, dict(model))
        position = int(where * max(1, ordered.end))
        if kind == "append":
            model[ordered.end] = position
            ordered = ordered.append(position)
        elif kind == "slice":
            at = int(where * (len(model) + 2))
            assert ordered.slice(at, 50) == list(model.values())[at : at + 50]
        else:
            position = min(model, default=0) if kind == "queue" else position
            if position not in model:
                assert ordered.get(position) is None
                with pytest.raises(KeyError):
                    ordered.drop(position)
                with pytest.raises(KeyError):
                    ordered.replace(position, 1)
                with pytest.raises(KeyError):
                    ordered[position]
            elif kind == "replace":
                ordered, model[position] = ordered.replace(position, -1), -1
            else:
                ordered = ordered.drop(position)
                del model[position]
        assert list(before[0].ascending()) == list(before[1].values())
    assert list(ordered.ascending()) == list(model.values())
    assert list(ordered.descending()) == list(model.values())[::-1]
    assert all(ordered[position] == item for position, item in model.items())
    assert len(ordered) == len(model)
    assert ordered.get(-1) is ordered.get(ordered.end) is None


@given(st.lists(st.integers(), max_size=30), st.integers(1, 9))
def test_pages_visit_each_item_once(items: list[int], size: int) -> None:
    ordered: Ordered[int] = Ordered()
    for item in items:
        ordered = ordered.append(item)
    pages = [by_page(ordered, number, size) for number in range(1, len(items) + 2)]
    assert [item for page in pages for item in page.items] == items
    assert all(page.total == len(items) for page in pages)
    assert pages[0].pages == sum(1 for page in pages if page.items)
    assert [page.is_last for page in pages if page.items][-1:] in ([], [True])


@pytest.mark.parametrize(("number", "size"), [(0, 1), (1, 0), (-1, 5)])
def test_pages_count_from_one(number: int, size: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        by_page(Ordered[int](), number, size)


# Drafts


def test_a_transaction_without_changes_returns_the_same_world() -> None:
    world = World()
    transaction = Transaction(world, NOW)
    list(transaction.table(PETS).all())
    assert transaction.finish() is world


def test_a_transaction_leaves_the_world_unchanged_until_it_is_finished() -> None:
    world = World()
    transaction = Transaction(world, NOW)
    transaction.table(PETS).add(Pet(transaction.draw("pet"), "a", "x"))
    assert world.tables.get("zoo.pets") is None
    after = transaction.finish()
    assert list(diff(world, after)) == [Change("zoo.pets", 1, None, Pet(1, "a", "x"))]
    assert list(diff(after, after)) == []
    assert [change.after for change in diff(after, world)] == [None]


def test_diff_names_what_was_changed_and_not_what_was_rewritten() -> None:
    transaction = Transaction(World(), NOW)
    first, second = (transaction.table(PETS).add(Pet(number, "a", "x")) for number in (1, 2))
    before = transaction.finish()
    transaction = Transaction(before, NOW)
    transaction.table(PETS).change(first, name="y")
    transaction.table(PETS).change(second, name="x")
    assert [(change.id, change.before.name, change.after.name) for change in diff(before, transaction.finish())] == [(1, "x", "y")]


@given(st.integers(0, 2**40), st.text(max_size=5))
def test_same_seed_and_same_draws_give_the_same(seed: int, kind: str) -> None:
    def draws() -> list[Any]:
        transaction = Transaction(World(seed=seed), NOW)
        return [
            transaction.draw(kind),
            transaction.token(kind),
            transaction.token(kind),
            transaction.code(kind, 4),
            transaction.chance(kind).random(),
        ]

    assert draws() == draws()
    number, first, second, code, _ = draws()
    assert (number, len(first), len(code)) == (1, 32, 4)
    assert first != second
    assert code.isdigit()


def test_the_outbox_keeps_the_newest() -> None:
    transaction = Transaction(World(), NOW)
    for number in range(limits.OUTBOX.value + 3):
        transaction.send("zoo", "sms", "+1", f"no {number}")
    kept = list(transaction.outbox.ascending())
    assert (len(kept), kept[0].body) == (limits.OUTBOX.value, "no 3")
    transaction.clear_outbox()
    assert len(transaction.outbox) == 0


def test_links_are_found_in_a_message() -> None:
    message = Message(1, "zoo", "mail", "a@example.com", "Hi", 'Go to https://example.com/a?b=1. Or <http://example.com/c>, "https://x.test/".', NOW)
    assert message.links == ("https://example.com/a?b=1", "http://example.com/c", "https://x.test/")
    assert message.to_json()["sent_at"] == "2026-01-31T12:00:00Z"


# Time


@given(st.lists(st.integers(0, 100), max_size=20), st.integers(0, 100))
def test_timers_fire_once_in_due_order(hours: list[int], until: int) -> None:
    transaction = Transaction(World(), NOW)
    for hour in hours:
        transaction.schedule(NOW + timedelta(hours=hour), "ring", hour)
    fired: list[tuple[datetime, Any]] = []

    def ring(world: Transaction, subject: int | str | None) -> None:
        fired.append((world.now, subject))
        world.draw("rings")

    moment = NOW + timedelta(hours=until)
    once = catch_up(transaction.finish(), moment, {"ring": ring})
    assert fired == [(NOW + timedelta(hours=hour), hour) for hour in sorted(hours) if hour <= until]
    assert catch_up(once, moment, {"ring": ring}) is once


def test_a_timer_may_set_the_next_one_and_be_called_off() -> None:
    def renew(world: Transaction, subject: int | str | None) -> None:
        world.draw("renewals")
        world.schedule(world.now + timedelta(days=1), "renew", subject)

    transaction = Transaction(World(), NOW)
    transaction.schedule(NOW + timedelta(days=1), "renew", "a")
    transaction.schedule(NOW + timedelta(days=1), "renew", "b")
    transaction.cancel("renew", "b")
    later = catch_up(transaction.finish(), NOW + timedelta(days=3, hours=1), {"renew": renew})
    assert later.counters["renewals"] == 3
    assert [timer.due - NOW for timer in Transaction(later, NOW).timers] == [timedelta(days=4)]


def test_a_clock_is_real_shifted_or_frozen() -> None:
    clock = Clock()
    assert (clock.mode, clock.now(NOW)) == ("real", NOW)
    shifted = clock.advance(parse_duration("P1M"), NOW)
    assert (shifted.mode, shifted.now(NOW)) == ("shifted", datetime(2026, 2, 28, 12, tzinfo=UTC))
    frozen = clock.freeze(NOW)
    assert (frozen.mode, frozen.now(NOW + timedelta(days=9))) == ("frozen", NOW)
    assert frozen.advance(parse_duration("PT1H"), NOW).now(NOW) == NOW + timedelta(hours=1)


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00", "yesterday", "1900-01-01T00:00:00Z", ""])
def test_a_moment_needs_an_offset_and_a_sane_year(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_moment(text)


def test_a_moment_is_shown_as_it_is_read() -> None:
    assert iso(parse_moment("2026-01-01T02:00:00+02:00")) == "2026-01-01T00:00:00Z"


@pytest.mark.parametrize("text", ["P9999Y", "P1.5D", "31", "-P99Y", ""])
def test_a_duration_that_cannot_be_read_or_leads_out_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        Clock(frozen_at=NOW).advance(parse_duration(text), NOW)


# Stores


def test_a_store_forks_unknown_worlds_from_its_base_and_commits_one_of_two() -> None:
    async def scenario() -> None:
        store = MemoryStore(World(seed=3))
        first, second = await store.load("a"), await store.load("a")
        assert first.world is store.base
        assert await store.commit("a", first.version, World(seed=4))
        assert not await store.commit("a", second.version, World(seed=5))
        assert (await store.load("a")).world.seed == 4
        assert (await store.load("b")).world.seed == 3
        assert [listed.name for listed in (await store.worlds()).worlds] == [DEFAULT, "a"]
        assert not await store.commit("never seen", Version(9, 9, 0), World())
        assert await store.commit("never seen", NEW, World())

    asyncio.run(scenario())


def test_a_commit_against_a_deleted_world_of_the_same_name_is_refused() -> None:
    async def scenario() -> None:
        store = MemoryStore(World())
        await store.commit("a", NEW, World(seed=2))
        old = await store.load("a")
        await store.delete("a")
        assert not await store.commit("a", old.version, World(seed=99))
        await store.commit("a", NEW, World(seed=3))
        assert not await store.commit("a", old.version, World(seed=99))
        assert (await store.load("a")).world.seed == 3

    asyncio.run(scenario())


def test_a_full_store_lets_the_longest_unused_world_go_but_never_the_default() -> None:
    async def scenario() -> None:
        store = MemoryStore(World(), capacity=3)
        for name in ("a", "b"):
            await store.admit(name, store.base, INSIDE)
        await store.load("a")
        await store.admit("c", store.base, INSIDE)
        assert sorted(listed.name for listed in (await store.worlds()).worlds) == ["a", "c", DEFAULT]
        assert len(store) == 3

    asyncio.run(scenario())


@pytest.mark.parametrize(("name", "good"), [("ci-42", True), ("a" * 64, True), ("a" * 65, False), ("", False), ("../x", False), (".a", False)])
def test_names_of_worlds(name: str, good: bool) -> None:  # noqa: FBT001 - a table
    assert is_world_name(name) is good


def test_worlds_can_be_copied_for_tests_only_by_sharing() -> None:
    """Records are frozen, so that no code can change a record that another world shares."""
    pet = Pet(1, "a", "x")
    with pytest.raises(AttributeError):
        pet.name = "y"  # type: ignore[misc]
    assert copy.copy(pet) == pet
