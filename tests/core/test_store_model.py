"""Every store does what a model of a few dictionaries does, whatever the order of its operations."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from mockserver.core.base.clock import Clock
from mockserver.core.base.names import DEFAULT
from mockserver.core.base.visitors import INSIDE
from mockserver.core.state.checked import compare
from mockserver.core.state.database import open_state
from mockserver.core.state.durable_store import DurableStore
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.store import NEW, Snapshot, Version
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World

T = TypeVar("T")
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
NAMES = st.sampled_from([DEFAULT, "a", "b", "c"])
SNAPSHOTS = st.sampled_from(["s", "t", "u"])


@dataclass(frozen=True)
class Note:
    id: int
    text: str
    data: bytes = b""


NOTES = Table("toy.notes", Note, {"text": "text"})
TABLES = {NOTES.name: NOTES}
BASE = World(clock=Clock(frozen_at=NOW), born=NOW)


@dataclass
class Expected:
    """What the model knows of a world."""

    world: World
    origin: World
    snapshots: dict[str, World]
    pinned: bool = False
    label: str = ""


def write(world: World, text: str) -> Transaction:
    """A finished transaction that adds a note, and changes or removes the one before it."""
    transaction = Transaction(world, NOW)
    notes = transaction.table(NOTES)
    newest = next(notes.newest(), None)
    if newest is not None and newest.id % 3 == 0:
        notes.remove(newest.id)
    elif newest is not None:
        notes.change(newest, text=text)
    notes.add(Note(transaction.draw("note"), text, text.encode() * 300))
    transaction.send("toy", "mail", "x@example.com", text)
    transaction.finish()
    return transaction


class StoreMachine(RuleBasedStateMachine):
    """Operations in any order on a store in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store: Any = self.make()
        self.model = {DEFAULT: Expected(BASE, BASE, {}, pinned=True)}
        self.old: list[tuple[str, Version]] = []

    def make(self) -> MemoryStore:
        return MemoryStore(BASE, capacity=10, snapshots=2)

    def run(self, operation: Awaitable[T]) -> T:
        async def awaited() -> T:
            return await operation

        return self.runner.run(awaited())

    def teardown(self) -> None:
        self.runner.close()

    @rule(name=NAMES, text=st.text("xyz", min_size=1, max_size=3), logged=st.booleans())
    def commit(self, name: str, text: str, logged: bool) -> None:  # noqa: FBT001 - drawn
        versioned = self.run(self.store.load(name))
        step = write(versioned.world, text)
        steps = [step] if logged else []
        assert self.run(self.store.commit(name, versioned.version, step.result, steps=steps))
        assert not self.run(self.store.commit(name, versioned.version, step.result, steps=steps))
        self.old.append((name, versioned.version))
        known = self.model.setdefault(name, Expected(BASE, BASE, {}))
        known.world = step.result

    @precondition(lambda self: self.old)
    @rule(data=st.data())
    def commit_late(self, data: st.DataObject) -> None:
        name, version = data.draw(st.sampled_from(self.old))
        if version is not NEW:
            assert not self.run(self.store.commit(name, version, World(seed=99)))

    @rule(name=NAMES, anew=st.booleans(), label=st.text("lm", max_size=2))
    def put(self, name: str, anew: bool, label: str) -> None:  # noqa: FBT001 - drawn
        world = replace(write(BASE, "put").result, seed=7)
        put = self.run(self.store.put(name, world, anew=anew, label=label))
        known = self.model.get(name)
        assert (put is None) == (known is not None and not anew)
        if put is not None:
            assert put.replaced == (known is not None)
            kept = {} if known is None else known.snapshots
            self.model[name] = Expected(world, world, kept, known is not None and known.pinned, label)

    @rule(name=NAMES)
    def delete(self, name: str) -> None:
        assert self.run(self.store.delete(name)) == (name in self.model)
        self.model.pop(name, None)
        if name == DEFAULT:
            self.model[DEFAULT] = Expected(BASE, BASE, {}, pinned=True)

    @rule(name=NAMES, other=st.booleans())
    def reset(self, name: str, other: bool) -> None:  # noqa: FBT001 - drawn
        world = replace(BASE, seed=8) if other else None
        self.run(self.store.reset(name, world, INSIDE))
        known = self.model.get(name)
        if known is not None:
            known.world = world or known.origin
        elif world is not None:
            self.model[name] = Expected(world, BASE, {})

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def save(self, name: str, snapshot: str) -> None:
        versioned = self.run(self.store.load(name))
        saved = self.run(self.store.save(name, versioned.version, Snapshot(snapshot, versioned.world, NOW)))
        known = self.model.setdefault(name, Expected(BASE, BASE, {}))
        assert saved is not None
        assert saved.replaced == (snapshot in known.snapshots)
        known.snapshots.pop(snapshot, None)
        for dropped in saved.dropped:
            del known.snapshots[dropped.partition("/")[2]]
        known.snapshots[snapshot] = versioned.world

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def restore(self, name: str, snapshot: str) -> None:
        restored = self.run(self.store.restore(name, snapshot, INSIDE))
        known = self.model.get(name)
        assert (restored is not None) == (known is not None and snapshot in known.snapshots)
        if restored is not None and known is not None:
            known.world = known.snapshots[snapshot]

    @rule(name=NAMES, snapshot=SNAPSHOTS)
    def drop(self, name: str, snapshot: str) -> None:
        known = self.model.get(name)
        assert self.run(self.store.drop(name, snapshot)) == (known is not None and snapshot in known.snapshots)
        if known is not None:
            known.snapshots.pop(snapshot, None)

    @rule(name=NAMES, pinned=st.booleans())
    def pin(self, name: str, pinned: bool) -> None:  # noqa: FBT001 - drawn
        known = self.model.get(name)
        assert self.run(self.store.pin(name, pinned=pinned)) == (known is not None)
        if known is not None:
            known.pinned = pinned or name == DEFAULT

    @invariant()
    def agrees(self) -> None:
        page = self.run(self.store.worlds())
        assert {listed.name for listed in page.worlds} == set(self.model)
        for listed in page.worlds:
            known = self.model[listed.name]
            assert (listed.pinned, listed.label, listed.snapshots) == (known.pinned, known.label, len(known.snapshots))
            assert listed.summary.records == known.world.count_records()
            assert listed.summary.messages == len(known.world.outbox)

    @invariant()
    def holds_the_values(self) -> None:
        for name, known in self.model.items():
            versioned = self.run(self.store.find(name))
            compare(replace(versioned.world, latest=known.world.latest), known.world, TABLES)
            compare(replace(versioned.origin, latest=known.origin.latest), known.origin, TABLES)
            found = {snapshot.name: snapshot.world for snapshot in self.run(self.store.snapshots(name))}
            assert list(found) == list(known.snapshots)
            for snapshot, world in known.snapshots.items():
                compare(replace(found[snapshot], latest=world.latest), world, TABLES)


