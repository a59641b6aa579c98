"""How many records differ from the start of each world, in lists of worlds."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner

from mockserver.cli import cli
from mockserver.control import differences
from mockserver.testing import Mock
from tests.hostile.inside import Inside

if TYPE_CHECKING:
    from pathlib import Path

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "100", "usertool_id": "7001"}

CONTACT = {"wallet_key": "wallet-demo", "phone": "4775559911", "customer_name": "Ana", "usertool_id": "7001"}


def listed(world: Mock, query: str = "") -> dict[str, Any]:
    """The world as the list of another one shows it: a call in a world counts as a use of it."""
    (found,) = httpx.get(f"{world.url}/_mock/worlds?prefix={world.world}&limit=1{query}").json()["worlds"]
    assert isinstance(found, dict)
    return found


def test_a_list_counts_what_differs_from_the_start_of_each_world(world: Mock) -> None:
    last = world.monedero.state.records("contacts")[-1]["id"]
    with world.monedero.client() as till:
        assert till.post("/wallet/sale", data=SALE).status_code == 200
        assert till.post("/wallet/contact/add", data=CONTACT).status_code == 200
    world.monedero.state.remove("contacts", last)
    kinds = Counter(change["kind"] for change in world.call("GET", "/diff")["changes"])
    expected = {"added": kinds["added"], "changed": kinds["changed"], "removed": 1}
    assert min(expected.values()) > 0
    assert listed(world, "&differences=true")["differences"] == expected
    assert world.call("GET", f"/worlds/{world.world}", params={"differences": True})["differences"] == expected
    assert "differences" not in listed(world)
    page = httpx.get(f"{world.url}/console/worlds?prefix={world.world}").text
    link = re.search(rf'<a href="/~{world.world}/console/journal/compare" aria-label="What differs from the start of the world[^>]*>(.*?)</a>', page)
    assert link is not None
    assert re.sub("<[^>]*>", "", link[1]).strip() == f"{expected['added']} added {expected['changed']} changed 1 removed"
    assert "What changed since the start" in httpx.get(f"{world.url}/~{world.world}/console/journal/compare").text
    shown = CliRunner(env={"MOCKSERVER_URL": world.url}).invoke(cli, ["worlds", "list", "--prefix", world.world, "--differences"])
    assert "removed" in shown.output


def test_looking_at_the_list_is_no_use_of_its_worlds(world: Mock) -> None:
    with world.monedero.client() as till:
        till.post("/wallet/sale", data=SALE)
    time.sleep(0.3)
    listed(world, "&differences=true")
    httpx.get(f"{world.url}/console/worlds?prefix={world.world}")
    assert listed(world)["idle_seconds"] > 0.3


def test_a_world_beyond_the_bound_is_counted_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        mock = Inside()
        await mock.change("a")
        await mock.change("b")
        await mock.call("PUT", "/_mock/worlds/untouched/pin", "untouched")
        monkeypatch.setattr(differences.count_since_start, "__defaults__", (1,))
        found = (await mock.call("GET", "/_mock/worlds?differences=true", "a")).json()["worlds"]
        assert {one["name"]: one["differences"] for one in found}["a"] is None
        assert {one["name"]: one["differences"] for one in found}["untouched"] == {"added": 0, "changed": 0, "removed": 0}
        page = (await mock.call("GET", "/~untouched/console/worlds")).text
        assert 'hx-get="/~untouched/console/worlds/a/differences" hx-swap="outerHTML"' in page
        part = (await mock.call("GET", "/~untouched/console/worlds/a/differences")).text
        assert re.search(r"\d+ (added|changed)", part)
        one = (await mock.call("GET", "/_mock/worlds/b?differences=true", "b")).json()["differences"]
        assert sum(one.values()) > 0

    asyncio.run(scenario())


def test_a_world_that_is_in_the_file_only_is_counted_when_it_is_asked_for(tmp_path: Path) -> None:
    async def scenario() -> None:
        first = Inside(state=tmp_path)
        await first.change("kept")
        first.app.close_state()
        again = Inside(state=tmp_path)

        async def list_kept() -> Any:
            (found,) = (await again.call("GET", "/_mock/worlds?differences=true&prefix=kept")).json()["worlds"]
            return found["differences"]

        assert await list_kept() is None
        alone = (await again.call("GET", "/_mock/worlds/kept?differences=true")).json()["differences"]
        assert sum(alone.values()) > 0
        assert await list_kept() == alone
        again.app.close_state()

    asyncio.run(scenario())
