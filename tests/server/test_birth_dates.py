"""The birth date of a world: equal seeds and birth dates give equal records, whenever the process started."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from mockserver.cli import cli
from mockserver.core.base import clock
from mockserver.core.base.clock import iso
from tests.hostile.inside import Inside

BORN = datetime(2026, 1, 1, tzinfo=UTC)


async def _create(mock: Inside, **body: Any) -> dict[str, Any]:
    answer = await mock.call("POST", "/_mock/worlds", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_two_servers_with_one_birth_date_have_the_same_records() -> None:
    async def scenario() -> None:
        servers = [Inside(born=BORN), Inside(born=BORN), Inside()]
        digests = [await server.digest("default") for server in servers]
        assert digests[0] == digests[1] != digests[2]
        made = await _create(servers[2], name="dated", born=iso(BORN))
        assert made["born"] == iso(BORN)
        assert await servers[2].digest("dated") == digests[0]

    asyncio.run(scenario())


def test_a_reset_to_another_seed_keeps_the_birth_date() -> None:
    async def scenario() -> None:
        mock = Inside()
        await _create(mock, name="a", born=iso(BORN), **{"from": {"seed": 7}})
        expected = await mock.digest("a")
        await mock.call("POST", "/_mock/reset", "a", json={"seed": 1})
        assert await mock.digest("a") != expected
        await mock.call("POST", "/_mock/reset", "a", json={"seed": 7})
        assert await mock.digest("a") == expected

    asyncio.run(scenario())


def test_an_exported_world_has_its_birth_date() -> None:
    async def scenario() -> None:
        mock = Inside(born=BORN)
        exported = (await mock.call("GET", "/_mock/worlds/default/export")).json()
        assert exported["born"] == iso(BORN)
        del exported["born"]  # as in a file of an earlier release
        assert (await mock.call("PUT", "/_mock/worlds/old", json=exported)).json()["born"] is None

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("born", "source", "reason"),
    [
        ("yesterday", {}, "Invalid isoformat"),
        ("2026-01-01T00:00:00", {}, "names no offset"),
        ("1970-01-01T00:00:00Z", {}, "outside the years 1980 to 2999"),
        ("3000-01-01T00:00:00Z", {}, "outside the years 1980 to 2999"),
        (iso(BORN), {"world": "default"}, "has a birth date"),
        (iso(BORN), {"snapshot": "s"}, "has a birth date"),
    ],
)
def test_a_birth_date_that_cannot_be_is_refused(born: str, source: dict[str, str], reason: str) -> None:
    async def scenario() -> None:
        answer = await Inside().call("POST", "/_mock/worlds", json={"born": born, "from": source})
        assert answer.status_code == 400
        assert reason in answer.text

    asyncio.run(scenario())


def test_the_command_line_refuses_such_a_birth_date() -> None:
    ended = CliRunner().invoke(cli, ["serve", "--born", "1970-01-01T00:00:00Z"])
    assert ended.exit_code == 2
    assert "outside the years 1980 to 2999" in ended.output


def test_the_time_of_a_world_does_not_go_back_when_the_clock_of_the_machine_does(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        mock = Inside()
        await mock.change("a")
        before = (await mock.call("GET", "/_mock/worlds/a")).json()["now"]
        ahead = clock.wall_clock() - timedelta(hours=1)
        for module in ("engine.executor", "engine.timers", "engine.pipeline", "state.world"):
            monkeypatch.setattr(f"mockserver.core.{module}.wall_clock", lambda: ahead)
        monkeypatch.setattr("mockserver.control.worlds.wall_clock", lambda: ahead)
        await mock.change("a")
        last = (await mock.call("GET", "/_mock/journal", "a")).json()["exchanges"][-1]
        after = (await mock.call("GET", "/_mock/worlds/a")).json()["now"]
        assert after[:19] >= before[:19]
        assert last["at"][:19] >= before[:19]
        moved = (await mock.call("PATCH", "/_mock/clock", "a", json={"shift": "PT2H"})).json()
        assert moved["shift_seconds"] == 7200

    asyncio.run(scenario())
