"""Worlds: create, fork, export, import, digest, bounds."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest

from mockserver.app import ServerSettings, create_app
from mockserver.control import worlds
from mockserver.testing import Mock as World
from mockserver.testing import Refused
from tests.conftest import ROOT, Server
from tests.server.samples import SLUGS, samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FROZEN = "2026-01-01T00:00:00Z"


def play(world: World, text: str = "played") -> list[httpx.Response]:
    """Every example of every vendor, in document order."""
    answers = []
    for slug in SLUGS:
        client = world.api(slug).client()
        answers += [sample.marked(text).send(client) for sample in samples(slug)]
    return answers


def touch(world: World) -> None:
    """Change something in a world."""
    world.monedero.client().post("/wallet/sale", data=SALE).raise_for_status()


SALE = {"wallet_key": "wallet-demo", "phone": "4775550101", "transaction_type": "1", "points_used": "10", "usertool_id": "7001"}


def refusal(world: World, method: str, path: str, body: Any = None) -> Refused:
    with pytest.raises(Refused) as refused:
        world.call(method, path, body)
    return refused.value


def test_an_outcome_has_exchanges_changes_and_messages(world: World) -> None:
    made = world.create()
    assert {key: made.outcome()[key] for key in ("exchanges", "changes", "messages")} == {"exchanges": [], "changes": [], "messages": []}
    touch(made)
    made.troyansys.state.change("sessions", 1, device_name="another")
    outcome = made.outcome()
    (exchange,) = outcome["exchanges"]
    assert (exchange["exchange"]["operation"], exchange["sent"]["points_used"]) == ("create_sale", "10")
    changed = {change["table"]: change for change in outcome["changes"]}
    marks = {table: change["bookkeeping"] for table, change in changed.items()}
    assert marks == {"monedero.accounts": False, "monedero.contacts": False, "troyansys.sessions": True}
    assert changed["monedero.contacts"] in exchange["changes"]
    contact = changed["monedero.contacts"]
    assert contact["before"] == {**contact["after"], "points": contact["before"]["points"]} != contact["after"]
    assert "token" not in changed["troyansys.sessions"]["after"]


def test_a_world_is_made_listed_shown_and_forgotten(world: World) -> None:
    made = world.create()
    listed = world.call("GET", "/worlds", params={"prefix": made.world})
    assert [(found["name"], found["exchanges"]) for found in listed["worlds"]] == [(made.world, 0)]
    assert world.call("GET", f"/worlds/{made.world}")["records"] > 100
    made.delete()
    assert refusal(world, "GET", f"/worlds/{made.world}").status == 404
    assert refusal(world, "DELETE", f"/worlds/{made.world}").status == 404


LOST: Final = {"preset": "lost-answer", "api": "monedero", "operation": "create_sale", "nth": 1}


def test_a_world_starts_with_rules_and_a_clock_and_a_reset_brings_them_back(world: World) -> None:
    touch(world)
    made = world.create({"world": world.world}, faults=[LOST, {"api": "serpi", "delay": 0}], clock={"freeze": FROZEN})
    for _ in range(2):
        assert [(rule.said.get("preset"), rule.matched) for rule in made.faults.rules] == [("lost-answer", 0), (None, 0)]
        assert (made.clock.mode, made.clock.now.isoformat()) == ("frozen", "2026-01-01T00:00:00+00:00")
        with pytest.raises(httpx.TransportError):
            touch(made)
        touch(made)
        made.faults.clear()
        made.clock.resume()
        made.reset()
    assert world.faults.rules == []
    assert world.create({"scenario": "monedero.busy-day"}, clock={"advance": "PT1H"}).clock.now.isoformat() == "2026-03-02T22:00:00+00:00"


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({"faults": [LOST, {"preset": "lost"}]}, "/faults/1", "no preset 'lost'"),
        ({"faults": [{"api": "serpi", "operation": "create_sale", "delay": 1}]}, "/faults/0", "no operation 'create_sale' in serpi"),
        ({"faults": [{"api": "serpi", "answer": {"status": 418}}]}, "/faults/0", "the document has no such answer"),
        ({"faults": [{"answer": {"status": 429, "headers": {"a b": "c"}}}]}, "/faults/0/answer/headers", "cannot be set"),
        ({"faults": [{"first": 1, "nth": 2, "delay": 1}]}, "/faults/0/nth", "a rule has one of"),
        ({"faults": [{"anser": {"status": 429}}]}, "/faults/0/anser", "it has answer"),
        ({"faults": LOST}, "/faults", "array"),
        ({"clock": {"freez": FROZEN}}, "/clock", "give one of advance, freeze"),
        ({"clock": {"advance": "P9999Y"}}, "/clock/advance", "does not match"),
        ({"clock": {"freeze": "1969-01-01T00:00:00Z"}}, "/clock", "the clock cannot be set to this"),
    ],
)
def test_a_rule_or_a_clock_that_cannot_be_used_is_named_and_makes_no_world(server: Server, body: dict[str, Any], pointer: str, words: str) -> None:
    answer = httpx.post(f"{server.url}/_mock/worlds", json={"name": "unusable", **body})
    assert answer.status_code == 400, answer.text
    found = [(violation["pointer"], violation["text"]) for violation in answer.json()["violations"]]
    assert any(place == pointer and words in text for place, text in found), found
    assert httpx.get(f"{server.url}/_mock/worlds/unusable").status_code == 404


def test_a_world_without_a_name_gets_one(world: World) -> None:
    first, second = (world.call("POST", "/worlds") for _ in range(2))
    assert first["name"] != second["name"]


def test_a_world_that_is_there_is_not_made_again_unless_anew(world: World) -> None:
    made = world.create()
    touch(made)
    before = made.digest
    refused = refusal(world, "POST", "/worlds", {"name": made.world})
    assert refused.status == 409
    assert "anew" in refused.text
    assert made.digest == before
    world.create(name=made.world, anew=True)
    assert made.digest == world.digest
    assert made.journal.exchanges() == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"scenario": "monedero.nothing"}, "monedero.used-up"),
        ({"scenario": "nobody.nothing"}, "monedero.used-up"),
        ({"world": "never-used"}, "no world 'never-used'"),
        ({"snapshot": "nothing"}, "there are none"),
    ],
)
def test_a_world_cannot_start_from_a_missing_source(world: World, source: dict[str, str], words: str) -> None:
    refused = refusal(world, "POST", "/worlds", {"from": source})
    assert refused.status == 404
    assert words in refused.text


def test_a_fork_starts_equal_and_changes_separately(world: World) -> None:
    touch(world)
    fork = world.fork()
    assert fork.digest == world.digest
    touch(fork)
    assert fork.digest != world.digest
    assert [change.table for change in fork.diff()] == ["monedero.accounts", "monedero.contacts"]
    assert fork.diff()[1].fields == {"/points": (24000, 23000)}


def test_a_reset_returns_to_the_start_of_the_world(world: World) -> None:
    touch(world)
    fork = world.fork()
    start = fork.digest
    touch(fork)
    fork.faults.add("monedero", status=401)
    fork.reset()
    assert fork.digest == start
    assert fork.faults.rules == []
    fork.reset(seed=99)
    assert fork.digest != start
    fork.reset()
    assert fork.digest == start


def test_another_seed_makes_other_generated_records(world: World) -> None:
    seeded = world.create({"seed": 5})
    assert seeded.digest != world.digest
    assert seeded.digest == world.create({"seed": 5}).digest


def test_the_digest_is_the_same_until_something_changes(world: World) -> None:
    before = world.digest
    play_refused = world.monedero.client().post("/wallet/sale", data={**SALE, "points_used": "9999"})
    assert play_refused.status_code == 400
    world.faults.add("monedero", status=401, first=1)
    world.monedero.client().post("/wallet/get")
    assert world.digest == before
    for change in (lambda: touch(world), lambda: world.clock.advance("P1D"), world.outbox.clear):
        held = world.digest
        change()
        assert (world.digest == held) is (change == world.outbox.clear)


# Files


@pytest.mark.parametrize("seed", [1, 7])
def test_an_exported_world_is_imported_as_it_was(world: World, seed: int) -> None:
    made = world.create({"seed": seed})
    made.clock.freeze(FROZEN)
    play(made)
    made.faults.add("serpi", status=429, every=3)
    exported = made.export()
    copy = world.create()
    copy.load(exported)
    assert copy.export() == exported
    assert copy.digest == made.digest
    same = [(answer.status_code, answer.content.replace(made.world.encode(), b"")) for answer in play(made, "again")]
    assert [(answer.status_code, answer.content.replace(copy.world.encode(), b"")) for answer in play(copy, "again")] == same


def test_an_export_can_be_read_and_does_not_depend_on_how_it_came_about(world: World) -> None:
    with httpx.Client(base_url=f"{world.url}/_mock", headers=world.headers) as client:
        text = client.get(f"/worlds/{world.fork().world}/export").text
        assert text == client.get(f"/worlds/{world.fork().world}/export").text
    assert text.startswith('{\n  "mockserver": 1,\n  "seed": 1,\n')
    data = json.loads(text)
    assert list(data["tables"]) == sorted(data["tables"])
    assert data["tables"]["monedero.usertools"]["records"][0]["password_digest"]


def test_a_file_changed_by_hand_is_checked_against_the_types_of_its_fields(world: World) -> None:
    data = world.export()
    data["tables"]["monedero.contacts"]["records"][0]["points"] = "many"
    data["tables"]["monedero.contacts"]["records"][1]["colour"] = "red"
    del data["tables"]["monedero.contacts"]["records"][2]["phone"]
    data["tables"]["nobody.things"] = {"records": []}
    data["timers"] = [{"due": FROZEN, "number": 1, "action": "nobody.acts", "subject": None}]
    refused = refusal(world, "PUT", f"/worlds/{world.world}", data)
    assert refused.status == 422
    for words in (
        "/records/0/points: must be a whole number",
        "/records/1/colour: is no field",
        "/records/2/phone: is missing",
        "/tables/nobody.things",
        "action",
    ):
        assert words in refused.text


def test_an_import_names_a_world_that_was_not_there(world: World) -> None:
    data = world.export()
    with httpx.Client(base_url=f"{world.url}/_mock") as client:
        name = f"{world.world}.made"
        assert client.put(f"/worlds/{name}", json=data).status_code == 201
        assert client.put(f"/worlds/{name}", json=data).status_code == 200


def test_a_server_that_was_killed_goes_on_from_its_export(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    server = Server()
    with World(server.url) as first:
        first.clock.freeze(FROZEN)
        play(first)
        digest = first.digest
        file.write_text(json.dumps(first.export()), encoding="utf-8")
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.communicate()
    server = Server("--world", str(file))
    try:
        with World(server.url) as second:
            assert second.digest == digest
            touch(second)
            second.reset()
            assert second.digest == digest
            assert second.create({"seed": 1}).digest != digest
    finally:
        server.stop()


RETIRED = {"average_rating", "number_of_reviews", "followers"}
"""Fields of services that an earlier version exported and that are computed now."""


def says(later: Any, earlier: Any) -> bool:
    """Whether an export says everything that an earlier one says; it may have fields that are new."""
    if isinstance(earlier, dict):
        return all(name in RETIRED or (name in later and says(later[name], value)) for name, value in earlier.items())
    if isinstance(earlier, list):
        return len(later) == len(earlier) and all(map(says, later, earlier))
    return bool(later == earlier)


def test_a_world_that_an_earlier_version_exported_is_imported_and_exported_as_it_was(world: World) -> None:
    earlier = json.loads((ROOT / "tests" / "worlds" / "exported-by-0.1.0.json").read_bytes())
    copy = world.create()
    copy.load(earlier)
    exported = httpx.get(f"{world.url}/_mock/worlds/{copy.world}/export").json()
    assert says(exported, earlier)
    again = world.create()
    again.load(exported)
    assert again.digest == copy.digest


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "No such file"),
        ("{", "not JSON"),
        ("[]", "must be an object"),
        (
            '{"mockserver": 2, "seed": -1, "clock": {}, "tables": [], "counters": {"a": "b"}, "timers": [{}], "outbox": [], "more": 1}',
            "not an exported",
        ),
    ],
)
def test_a_file_that_is_no_world_is_one_line(tmp_path: Path, content: str | None, words: str) -> None:
    file = tmp_path / "world.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    command = [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--world", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


# Bounds


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """A server with a small bound on worlds."""
    running = Server("--max-worlds", "3")
    yield running
    running.stop()


def test_the_unchanged_world_unused_for_longest_goes_and_the_answers_say_so(small: Server) -> None:
    with httpx.Client(base_url=small.url) as client:

        def use(world: str) -> httpx.Response:
            return client.post("/monedero/wallet/get", headers={"apikey": "monedero-demo-apikey", "x-mock-world": world})

        assert "x-mock-notice" not in use("one").headers
        use("two")
        use("one")
        assert use("three").headers["x-mock-notice"] == "dropped the world two (nothing had changed it): 3 is the limit"
        again = use("two").headers["x-mock-notice"]
        assert again.startswith("the world two starts anew: it was dropped (nothing had changed it), because 3 worlds are the limit")
        assert "; dropped the world one" in again
        made = client.post("/_mock/worlds", json={"name": "four"}).json()
        assert made["dropped"] == ["three"]


# Scenarios


def test_every_vendor_has_scenarios_and_describes_them(world: World) -> None:
    scenarios = world.call("GET", "/scenarios")["scenarios"]
    for slug in SLUGS:
        assert len([found for found in scenarios if found["api"] == slug]) >= 3
    assert all(found["description"].endswith(".") and found["steps"] for found in scenarios)


def test_every_scenario_can_be_played(world: World) -> None:
    for scenario in world.call("GET", "/scenarios")["scenarios"]:
        made = world.create({"scenario": scenario["name"]})
        assert made.digest != world.digest
        assert made.journal.exchanges() == []


def test_a_scenario_is_what_the_same_calls_by_hand_make(world: World) -> None:
    by_hand = world.create()
    sale = {"wallet_key": "wallet-demo", "phone": "4775550101", "usertool_id": "7001", "transaction_type": "1", "points_used": "250"}
    by_hand.monedero.client().post("/wallet/sale", data=sale)
    assert world.create({"scenario": "monedero.used-up"}).digest == by_hand.digest


def test_a_scenario_may_start_from_another_seed(world: World) -> None:
    world.create({"scenario": "serpi.renamed", "seed": 3})
    assert world.call("GET", "/worlds/" + world.world)["seed"] == 1
    renamed = world.create({"scenario": "serpi.renamed", "seed": 3})
    assert [row["descripcion"] for row in renamed.serpi.state.records("branches", client_id=1)][:10] == [
        f"RENOMBRADA {number}" for number in range(1, 11)
    ]


def test_scenarios_reach_the_described_state(world: World) -> None:
    thousand = world.create({"scenario": "serpi.thousand-branches"}).serpi.client("empty")
    assert len(thousand.get("/Sucursales", params={"pagina": 20}).json()["result"]) == 50
    assert thousand.get("/Sucursales", params={"pagina": 21}).json()["result"] == []
    used = world.create({"scenario": "monedero.used-up"}).monedero.client()
    assert used.post("/wallet/sale", data={**SALE, "points_used": "1"}).json()["code"] == "wallet_redeem_10"
    staff = world.create({"scenario": "monedero.archived-staff"}).monedero.client()
    assert staff.post("/wallet/sale", data=SALE).json()["code"] == "new_sale_14"
    day = world.create({"scenario": "monedero.busy-day"})
    assert (day.clock.mode, day.clock.now.isoformat()) == ("frozen", "2026-03-02T21:00:00+00:00")


def test_scenarios_of_an_erp_reach_the_described_state(world: World) -> None:
    def client(scenario: str, credential: str = "demo") -> httpx.Client:
        return world.create({"scenario": f"troyansys.{scenario}"}).troyansys.client(credential)

    sale = {"customer": {"identification": "9999999999999", "name": "Ana"}, "items": [{"product_id": 103, "quantity": 1}]}
    failed = client("payment-failed")
    assert [failed.post("/documents/invoices", json=sale).status_code, failed.get("/reports/inventory").status_code] == [403, 403]
    assert client("upgraded").get("/subscription/plans").json()["meta"]["current_plan_code"] == "plan-premium"
    assert client("recovered", "past_due").get("/reports/inventory").status_code == 200
    assert client("sold-out").post("/documents/invoices", json=sale).status_code == 422
    assert client("signed-out", "spare").get("/auth/me").status_code == 401
    hundred = world.create({"scenario": "troyansys.hundred-invoices"})
    mails = [message for message in hundred.outbox.messages if message.api == "troyansys"]
    assert len(hundred.troyansys.state.records("invoices", company_id=1)) == len(mails) == 100
    expired = world.create({"scenario": "troyansys.expired-session"})
    (session,) = [row for row in expired.troyansys.state.records("sessions") if row["device_name"] is None and row["id"] > 4]
    assert expired.clock.now.isoformat() > session["expires_at"]
    assert expired.troyansys.client().get("/auth/me").status_code == 200


def test_scenarios_of_a_back_office_reach_the_described_state(world: World) -> None:
    def made(scenario: str) -> World:
        return world.create({"scenario": f"backoffice.{scenario}"})

    chain = {user["username"]: user for user in made("chain").backoffice.state.records("users")}
    assert all(chain[f"socio{number:03}"]["sponsor_id"] == chain[f"socio{number - 1:03}"]["id"] for number in range(2, 11))
    matrix = made("full-matrix").backoffice.client().get("/api/v1/matrixs/4").json()["matrix"]
    below = [matrix[f"child_{leg}"][f"child_{other}"] for leg in ("left", "center", "right") for other in ("left", "center", "right")]
    assert len({place["user"]["id"] for place in below}) == 9
    assert len(made("long-thread").backoffice.state.records("threads", ticket_id=1162)) == 102
    assert len(made("hundred-tickets").backoffice.state.records("tickets", user_id=4)) == 100
    expired = made("expired-edit-token")
    (mail,) = expired.outbox.messages
    refused = expired.backoffice.client().put("/api/v1/users/3", files={"first_name": (None, "Sara"), "token": (None, mail.codes[0])})
    assert "Token is not valid!" in refused.text
    moved = made("moved").backoffice.client().get("/api/v1/users/8").json()
    assert (moved["country_code"], moved["mobile"], moved["language"]) == ("CO", "5560099", "en")


_LONG = [
    ("read", "PUT", "/_mock/worlds/big"),
    ("write", "GET", "/_mock/worlds/default/export"),
    ("digest", "GET", "/_mock/worlds/default/digest"),
]


@pytest.mark.parametrize(("name", "method", "path"), _LONG)
def test_others_are_answered_while_a_world_is_read_or_written(monkeypatch: pytest.MonkeyPatch, name: str, method: str, path: str) -> None:
    """A file may contain hundreds of thousands of records."""
    answered, inner = threading.Event(), getattr(worlds, name)

    def waiting(*parts: Any) -> Any:
        assert answered.wait(10), "no other request was answered"
        return inner(*parts)

    async def both() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(ServerSettings(), {}))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            file = (await client.get("/_mock/worlds/default/export")).raise_for_status().json()
            monkeypatch.setattr(worlds, name, waiting)
            large = asyncio.create_task(client.request(method, path, json=file))
            await asyncio.sleep(0.05)
            (await client.get("/_mock/health")).raise_for_status()
            answered.set()
            return await large

    assert asyncio.run(both()).is_success


@pytest.mark.parametrize(("readable", "lines"), [(0, 1), (worlds.READABLE, 1_000)])
def test_a_large_export_is_compact_and_can_be_imported_again(monkeypatch: pytest.MonkeyPatch, readable: int, lines: int) -> None:
    monkeypatch.setattr(worlds, "READABLE", readable)

    async def copy() -> tuple[bytes, bytes]:
        transport = httpx.ASGITransport(create_app())
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            first = (await client.get("/_mock/worlds/default/export")).raise_for_status()
            assert first.headers["content-type"] == "application/json"
            headers = {"content-type": "application/json"}
            (await client.put("/_mock/worlds/copy", content=first.content, headers=headers)).raise_for_status()
            return first.content, (await client.get("/_mock/worlds/copy/export")).content

    first, second = asyncio.run(copy())
    assert first == second
    assert first.count(b"\n") + 1 >= lines
    assert lines > 1 or b"\n" not in first