class DurableMachine(StoreMachine):
    """The same on a store in a directory, which is also left without a word and opened again, and used by a second server."""

    def make(self) -> DurableStore:
        self.folder = tempfile.TemporaryDirectory()
        self.opened: list[DurableStore] = []
        return self.open()

    def open(self) -> DurableStore:
        store = DurableStore(open_state(Path(self.folder.name)), BASE, capacity=10, snapshots=2)
        store.open(BASE, TABLES)
        self.opened.append(store)
        return store

    @rule()
    def start_again(self) -> None:
        self.store = self.open()

    @rule()
    def stop_and_start(self) -> None:
        self.store.close()
        self.opened.remove(self.store)
        self.store = self.open()

    @precondition(lambda self: len(self.opened) > 1)
    @rule()
    def use_the_other_server(self) -> None:
        self.store = self.opened[0] if self.store is not self.opened[0] else self.opened[-1]

    @rule(name=NAMES)
    def compact(self, name: str) -> None:
        if self.run(self.store.find(name)) is not None:
            self.run(self.store.compact(name))

    def teardown(self) -> None:
        for store in self.opened:
            store.close()
        super().teardown()
        self.folder.cleanup()


@pytest.mark.parametrize(("machine", "examples"), [(StoreMachine, 40), (DurableMachine, 40)])
def test_a_store_does_what_its_model_does(machine: type[StoreMachine], examples: int) -> None:
    bounds = settings(max_examples=examples, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=bounds)
