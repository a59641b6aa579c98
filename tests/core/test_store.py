"""What a store of worlds does in one operation, and what it keeps beside its worlds."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockserver.core.base.visitors import INSIDE
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.store import NEW, Snapshot, Version
from mockserver.core.state.world import World
from tests.core.toy import NOON
from tests.hostile.inside import Inside


def test_a_version_of_a_deleted_world_is_never_used_again() -> None:
    async def scenario() -> None:
        store, seen = MemoryStore(World()), set[Version]()
        for turn in range(3):
            await store.commit("a", NEW, World(seed=turn + 2))
            old = (await store.load("a")).version
            assert old not in seen
            seen.add(old)
            await store.delete("a")
            assert not await store.commit("a", old, World(seed=99))
            assert await store.find("a") is None

    asyncio.run(scenario())


def test_a_snapshot_of_a_world_that_was_deleted_meanwhile_is_not_saved() -> None:
    async def scenario() -> None:
        store = MemoryStore(World())
        await store.commit("a", NEW, World(seed=2))
        versioned = await store.load("a")
        await store.delete("a")
        assert await store.save("a", versioned.version, Snapshot("s", versioned.world, NOON)) is None
        assert await store.snapshots("a") == []
        saved = await store.save("a", NEW, Snapshot("s", versioned.world, NOON))
        assert saved is not None
        assert [snapshot.name for snapshot in await store.snapshots("a")] == ["s"]

    asyncio.run(scenario())


def test_saving_a_snapshot_outlasts_the_deletion_of_its_world() -> None:
    async def scenario() -> None:
        mock = Inside()
        await mock.change("a")
        calls = [mock.call("PUT", "/_mock/snapshots/s", "a"), mock.call("DELETE", "/_mock/worlds/a"), mock.call("PUT", "/_mock/snapshots/t", "a")]
        assert {answer.status_code for answer in await asyncio.gather(*calls)} <= {200, 201, 204}

    asyncio.run(scenario())


def test_creations_at_once_get_names_of_their_own() -> None:
    async def scenario() -> None:
        mock = Inside()
        await mock.change("world-2")
        source = {"from": {"scenario": "monedero.used-up"}}
        made = await asyncio.gather(*[mock.call("POST", "/_mock/worlds", json=source) for _ in range(4)])
        assert [answer.status_code for answer in made] == [201] * 4
        assert sorted(answer.json()["name"] for answer in made) == ["world-1", "world-3", "world-4", "world-5"]

    asyncio.run(scenario())


def test_a_reset_keeps_the_origin_and_forgets_the_exchanges() -> None:
    async def scenario() -> None:
        forgotten: list[str] = []
        store = MemoryStore(World(seed=3), on_drop=forgotten.append)
        await store.put("a", World(seed=4), anew=False)
        await store.reset("a", World(seed=5), INSIDE)
        assert (await store.load("a")).world.seed == 5
        assert (await store.reset("a", None, INSIDE)).seed == 4
        await store.reset("never seen", None, INSIDE)
        assert await store.find("never seen") is None
        assert forgotten == ["a", "a", "a", "never seen"]

    asyncio.run(scenario())


def test_a_list_of_worlds_counts_the_records_of_those_that_it_shows_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        mock, counted = Inside(), list[World]()
        for number in range(5):
            await mock.change(f"w{number}")
        count = World.count_records

        def note(world: World) -> int:
            counted.append(world)
            return count(world)

        monkeypatch.setattr(World, "count_records", note)
        first = (await mock.call("GET", "/_mock/worlds?limit=2&prefix=w")).json()
        assert (first["total"], [world["name"] for world in first["worlds"]]) == (5, ["w0", "w1"])
        assert len(counted) == 2
        again: dict[str, Any] = (await mock.call("GET", "/_mock/worlds?limit=2&prefix=w")).json()
        assert [world["records"] for world in again["worlds"]] == [world["records"] for world in first["worlds"]]
        assert len(counted) == 2

    asyncio.run(scenario())


def test_exchanges_are_numbered_in_their_own_world() -> None:
    async def scenario() -> None:
        mock = Inside()

        async def numbers(world: str) -> list[int]:
            return [exchange["number"] for exchange in (await mock.call("GET", "/_mock/journal", world)).json()["exchanges"]]

        for world in ("a", "b", "a"):
            await mock.change(world)
        assert (await numbers("a"), await numbers("b")) == ([1, 2], [1])
        await mock.call("DELETE", "/_mock/journal", "a")
        await mock.change("a")
        assert await numbers("a") == [3]
        await mock.call("POST", "/_mock/reset", "a")
        await mock.change("a")
        assert await numbers("a") == [1]

    asyncio.run(scenario())


def test_a_stream_of_exchanges_goes_on_when_its_world_starts_again() -> None:
    async def scenario() -> None:
        mock = Inside()
        await mock.change("a")
        await mock.change("a")
        stream = asyncio.create_task(mock.call("GET", "/_mock/journal/stream?since=1&timeout=2", "a"))
        await asyncio.sleep(0.3)
        await mock.call("POST", "/_mock/reset", "a")
        await mock.change("a")
        text = (await stream).text
        assert [line for line in text.splitlines() if line.startswith("id:")] == ["id: 2", "id: 1"]

    asyncio.run(scenario())
