"""A state directory: what is in it after a crash, beside another server, on a full disk, and of another release."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from mockserver.app import ServerSettings, create_app, discover
from mockserver.commands.state import state
from mockserver.core.base.faults import StoreFailed
from mockserver.core.base.visitors import INSIDE
from mockserver.core.engine.durable_journal import DurableJournal
from mockserver.core.engine.timers import Timers
from mockserver.core.state import database, file_writer
from mockserver.core.state.checked import compare
from mockserver.core.state.database import FILE, LAYOUT, NoState, open_state
from mockserver.core.state.durable_store import DurableStore
from mockserver.core.state.packing import Packer
from mockserver.core.state.store import NEW, Snapshot
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction, World
from mockserver.openapi.documents import SPECS, load_document
from tests.core.test_deltas import OtherNote
from tests.core.test_store_model import BASE, NOTES, NOW, TABLES, write
from tests.hostile.inside import KEY, SALE, Inside

SERPI = {"secretkey": "serpi-demo-secretkey", "authorization": "Bearer serpi-demo-token"}


def opened(folder: Path, tables: Mapping[str, Table[Any]] = TABLES, **options: Any) -> DurableStore:
    store = DurableStore(open_state(folder), BASE, **options)
    store.open(BASE, tables)
    return store


def count(store: DurableStore, table: str) -> int:
    return int(store.database.execute(f"select count(*) from {table}").fetchone()[0])  # noqa: S608 - a name of this file


async def grow(store: DurableStore, name: str, times: int = 1) -> World:
    """Commit some steps to a world, and return it."""
    for turn in range(times):
        versioned = await store.load(name)
        step = write(versioned.world, f"text {turn}")
        assert await store.commit(name, versioned.version, step.result, steps=[step])
    return (await store.load(name)).world


def test_a_server_that_starts_again_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        first = Inside(state=tmp_path)
        for _ in range(3):
            assert (await first.change("a")).status_code == 200
        await first.call("PUT", "/_mock/snapshots/s", "a")
        await first.change("a")
        rule = {"api": "serpi", "answer": {"status": 429}, "first": 2}
        assert (await first.call("POST", "/_mock/faults", "a", json=rule)).status_code == 201
        await first.call("POST", "/_mock/worlds", json={"name": "labelled", "label": "branch x"})
        digests = {name: await first.digest(name) for name in ("a", "default", "labelled")}
        await asyncio.sleep(0.1)  # the journal is written a moment after the answer
        listed = (await first.call("GET", "/_mock/journal", "a")).json()["exchanges"]
        second = Inside(state=tmp_path)  # the first one is not closed, as after a crash
        assert {name: await second.digest(name) for name in digests} == digests
        kept = [one | {"rewindable": False} for one in listed]  # the states before the calls are in memory only
        assert (await second.call("GET", "/_mock/journal", "a")).json()["exchanges"] == kept
        assert (await second.call("GET", "/_mock/snapshots", "a")).json()["snapshots"][0]["name"] == "s"
        assert (await second.call("GET", "/_mock/worlds/labelled")).json()["label"] == "branch x"
        assert len((await second.call("GET", "/_mock/faults", "a")).json()["rules"]) == 1
        assert (await second.call("POST", "/_mock/snapshots/s/restore", "a")).status_code == 200
        assert await second.digest("a") != digests["a"]
        health = await second.call("GET", "/_mock/health")
        assert health.json()["worlds"] == "state"
        assert health.headers["x-mock-boot"] == f"{health.json()['boot']}; state"
        second.app.close_state()

    asyncio.run(scenario())


def test_without_a_directory_health_says_that_worlds_are_in_memory() -> None:
    async def scenario() -> None:
        health = await Inside().call("GET", "/_mock/health")
        assert health.json()["worlds"] == "memory"
        assert health.headers["x-mock-boot"].endswith("; memory")

    asyncio.run(scenario())


def test_two_servers_of_a_directory_lose_no_sale_and_give_each_an_id_of_its_own(tmp_path: Path) -> None:
    document = load_document("serpi")
    branch = document.raw["components"]["examples"]["new_branch"]["value"]

    async def scenario() -> None:
        servers = [Inside(state=tmp_path), Inside(state=tmp_path)]
        assert len({await server.digest("default") for server in servers}) == 1
        path = f"{document.base_path}/Sucursales"
        answers = await asyncio.gather(*[servers[turn % 2].call("POST", path, "a", SERPI, json=branch) for turn in range(40)])
        assert {answer.status_code for answer in answers} == {201}
        records = [(await server.call("GET", "/_mock/state/serpi/branches?limit=1000", "a")).json()["records"] for server in servers]
        before = (await servers[0].call("GET", "/_mock/state/serpi/branches?limit=1000", "b")).json()["records"]
        assert records[0] == records[1]
        assert len(records[0]) - len(before) == 40
        assert [record["id"] for record in records[0][len(before) :]] == list(range(records[0][len(before)]["id"], records[0][-1]["id"] + 1))

    asyncio.run(scenario())


def test_a_server_takes_the_commits_of_another_without_reading_the_whole_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        first, second = opened(tmp_path), opened(tmp_path)
        await grow(first, "a", 3)
        await grow(second, "a", 1)
        monkeypatch.setattr(Packer, "unpack_world", None)
        last = await grow(first, "a", 2)
        compare((await second.load("a")).world, last, TABLES)

    asyncio.run(scenario())


def test_a_commit_writes_its_delta_and_no_image(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = opened(tmp_path)
        await grow(store, "a", 20)
        assert (count(store, "images"), count(store, "deltas")) == (1, 20)

    asyncio.run(scenario())


def test_deltas_longer_than_the_image_make_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        store = opened(tmp_path)
        await grow(store, "a", 5)
        monkeypatch.setattr(file_writer, "LEAST_LOG", 1)
        last = await grow(store, "a", 3)
        while store._tasks:
            await asyncio.gather(*store._tasks)
        assert count(store, "deltas") < 8
        assert count(store, "images") == 2
        compare((await opened(tmp_path).load("a")).world, last, TABLES)

    asyncio.run(scenario())


def test_what_no_world_uses_any_more_leaves_the_file(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = opened(tmp_path)
        world = await grow(store, "a", 4)
        assert count(store, "blobs") > 0
        version = (await store.load("a")).version
        await store.save("a", version, Snapshot("s", world, NOW))
        await store.put("b", world, anew=False)
        await store.delete("a")
        assert (count(store, "images"), count(store, "snapshots")) == (2, 0)
        await store.delete("b")
        assert (count(store, "images"), count(store, "deltas"), count(store, "blobs"), count(store, "uses")) == (1, 0, 0, 0)

    asyncio.run(scenario())


def test_a_full_disk_is_answered_503_loses_nothing_and_stays_readable(tmp_path: Path) -> None:
    async def scenario() -> None:
        mock = Inside(state=tmp_path)
        store = mock.app.control.store
        assert isinstance(store, DurableStore)
        await mock.change("a")
        before = await mock.digest("a")
        pages = store.database.execute("pragma page_count").fetchone()[0]
        store.database.execute(f"pragma max_page_count = {pages}")
        answers = [await mock.change("a") for _ in range(60)]
        refused = next(answer for answer in answers if answer.status_code != 200)
        assert (refused.status_code, refused.headers["x-mock-limit"], refused.headers["content-type"]) == (503, "store", "application/problem+json")
        assert "is full: nothing was changed" in refused.json()["detail"]
        sold = sum(answer.status_code == 200 for answer in answers)
        assert (await mock.read("a")).status_code == 200
        full = await mock.digest("a")
        assert sold == 0 or full != before
        store.database.execute("pragma max_page_count = 1000000")
        assert await mock.digest("a") == full
        assert await Inside(state=tmp_path).digest("a") == full
        assert (await mock.change("a")).status_code == 200

    asyncio.run(scenario())


def test_a_server_that_holds_the_file_for_long_is_answered_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        monkeypatch.setattr(database, "PATIENCE", 0.05)
        store, other = opened(tmp_path), open_state(tmp_path)
        other.execute("begin immediate")
        with pytest.raises(StoreFailed, match="did not end its change"):
            await grow(store, "a")
        assert (await store.load("a")).version is NEW
        other.roll_back()
        await grow(store, "a")

    asyncio.run(scenario())


def test_timers_that_came_due_meanwhile_fire_once_in_order_whichever_server_is_called(tmp_path: Path) -> None:
    fired: list[tuple[Any, Any]] = []

    def ring(world: Transaction, subject: int | str | None) -> None:
        world.draw("rung")
        fired.append((subject, world.now))

    async def scenario() -> None:
        store = opened(tmp_path)
        transaction = Transaction(World(), NOW)
        for hours in (2, 1):
            transaction.schedule(NOW + timedelta(hours=hours), "ring", hours)
        await store.put("a", transaction.finish(), anew=True)
        servers = [Timers(opened(tmp_path), {"ring": ring}) for _ in range(2)]
        worlds = await asyncio.gather(*[server.settle("a") for server in servers])
        assert [world.counters.get("rung") for world in worlds if world is not None] == [2, 2]
        assert fired[:2] == [(1, NOW + timedelta(hours=1)), (2, NOW + timedelta(hours=2))]
        assert (await opened(tmp_path).load("a")).world.counters.get("rung") == 2

    asyncio.run(scenario())


def test_worlds_of_a_vendor_that_is_not_served_wait_for_it(tmp_path: Path) -> None:
    found = discover(SPECS)

    async def digest(app: Any) -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return str((await client.get("/_mock/worlds/a/digest")).json().get("digest", ""))

    async def scenario() -> None:
        first = Inside(state=tmp_path)
        await first.change("a")
        expected = await first.digest("a")
        fewer = create_app(ServerSettings(state=tmp_path), {slug: parts for slug, parts in found.items() if slug != "serpi"})
        assert await digest(fewer)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(fewer), base_url="http://localhost", headers={"x-mock-world": "a"}) as client:
            assert (await client.post("/monedero/wallet/sale", data=SALE, headers=KEY)).status_code == 200
            exported = await client.get("/_mock/worlds/a/export")
            assert exported.status_code == 503
            assert "serpi" in exported.json()["detail"]
        await first.change("b")
        await first.change("b")
        last = Inside(state=tmp_path)
        assert await last.digest("a") != expected
        serpi = [(await server.call("GET", "/_mock/state/serpi", "a")).json() for server in (first, last)]
        assert serpi[0] == serpi[1]

    asyncio.run(scenario())


def test_a_reload_reads_worlds_again_and_starts_unchanged_ones_anew(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = opened(tmp_path)
        kept = await grow(store, "a")
        await store.admit("unchanged", store.base, INSIDE)
        base = replace(BASE, seed=5)
        store.start_from(base, TABLES)
        for held in (store, opened(tmp_path)):
            compare((await held.load("a")).world, kept, TABLES)
            assert [(await held.load(name)).world.seed for name in ("unchanged", "a")] == [5, BASE.seed]
        assert (await store.load("new")).world.seed == 5

    asyncio.run(scenario())


def test_a_vendor_whose_records_do_not_fit_is_refused_in_a_sentence(tmp_path: Path) -> None:
    async def scenario() -> None:
        await grow(opened(tmp_path), "a")
        other: Table[Any] = Table(NOTES.name, OtherNote)
        store = opened(tmp_path, {NOTES.name: other})
        with pytest.raises(StoreFailed, match=r"^the records of toy\.notes were written by another release"):
            Transaction((await store.load("a")).world, NOW).table(other)

    asyncio.run(scenario())


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def _make_other(file: Path) -> None:
    connection = sqlite3.connect(file)
    connection.execute("create table other(x)")
    connection.commit()
    connection.close()


def _set_layout(file: Path) -> None:
    open_state(file.parent).close()
    connection = sqlite3.connect(file)
    connection.execute(f"pragma user_version = {LAYOUT + 1}")
    connection.commit()
    connection.close()


def _truncate(file: Path) -> None:
    store = opened(file.parent)
    asyncio.run(grow(store, "a", 50))
    store.close()
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda file: _write(file, b"no database, but a text of some length " * 40), "is no state that can be opened: file is not a database"),
        (_make_other, "is a database of another program"),
        (_set_layout, f"has the layout {LAYOUT + 1}, and this release reads {LAYOUT}"),
        (_truncate, "is no state that can be opened: database disk image is malformed"),
    ],
    ids=["text", "other", "layout", "truncated"],
)
def test_what_is_no_state_is_refused_in_a_sentence_and_not_changed(tmp_path: Path, spoil: Any, words: str) -> None:
    file = tmp_path / FILE
    spoil(file)
    before = file.read_bytes()
    with pytest.raises(NoState, match=words):
        open_state(tmp_path)
    refused = CliRunner().invoke(state, ["check", str(tmp_path)])
    assert isinstance(refused.exception, NoState)
    assert file.read_bytes() == before


def test_a_file_in_place_of_the_directory_and_a_directory_without_a_state_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x", encoding="utf-8")
    with pytest.raises(NoState, match="is a file; --state takes a directory"):
        open_state(file)
    with pytest.raises(NoState, match=r"holds no state: there is no worlds\.db"):
        open_state(tmp_path, make=False)
    assert list(tmp_path.iterdir()) == [file]


def test_damage_that_opens_is_found_by_a_check_and_answered_503(tmp_path: Path) -> None:
    async def scenario() -> None:
        store = opened(tmp_path)
        await grow(store, "a", 3)
        store.database.execute("delete from deltas where number = 2")
        store.close()
        checked = CliRunner().invoke(state, ["check", str(tmp_path)])
        assert checked.exit_code == 1
        assert "the world a cannot be read" in checked.output
        with pytest.raises(StoreFailed, match="lacks commits"):
            await opened(tmp_path).load("a")
        assert (await opened(tmp_path).load("default")).world.seed == BASE.seed

    asyncio.run(scenario())


def test_the_commands_count_check_shorten_and_copy_a_state(tmp_path: Path) -> None:
    folder, copy = tmp_path / "state", tmp_path / "copy"
    store = opened(folder)
    asyncio.run(grow(store, "a", 30))
    asyncio.run(store.delete("a"))
    asyncio.run(grow(store, "b", 3))

    def run(*arguments: str) -> str:
        ended = CliRunner().invoke(state, list(arguments))
        assert ended.exit_code == 0, ended.output
        return ended.output

    assert "worlds                2" in run("info", str(folder))
    assert '"commits_since_images": 3' in run("info", str(folder), "--json")
    assert "2 worlds and 0 snapshots read, 0 broken" in run("check", str(folder))
    assert "no vendor that is served has the table toy.notes" in run("check", str(folder))
    run("backup", str(folder), str(copy))
    refused = CliRunner().invoke(state, ["backup", str(folder), str(copy)])
    assert "is there already" in refused.output
    store.close()
    before = (folder / FILE).stat().st_size
    run("compact", str(folder))
    assert (folder / FILE).stat().st_size < before
    for kept in (folder, copy):
        assert asyncio.run(opened(kept).load("b")).world.count_records() == 3


def test_an_exchange_that_cannot_be_read_is_left_out_and_bounds_hold_after_a_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def numbers(mock: Inside) -> list[int]:
        return [exchange["number"] for exchange in (await mock.call("GET", "/_mock/journal", "a")).json()["exchanges"]]

    async def scenario() -> None:
        first = Inside(state=tmp_path, keep=3)
        for _ in range(5):
            await first.change("a")
        first.app.close_state()
        kept = open_state(tmp_path)
        assert [row[0] for row in kept.execute("select number from journal where world = 'a'")] == [3, 4, 5]
        kept.execute("update journal set data = x'c1' where number = 4")
        kept.close()
        second = Inside(state=tmp_path, keep=3)
        assert await numbers(second) == [3, 5]
        await second.change("a")
        assert await numbers(second) == [3, 5, 6]
        await second.call("POST", "/_mock/reset", "a")
        second.app.close_state()
        assert await numbers(Inside(state=tmp_path)) == []

    asyncio.run(scenario())
    assert "was written by another release and is left out" in caplog.text


def test_a_journal_that_cannot_be_written_keeps_its_exchanges_for_the_next_time(tmp_path: Path) -> None:
    async def scenario() -> None:
        mock = Inside(state=tmp_path, keep=2)
        journal = mock.app.control.journal
        assert isinstance(journal, DurableJournal)
        other = open_state(tmp_path)
        await mock.change("a")
        other.execute("begin immediate")
        for _ in range(4):
            await mock.refuse("a")
        journal.close()
        other.roll_back()
        journal.close()
        assert [row[0] for row in other.execute("select number from journal where world = 'a' order by place")] == [4, 5]

    asyncio.run(scenario())


def test_a_directory_can_be_copied_after_a_stop_and_opened_elsewhere(tmp_path: Path) -> None:
    async def scenario() -> None:
        mock = Inside(state=tmp_path / "one")
        await mock.change("a")
        expected = await mock.digest("a")
        mock.app.close_state()
        shutil.copytree(tmp_path / "one", tmp_path / "two")
        assert await Inside(state=tmp_path / "two").digest("a") == expected

    asyncio.run(scenario())
