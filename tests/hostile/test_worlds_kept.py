"""No call of a stranger makes a colleague's world leave, and no world leaves in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixtures.trincico import SEEDED_RECORDS
from mockserver.core.base.names import DEFAULT
from mockserver.core.base.visitors import Visitor, identify_visitor
from mockserver.core.engine.journal import TRANSIENT
from mockserver.core.state import eviction
from mockserver.core.state.memory import MemoryStore
from mockserver.core.state.store import NEW, WorldsFull
from mockserver.core.state.world import World
from mockserver.openapi import limits
from tests.hostile.inside import FOREIGN, Inside

IMAGE = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"}
CROSS_SITE = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "empty"}
LINK = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
LOOPBACK_APP = {"origin": "http://app.localhost:3000", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"}


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    """Run a scenario of awaited calls."""
    asyncio.run(scenario())  # type: ignore[arg-type]


# Which calls make a world


def test_thousands_of_refused_calls_cost_nobody_a_world() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=5)
        await mock.change("team-a")
        await mock.call("PUT", "/_mock/snapshots/friday", "team-a")
        before = await mock.digest("team-a")
        for number in range(1_000):
            assert (await mock.call("GET", f"/~x{number}/nothing", headers=CROSS_SITE)).status_code == 404
            assert (await mock.refuse(f"y{number}")).status_code == 401
            assert (await mock.call("GET", f"/~z{number}/_mock/clock")).status_code == 200
        assert await mock.worlds() == ["team-a"]
        assert await mock.digest("team-a") == before
        assert len((await mock.call("GET", "/_mock/snapshots", "team-a")).json()["snapshots"]) == 1
        assert len(mock.app.control.journal._worlds) <= TRANSIENT + 2

    run(scenario)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_mock/health"),
        ("GET", "/_mock/clock"),
        ("GET", "/_mock/journal"),
        ("GET", "/_mock/worlds/{name}"),
        ("GET", "/_mock/worlds/{name}/digest"),
        ("GET", "/_mock/worlds/{name}/export"),
        ("GET", "/_mock/diff"),
        ("GET", "/_mock/outbox/wait?timeout=0"),
        ("POST", "/_mock/reset"),
        ("DELETE", "/_mock/journal"),
        ("GET", "/"),
        ("GET", "/console/journal"),
        ("GET", "/trincico/nothing"),
        ("OPTIONS", "/monedero/wallet/get"),
        ("DELETE", "/monedero/wallet/get"),
        ("GET", "/nowhere"),
    ],
)
def test_a_call_that_only_looks_or_is_refused_makes_no_world(method: str, path: str) -> None:
    async def scenario() -> None:
        mock = Inside()
        answer = await mock.call(method, path.format(name="looked-at"), "looked-at")
        assert answer.status_code < 500
        assert await mock.worlds() == []

    run(scenario)


@pytest.mark.parametrize("headers", [IMAGE, CROSS_SITE, LINK], ids=["image", "no-cors", "link"])
def test_a_browser_makes_no_world_for_an_image_or_for_another_site(headers: dict[str, str]) -> None:
    async def scenario() -> None:
        mock = Inside()
        answer = await mock.call("GET", "/trincico/plans/", "seen", {**headers, "authorization": "Bearer trincico-demo-token"})
        assert answer.status_code < 500
        if headers is not IMAGE:
            assert (await mock.change("seen", headers=headers)).status_code == 200  # it is answered, and nothing of it stays
        assert await mock.worlds() == []

    run(scenario)


def test_what_a_handler_returns_is_kept_whatever_its_status() -> None:
    async def scenario() -> None:
        mock = Inside()
        body = {"plan_id": SEEDED_RECORDS["plan_pro"], "success_url": "http://shop.localhost/yes", "cancel_url": "http://shop.localhost/no"}
        answer = await mock.call("POST", "/trincico/subscriptions/upgrade/", "shop", {"authorization": "Bearer trincico-demo-token"}, json=body)
        assert answer.status_code == 428, answer.text
        assert await mock.worlds() == ["shop"]
        page = await mock.call("GET", answer.json()["redirect_url"])
        assert page.status_code == 200
        assert "html" in page.headers["content-type"]

    run(scenario)


def test_a_snapshot_a_pin_and_a_change_make_a_world_and_an_accepted_call_does() -> None:
    async def scenario() -> None:
        mock = Inside()
        assert (await mock.call("PUT", "/_mock/snapshots/first", "a")).status_code == 201
        assert (await mock.call("PUT", "/_mock/worlds/b/pin", "b")).json()["pinned"]
        assert (await mock.call("PUT", "/_mock/worlds/unknown/pin", "b")).status_code == 404
        assert (await mock.call("PATCH", "/_mock/clock", "c", json={"advance": "P1D"})).status_code == 200
        assert (await mock.read("d")).status_code == 200
        assert await mock.worlds() == ["a", "b", "c", "d"]

    run(scenario)


# Which worlds leave


def test_unchanged_worlds_leave_first_and_never_changed_ones_for_them() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=5)
        await mock.change("changed")
        await mock.call("PUT", "/_mock/snapshots/s", "saved")
        await mock.call("PUT", "/_mock/worlds/pinned/pin", "pinned")
        for number in range(20):
            assert (await mock.read(f"read{number}")).status_code == 200
        assert await mock.worlds() == ["changed", "pinned", "read19", "saved"]
        await mock.change("another")
        assert await mock.worlds() == ["another", "changed", "pinned", "saved"]
        assert (await mock.read("one-more")).status_code == 200  # answered, but not kept
        assert await mock.worlds() == ["another", "changed", "pinned", "saved"]

    run(scenario)


def test_a_reset_world_may_leave_again() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=2)
        await mock.change("mine")
        await mock.call("POST", "/_mock/reset", "mine")
        await mock.change("yours")
        assert await mock.worlds() == ["yours"]

    run(scenario)


def test_a_page_of_another_site_has_few_worlds_and_takes_the_place_of_no_other() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=limits.FOREIGN_WORLDS.value + 3)
        await mock.change("mine")
        for number in range(limits.FOREIGN_WORLDS.value + 5):
            assert (await mock.change(f"f{number:03}", headers=FOREIGN)).status_code == 200
        kept = await mock.worlds()
        assert len(kept) == limits.FOREIGN_WORLDS.value + 1
        assert {"mine", "f005"} <= set(kept)
        assert "f004" not in kept
        await mock.change("second")
        await mock.change("third")
        kept = await mock.worlds()
        assert {"mine", "second", "third"} <= set(kept)
        assert "f005" not in kept
        assert (await mock.change("f006")).status_code == 200  # a client of its own takes it over
        for number in range(200, 300):
            await mock.change(f"f{number}", headers=FOREIGN)
        assert {"mine", "second", "third", "f006"} <= set(await mock.worlds())

    run(scenario)


def test_a_page_of_this_machine_is_no_other_site() -> None:
    assert identify_visitor("POST", "127.0.0.1", LOOPBACK_APP) == Visitor("127.0.0.1")
    assert identify_visitor("POST", "127.0.0.1", FOREIGN) == Visitor("127.0.0.1", is_foreign=True)
    assert not identify_visitor("GET", "127.0.0.1", IMAGE).may_make
    assert identify_visitor("GET", "fd00::1:2:3:4", {}) == identify_visitor("GET", "fd00::9", {}) != identify_visitor("GET", "fd01::9", {})


def test_the_client_that_holds_most_gives_way_to_one_that_holds_fewer_and_is_refused_itself() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=5)
        for number in range(4):
            await mock.change(f"many{number}", address="127.0.0.2")
        before = [found.version for found in (await mock.store.worlds()).worlds]
        refused = await mock.change("many4", address="127.0.0.2")
        assert (refused.status_code, refused.headers["x-mock-limit"], refused.headers["content-type"]) == (503, "worlds", "application/problem+json")
        assert "--max-worlds" in refused.json()["detail"]
        assert [found.version for found in (await mock.store.worlds()).worlds] == before
        assert (await mock.change("many0", address="127.0.0.2")).status_code == 200
        assert (await mock.change("one0")).status_code == 200
        assert await mock.worlds() == ["many0", "many2", "many3", "one0"]
        made = await mock.call("POST", "/_mock/worlds", json={"name": "made", "from": {"scenario": "monedero.used-up"}}, address="127.0.0.2")
        assert (made.status_code, made.json()["dropped"]) == (201, ["many2"])

    run(scenario)


def test_a_world_unused_for_long_leaves_for_the_same_client(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(eviction, "stopwatch", lambda: now[0])
    monkeypatch.setattr("mockserver.core.state.memory.stopwatch", lambda: now[0])

    async def scenario() -> None:
        for idle, status in ((3_600.0, 200), (0.0, 503)):
            mock = Inside(max_worlds=3, idle=idle)
            await mock.change("old")
            await mock.change("young")
            now[0] += 3_000
            await mock.change("young")
            assert (await mock.change("early")).status_code == 503
            now[0] += 700
            assert (await mock.change("late")).status_code == status
            assert "young" in await mock.worlds()

    run(scenario)


def test_a_server_that_evicts_when_it_is_full_refuses_only_if_all_are_pinned() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=3, evicts=True)
        for name in ("a", "b", "c"):
            assert (await mock.change(name)).status_code == 200
        assert await mock.worlds() == ["b", "c"]
        for name in ("b", "c"):
            await mock.call("PUT", f"/_mock/worlds/{name}/pin")
        assert (await mock.change("d")).status_code == 503
        assert (await mock.call("POST", "/_mock/worlds", json={"name": "e"})).status_code == 201
        assert (await mock.call("DELETE", "/_mock/worlds/b/pin")).status_code == 204
        assert (await mock.change("f")).status_code == 200

    run(scenario)


# Notices


def test_a_notice_stays_until_an_answer_without_a_server_error_carries_it() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=2)
        await mock.read("mine")
        assert (await mock.change("other")).headers["x-mock-notice"] == "dropped the world mine (nothing had changed it): 2 is the limit"
        full = await mock.change("mine")
        assert full.status_code == 503
        assert "x-mock-notice" not in full.headers
        page = await mock.call("GET", "/console/journal", "mine")
        assert "the world mine starts anew" in page.text
        await mock.call("DELETE", "/_mock/worlds/other")
        await mock.read("mine")
        await mock.change("other")
        refused = await mock.refuse("mine")
        assert refused.status_code == 401
        assert (
            refused.headers["x-mock-notice"] == "the world mine starts anew: it was dropped (nothing had changed it), because 2 worlds are the limit"
        )
        assert "x-mock-notice" not in (await mock.read("mine")).headers

    run(scenario)


def test_parts_of_console_pages_leave_the_notice_for_the_page() -> None:
    async def scenario() -> None:
        mock = Inside(max_worlds=2)
        await mock.read("mine")
        await mock.change("other")
        part = await mock.call("GET", "/console/journal/rows", "mine", {"hx-request": "true"})
        assert part.status_code == 200
        assert "starts anew" in (await mock.call("GET", "/", "mine")).text
        assert "starts anew" not in (await mock.call("GET", "/", "mine")).text

    run(scenario)


# The order of exchanges


def test_exchanges_are_numbered_when_they_are_committed() -> None:
    async def scenario() -> None:
        mock = Inside()
        rule = {"api": "monedero", "operation": "sale", "delay": 0.2, "when": "after", "first": 1}
        operations = (await mock.call("GET", "/_mock/apis/monedero/operations")).json()["operations"]
        rule["operation"] = next(found["id"] for found in operations if found["path"] == "/wallet/sale")
        made = await mock.call("POST", "/_mock/faults", "w", json=rule)
        assert made.status_code == 201, made.text
        slow = asyncio.create_task(mock.change("w"))
        await asyncio.sleep(0.05)
        assert (await mock.read("w")).status_code == 200
        await slow
        entries = (await mock.call("GET", "/_mock/journal", "w")).json()["exchanges"]
        assert [entry["path"] for entry in entries] == ["/monedero/wallet/sale", "/monedero/wallet/get"]
        order = {"in_order": [{"api": "monedero", "path": "/wallet/sale"}, {"api": "monedero", "path": "/wallet/get"}]}
        verdict = (await mock.call("POST", "/_mock/journal/verify", "w", json=order)).json()
        assert verdict.get("verified"), verdict
        journal = mock.app.control.journal
        found, arrived = journal.follow("w", entries[-1]["number"], 0)
        assert ([entry.request.path for entry in found], arrived) == (["/monedero/wallet/sale"], 1)

    run(scenario)


# Any sequence of calls


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("read", "change", "put", "pin", "unpin", "delete", "foreign")),
        st.sampled_from("abcdefgh"),
        st.sampled_from(("1", "2", "3")),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(steps=STEPS)
def test_no_order_of_calls_makes_a_pinned_or_changed_world_leave_for_less(steps: list[tuple[str, str, str]]) -> None:
    async def scenario() -> None:
        store = MemoryStore(World(), capacity=4, idle=0)
        for step, name, address in steps:
            before = {found.name: found for found in (await store.worlds()).worlds}
            visitor = Visitor(address, is_foreign=step == "foreign")
            versioned = await store.load(name)
            try:
                if step == "read":
                    await store.admit(name, versioned.world, visitor)
                elif step in ("change", "foreign"):
                    await store.commit(name, versioned.version, World(seed=2), visitor)
                elif step == "put":
                    await store.put(name, World(seed=3), visitor, anew=True)
                elif step == "delete":
                    await store.delete(name)
                else:
                    await store.pin(name, pinned=step == "pin")
            except WorldsFull:
                assert versioned.version == NEW
                assert len(before) >= 4
            after = {found.name: found for found in (await store.worlds()).worlds}
            gone = set(before) - set(after) - ({name} if step == "delete" else set())
            assert DEFAULT in after
            assert len(gone) <= 1
            assert not any(before[left].pinned for left in gone)
            assert not (step == "read" and any(before[left].changed for left in gone))
            assert all([await store.notice(left) for left in gone])
            assert len(after) <= max(4, len(before)) or step == "put"

    run(scenario)
