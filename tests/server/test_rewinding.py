"""Going back to before a call: rewind, fork and comparison of states that the journal keeps with its exchanges."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from mockserver.cli import cli
from mockserver.testing import Mock, Refused
from tests.hostile.inside import Inside

SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "0", "transaction_amount": "100", "usertool_id": "7001"}
CONTACT = {"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "Ana", "usertool_id": "7001"}


@pytest.fixture
def till(world: Mock) -> Iterator[httpx.Client]:
    with world.monedero.client() as client:
        yield client


def sell(till: httpx.Client, **changed: str) -> int:
    """The status of a sale, which writes records if it is not refused."""
    return till.post("/wallet/sale", data=SALE | changed).status_code


def numbers(world: Mock) -> list[int]:
    return [exchange.number for exchange in world.journal.exchanges()]


def test_a_world_goes_back_to_before_each_call_and_forward_again(world: Mock, till: httpx.Client) -> None:
    digests = []
    for change in ({}, {"transaction_amount": "-1"}, {}, {"transaction_amount": "7"}):
        digests.append(world.digest)
        sell(till, **change)
    digests.append(world.digest)
    assert digests[1] == digests[2], "the second sale is refused"
    assert len(set(digests)) == 4
    made = numbers(world)
    for number, expected in [*reversed(list(zip(made, digests, strict=False))), *zip(made, digests, strict=False)]:
        world.rewind(number)
        assert world.digest == expected
    assert numbers(world) == made, "the journal is kept"


def undone(world: Mock) -> list[int]:
    return [exchange.number for exchange in world.journal.exchanges() if exchange.undone]


def test_what_going_back_has_undone_is_marked_in_the_journal(world: Mock, till: httpx.Client) -> None:
    for _ in range(3):
        sell(till)
    first, second, third = numbers(world)
    assert undone(world) == []
    world.rewind(second)
    assert undone(world) == [second, third]
    sell(till)
    fourth = numbers(world)[-1]
    assert undone(world) == [second, third]
    world.rewind(third)  # forward again, to where the second one counted and the fourth was not made
    assert undone(world) == [third, fourth]
    sell(till)
    world.rewind(fourth)
    assert undone(world) == [second, third, fourth, numbers(world)[-1]]
    world.rewind(first)
    assert undone(world) == numbers(world)
    assert "undone" in str(world.journal.exchanges()[0])
    page = httpx.get(f"{world.url}/~{world.world}/console/journal/{first}").text
    assert page.count('<tr class=" undone">') + page.count('<tr class="chosen undone">') == len(numbers(world))
    assert "has nothing of what it changed" in page


def test_what_was_undone_is_marked_after_a_restart_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        first = Inside(state=tmp_path)
        for _ in range(3):
            await first.change("kept")
        await first.call("POST", "/_mock/journal/2/rewind", "kept")

        async def flags(mock: Inside) -> list[Any]:
            return [exchange["undone"] for exchange in (await mock.call("GET", "/_mock/journal", "kept")).json()["exchanges"]]

        assert await flags(first) == [False, True, True]
        first.app.close_state()
        second = Inside(state=tmp_path)
        assert await flags(second) == [False, True, True]
        await second.change("kept")
        assert await flags(second) == [False, True, True, False]
        await second.call("POST", "/_mock/journal/4/rewind", "kept")
        second.app.close_state()
        third = Inside(state=tmp_path)
        assert await flags(third) == [False, True, True, True]
        third.app.close_state()

    asyncio.run(scenario())


def test_going_back_takes_back_clock_messages_and_rules(world: Mock, till: httpx.Client) -> None:
    sell(till)
    before = world.digest
    rule = world.faults.add("monedero", "create_sale", status=400, nth=2)
    world.clock.freeze("2027-01-01T00:00:00Z")
    sell(till)
    first, second = numbers(world)
    world.rewind(second)
    assert (world.clock.mode, [kept.id for kept in world.faults.rules]) == ("frozen", [rule.id])
    assert (sell(till), sell(till)) == (200, 400), "the rule counts as before the call"
    world.rewind(first)
    assert sell(till) == 200
    assert (world.clock.mode, world.faults.rules) == ("real", [])
    assert world.digest == before


def test_a_call_that_is_carried_out_twice_is_taken_back_whole(world: Mock, till: httpx.Client) -> None:
    world.faults.add("monedero", "create_sale", deliveries=2)
    before = world.digest
    sell(till)
    assert world.digest != before
    world.rewind(numbers(world)[0])
    assert world.digest == before


def test_another_world_starts_from_before_a_call_and_differs_by_what_came_after(world: Mock, till: httpx.Client) -> None:
    before = world.digest
    sell(till)
    till.post("/wallet/contact/add", data=CONTACT)
    number, _ = numbers(world)
    fork = world.fork(before=number)
    assert fork.digest == before
    differing = {(change.table, change.id): change for change in world.diff(fork)}
    points = differing["monedero.contacts", 5001].fields["/points"]
    assert points[0] != points[1]
    assert differing.keys() == {(change.table, change.id) for change in world.diff(call=number)}
    added = next(change for change in differing.values() if change.kind == "added")
    assert added.fields
    assert all(was is None for was, _ in added.fields.values())
    page = world.call("GET", "/diff", params={"other": fork.world, "limit": 1, "offset": 1})
    assert (len(page["changes"]), page["total"]) == (1, len(differing))
    back = {(change.table, change.id): change.kind for change in fork.diff(world)}
    assert back[added.table, added.id] == "removed"
    world.rewind(number)
    assert world.diff(fork) == []
    fork.delete()


def test_what_cannot_be_gone_back_to_is_refused(world: Mock, till: httpx.Client) -> None:
    sell(till)
    for path, body in (("/journal/99/rewind", None), ("/worlds", {"from": {"before": 99}})):
        with pytest.raises(Refused, match="exchange 99 in the world"):
            world.call("POST", path, body)
    with pytest.raises(Refused, match="cannot stand beside before"):
        world.call("GET", "/diff", params={"before": "one", "call": 1})
    with pytest.raises(Refused, match="birth date"):
        world.call("POST", "/worlds", {"from": {"before": 1}, "born": "2026-01-01T00:00:00Z"})


def test_states_before_a_start_of_the_server_are_not_kept_and_the_refusal_says_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        first = Inside(state=tmp_path)
        await first.change("kept")
        assert (await first.call("POST", "/_mock/journal/1/rewind", "kept")).status_code == 200
        await first.change("kept")
        first.app.close_state()
        again = Inside(state=tmp_path)

        async def flags() -> list[Any]:
            listed = (await again.call("GET", "/_mock/journal", "kept")).json()["exchanges"]
            return [exchange["rewindable"] for exchange in listed]

        assert await flags() == [False, False]
        refused = await again.call("POST", "/_mock/journal/1/rewind", "kept")
        assert (refused.status_code, "in memory only, also with --state" in refused.text) == (409, True)
        before = await again.digest("kept")
        await again.change("kept")
        assert await flags() == [False, False, True]
        assert (await again.call("POST", "/_mock/journal/3/rewind", "kept")).status_code == 200
        assert await again.digest("kept") == before
        again.app.close_state()

    asyncio.run(scenario())


def test_states_leave_with_their_exchanges(world: Mock, till: httpx.Client) -> None:
    sell(till)
    world.journal.clear()
    with pytest.raises(Refused, match="it may have been dropped"):
        world.rewind(1)


def test_records_written_between_two_calls_count_among_the_bytes_of_the_journal() -> None:
    async def scenario() -> None:
        mock = Inside()
        journal = mock.app.control.journal
        await mock.change("a")
        await mock.change("a")
        for _ in range(10):
            changed = await mock.call("PATCH", "/_mock/state/monedero/contacts/5001", "a", json={"points": 500})
            assert changed.status_code == 200
        await mock.change("a")
        sizes = [exchange.size for exchange in journal.entries("a")]
        assert sizes[2] - sizes[1] > 10 * 700
        assert journal.count_bytes("a") == sum(sizes)

    asyncio.run(scenario())


def test_the_command_line_goes_back_forks_and_compares(world: Mock, till: httpx.Client) -> None:
    before = world.digest
    sell(till)
    (number,) = map(str, numbers(world))
    at = {"MOCKSERVER_URL": world.url, "MOCKSERVER_WORLD": world.world}
    left = f"{world.world}-left"

    def run(*arguments: str) -> str:
        done = CliRunner(env=at).invoke(cli, arguments)
        assert done.exit_code == 0, done.output
        return done.output

    run("worlds", "create", left, "--before", number)
    assert "changed  monedero.contacts 5001" in run("worlds", "diff", "--call", number)
    assert "changed  monedero.contacts 5001" in run("worlds", "diff", "--other", left)
    run("journal", "rewind", number)
    assert world.digest == before
    assert run("worlds", "diff", "--other", left) == ""
    world.call("DELETE", f"/worlds/{left}")
