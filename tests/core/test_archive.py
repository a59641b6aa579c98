"""Export a world as a document and import it."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.core.base.clock import Clock
from mockserver.core.base.faults import Invalid
from mockserver.core.base.replies import Damage
from mockserver.core.state.archive import digest, read, write
from mockserver.core.state.persistent import Ordered
from mockserver.core.state.rules import Delay, Rule
from mockserver.core.state.tables import Rows, Table
from mockserver.core.state.world import Transaction, World
from tests.core.test_state import PETS, Pet

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
TOYS: Table[Pet] = Table("zoo.toys", Pet, {"owner": lambda toy: toy.owner, "name": lambda toy: toy.name})
TABLES: dict[str, Table[Any]] = {table.name: table for table in (PETS, TOYS)}
ACTIONS = ("zoo.feed",)
OPERATIONS = ("zoo.list_pets",)

Step = tuple[str, int, str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "change", "move", "remove", "draw", "send", "due", "clock", "fault"]), st.integers(0, 9), st.sampled_from("abc")
    )
)


def played(world: World, steps: list[Step]) -> World:
    """A world after these steps."""
    transaction = Transaction(world, NOW)
    for kind, number, text in steps:
        table = transaction.table(PETS if number % 2 else TOYS)
        record = table.get(number)
        if kind == "add" and record is None:
            table.add(Pet(number, text, text, secret="s"))
        elif kind == "change" and record is not None:
            table.change(record, name=text, born=NOW + timedelta(days=number))
        elif kind == "move" and record is not None:
            table.change(record, owner=text)
        elif kind == "remove" and record is not None:
            table.remove(number)
        elif kind == "draw":
            transaction.token(text)
        elif kind == "send":
            transaction.send("zoo", "mail", text, f"see https://example.com/{number}", codes=(text,))
        elif kind == "due":
            transaction.schedule(NOW + timedelta(days=number), "zoo.feed", text if number % 2 else number)
        elif kind == "clock":
            transaction.clock = Clock(shift=timedelta(days=number, microseconds=1)) if number % 2 else Clock(frozen_at=NOW)
        elif kind == "fault":
            rule = Rule(
                0, "zoo", OPERATIONS, status=500 + number, delay=Delay("uniform", 0.5, number), damage=Damage("drip", 1), headers=(("a", text),)
            )
            transaction.faults = transaction.faults.add(rule).switch(f"zoo.{text}", down=number % 2 == 0)
    return transaction.finish()


def again(world: World) -> World:
    """Export a world and import the result."""
    return read(orjson.loads(orjson.dumps(write(world, TABLES))), TABLES, ACTIONS, OPERATIONS)


@given(STEPS, STEPS)
def test_a_world_goes_through_its_document_and_on_as_before(steps: list[Step], more: list[Step]) -> None:
    world = played(World(seed=7), steps)
    copied = again(world)
    assert copied == world
    assert write(copied, TABLES) == write(world, TABLES)
    assert digest(copied, TABLES) == digest(world, TABLES)
    assert played(copied, more) == played(world, more)
    drafts = Transaction(world, NOW), Transaction(copied, NOW)
    for table in (PETS, TOYS):
        for owner in "abc":
            mine, theirs = ([pet.id for pet in transaction.table(table).select("owner", owner)] for transaction in drafts)
            assert mine == theirs


def test_an_index_keeps_the_order_in_which_records_got_their_key() -> None:
    world = played(World(), [("add", 1, "a"), ("add", 3, "b"), ("move", 1, "b")])
    assert write(world, TABLES)["tables"]["zoo.pets"]["orders"] == {"owner": [[3, 1]]}
    assert [pet.id for pet in Transaction(again(world), NOW).table(PETS).select("owner", "b")] == [3, 1]


@pytest.mark.parametrize("kind", ["add", "draw", "send", "due", "clock"])
def test_every_change_of_a_world_changes_its_digest(kind: str) -> None:
    assert digest(played(World(), [(kind, 1, "a")]), TABLES) != digest(World(), TABLES)


def test_an_order_alone_changes_the_digest() -> None:
    one, other = (
        [("add", 1, "a"), ("add", 3, "b"), *moves] for moves in ([("move", 1, "b"), ("move", 3, "a"), ("move", 1, "a")], [("move", 3, "a")])
    )
    assert write(played(World(), one), TABLES) != write(played(World(), other), TABLES)
    assert digest(played(World(), one), TABLES) != digest(played(World(), other), TABLES)


def test_fault_rules_count_calls_without_changing_the_digest() -> None:
    start = World()
    assert digest(played(start, [("fault", 1, "a")]), TABLES) == digest(start, TABLES)


def test_an_emptied_table_is_as_one_that_never_was() -> None:
    assert digest(played(World(), [("add", 1, "a"), ("remove", 1, "a")]), TABLES) == digest(World(), TABLES)


def test_collections_differ_from_lists_and_from_other_collections() -> None:
    assert Ordered[int]() != []
    assert Rows[Any]() != []
    assert Ordered[int]().append(1) != Ordered[int]().append(2)


WHOLE = write(played(World(), [("add", 1, "a"), ("due", 1, "a"), ("send", 1, "a"), ("fault", 1, "a")]), TABLES)


PET = WHOLE["tables"]["zoo.pets"]["records"][0]
GONE = object()
SPOILT: dict[str, tuple[str, Any, str]] = {
    "no seed": ("seed", GONE, "/seed"),
    "no tables": ("tables", GONE, "/tables"),
    "another layout": ("mockserver", 2, "/mockserver"),
    "a seed below 0": ("seed", -1, "/seed"),
    "a seed in words": ("seed", "one", "/seed"),
    "more than a world": ("more", 1, "/more"),
    "a clock in words": ("clock", {"frozen_at": "noon", "shift": {}}, "/clock/frozen_at"),
    "a counter in words": ("counters", {"a": "1"}, "/counters/a"),
    "timers that are no list": ("timers", {}, "/timers"),
    "an empty timer": ("timers/0", {}, "/timers/0/due"),
    "an unknown action": ("timers/0/action", "zoo.fly", "/timers/0/action"),
    "an unknown channel": ("outbox/0/channel", "pigeon", "/outbox/0/channel"),
    "an unknown operation": ("faults/rules/0/operations", ["zoo.fly"], "/faults/rules/0/operations"),
    "rules that are no list": ("faults/rules", 5, "/faults/rules"),
    "an unknown table": ("tables/zoo.cages", {"records": []}, "/tables/zoo.cages"),
    "a table that is a list": ("tables/zoo.pets", [], "/tables/zoo.pets"),
    "a table with more": ("tables/zoo.pets/colour", 1, "/tables/zoo.pets"),
    "an empty record": ("tables/zoo.pets/records/0", {}, "/tables/zoo.pets/records/0/id"),
    "an id twice": ("tables/zoo.pets/records", [PET, PET], "/tables/zoo.pets"),
    "an order of what is not there": ("tables/zoo.pets/orders", {"owner": [[1, 2]]}, "/tables/zoo.pets"),
    "an order of nothing": ("tables/zoo.pets/orders", {"owner": [[]]}, "/tables/zoo.pets"),
    "an order of no index": ("tables/zoo.pets/orders", {"colour": [[1]]}, "/tables/zoo.pets"),
    "orders that are a number": ("tables/zoo.pets/orders", 5, "/tables/zoo.pets"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_document_that_is_no_world_is_refused_at_the_place_that_is_wrong(name: str) -> None:
    path, value, pointer = SPOILT[name]
    data: Any = copy.deepcopy(WHOLE)
    here, last = data, path.split("/")[-1]
    for part in path.split("/")[:-1]:
        here = here[int(part) if part.isdigit() else part]
    if value is GONE:
        del here[last]
    else:
        here[int(last) if last.isdigit() else last] = value
    with pytest.raises(Invalid) as error:
        read(data, TABLES, ACTIONS, OPERATIONS)
    assert pointer in [violation.pointer for violation in error.value.violations]


@pytest.mark.parametrize("data", [[], None, 5, "world"])
def test_what_is_no_document_is_refused(data: Any) -> None:
    with pytest.raises(Invalid, match="must be an object"):
        read(data, TABLES)


def test_an_order_has_to_name_the_records_of_one_key() -> None:
    data = copy.deepcopy(WHOLE)
    data["tables"]["zoo.pets"]["records"] += [{**data["tables"]["zoo.pets"]["records"][0], "id": number} for number in (3, 5)]
    for ids in ([3, 1], [5, 3, 1, 1]):
        data["tables"]["zoo.pets"]["orders"] = {"owner": [ids]}
        with pytest.raises(Invalid, match="cannot be put together"):
            read(data, TABLES, ACTIONS, OPERATIONS)


def test_a_document_without_rules_has_none() -> None:
    data = copy.deepcopy(WHOLE)
    del data["faults"]
    assert read(data, TABLES, ACTIONS, OPERATIONS).faults.rules == ()
