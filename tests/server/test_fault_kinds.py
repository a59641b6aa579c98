"""Failures that front ends meet: by name, at the n-th call, beyond a limit, with answers that the document does not have."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.control.presets import PRESETS
from mockserver.core.base.clock import parse_moment
from mockserver.core.state.rules import Rate, Rule
from mockserver.testing import Mock, Refused
from tests.server.samples import samples

NOW = parse_moment("2026-01-01T00:00:00Z")
BRANCH = next(sample for sample in samples("serpi") if sample.operation == "create_sucursal")
BRANCHES = next(sample for sample in samples("serpi") if sample.operation == "list_sucursales")


def branches(world: Mock) -> httpx.Response:
    """One call of a list, without raising for its status."""
    return BRANCHES.send(world.serpi.client())


def create(world: Mock) -> httpx.Response:
    """One creation of a branch."""
    return BRANCH.send(world.serpi.client())


def stored(world: Mock) -> int:
    return world.serpi.state.tables["branches"]


# By name


def test_every_preset_is_added_and_takes_effect(world: Mock) -> None:
    for name in world.faults.presets:
        with world.faults.add("serpi", preset=name) as rule:
            assert rule.operations
            shown = next(found for found in world.faults.rules if found.id == rule.id).said
            assert shown["preset"] == name


def test_fields_of_the_request_override_those_of_a_preset(world: Mock) -> None:
    with world.faults.add("serpi", preset="maintenance", status=500, answer_headers={"Retry-After": "9"}, undocumented=True):
        answer = branches(world)
    assert (answer.status_code, answer.headers["retry-after"]) == (500, "9")


def test_a_rule_without_an_api_holds_for_all_of_them(world: Mock) -> None:
    world.faults.add(preset="maintenance")
    for slug in ("serpi", "trincico", "monedero"):
        assert world.api(slug).client().get("/").status_code == 404, "a path that is no operation is matched"
    assert branches(world).status_code == 503
    assert world.api("trincico").client().get("/plans").status_code == 503


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"preset": "nonsense"}, "there are offline, slow-3g"),
        ({}, "the rule has no effect; give one of answer"),
        ({"delay": 0, "first": 1, "nth": 2}, "a rule has one of first, every, nth, since, probability, not first and nth"),
        ({"status": 502}, "undocumented: true"),
        ({"status": 502, "body": "x", "answer_headers": {"Content-Length": "9"}}, "the header 'Content-Length' cannot be set"),
        ({"status": 502, "body": "x", "answer_headers": {"X-A": "a\r\nb"}}, "letters that a header cannot have"),
        ({"delay": 0, "caller": "demo"}, "name the api"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_in_words(world: Mock, options: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused, match=words):
        world.faults.add(None if "caller" in options else "serpi", **options)


# Answers that the document does not have


def test_a_gateway_answers_with_a_page_of_its_own(world: Mock) -> None:
    with world.faults.add("serpi", preset="bad-gateway") as rule:
        answer = branches(world)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert answer.headers["x-mock-injected"] == f"rule {rule.id}, undocumented"
    assert "<h1>502 Bad Gateway</h1>" in answer.text


def test_an_answer_of_ones_own_has_its_headers_and_its_json(world: Mock) -> None:
    with world.faults.add("serpi", "list_sucursales", status=200, body={"odd": True}, answer_headers={"X-Page": "1"}):
        answer = branches(world)
    assert (answer.json(), answer.headers["x-page"], answer.headers["content-type"]) == ({"odd": True}, "1", "application/json")


def test_a_documented_answer_keeps_its_format_where_there_is_one(world: Mock) -> None:
    with world.faults.add("trincico", "list_plans", preset="maintenance"):
        answer = world.api("trincico").client().get("/plans")
    assert answer.status_code == 503
    assert "internal_code" in answer.json()
    assert "undocumented" not in answer.headers["x-mock-injected"]


# On which calls


def struck(rule: Rule, calls: int, running: int = 0, step: float = 0.0) -> list[int]:
    """The numbers of the calls on which a rule takes effect."""
    found = []
    for number in range(1, calls + 1):
        counted = rule.count(1, NOW + timedelta(seconds=step * number), running)
        if counted.struck > rule.struck:
            found.append(number)
        rule = counted
    return found


def a_rule(**fields: Any) -> Rule:
    return Rule(id=1, api="serpi", operations=("serpi.list_sucursales",), status=429, **fields)


@given(st.integers(1, 20), st.integers(1, 30))
def test_the_nth_call_is_one_call(nth: int, calls: int) -> None:
    assert struck(a_rule(nth=nth), calls) == [number for number in range(1, calls + 1) if number == nth]
    assert struck(a_rule(since=nth), calls) == [number for number in range(1, calls + 1) if number >= nth]


@given(st.integers(0, 8), st.integers(1, 9), st.integers(1, 40))
def test_a_rate_lets_its_calls_pass_in_every_window(allowed: int, seconds: int, calls: int) -> None:
    beyond = struck(a_rule(rate=Rate(allowed, seconds)), calls, step=1.0)
    for start in range(0, calls, seconds):
        window = range(start + 1, min(start + seconds, calls) + 1)
        assert [number for number in window if number not in beyond] == list(window)[:allowed]


@given(st.integers(1, 5), st.integers(1, 9), st.integers(1, 30))
def test_a_rule_lasts_from_its_first_effect(since: int, lasts: int, calls: int) -> None:
    assert struck(a_rule(since=since, lasts=lasts), calls, step=1.0) == [number for number in range(1, calls + 1) if since <= number < since + lasts]


def test_calls_under_way_are_counted(world: Mock) -> None:
    world.faults.add("serpi", "list_sucursales", delay=0.5)
    world.faults.add("serpi", "list_sucursales", preset="concurrency-limit")
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(lambda _: branches(world).status_code, range(6)))
    assert statuses == [200, 200, 429, 429, 429, 429]
    assert branches(world).status_code == 200


def test_a_rate_limit_says_when_to_come_again(world: Mock) -> None:
    world.clock.freeze("2026-01-01T00:00:00Z")
    world.faults.add("serpi", preset="rate-limit", rate={"calls": 2, "seconds": 30})
    assert [branches(world).status_code for _ in range(2)] == [200, 200]
    world.clock.advance("PT10S")
    refused = branches(world)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
    world.clock.advance("PT20S")
    assert branches(world).status_code == 200


# On the wire, and more than once


def raw(world: Mock, wait: float) -> tuple[str, float]:
    """How a plain connection ends on which one creation is sent, and after how many seconds; ``wait`` is the client's patience."""
    sent: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200)

    with world.serpi.client(transport=httpx.MockTransport(keep)) as client:
        BRANCH.send(client)
    (request,) = sent
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    started = time.monotonic()
    with socket.create_connection((request.url.host, request.url.port or 80), timeout=wait) as line:
        line.sendall(f"POST {request.url.raw_path.decode()} HTTP/1.1\r\n{head}\r\n".encode() + request.content)
        try:
            end = "closed" if not line.recv(1) else "answered"
        except ConnectionResetError:
            end = "reset"
        except TimeoutError:
            end = "waiting"
    return end, time.monotonic() - started


@pytest.mark.parametrize(("when", "kept"), [("before", 0), ("after", 1)])
def test_a_held_call_is_dropped_or_kept_as_the_rule_says(world: Mock, when: Any, kept: int) -> None:
    before = stored(world)
    world.faults.add("serpi", "create_sucursal", damage="timeout", seconds=0.2, when=when)
    end, seconds = raw(world, 20)
    assert end == "reset"
    assert seconds >= 0.2
    assert stored(world) == before + kept


def test_a_call_whose_client_leaves_is_not_carried_out_later(world: Mock) -> None:
    before = stored(world)
    world.faults.add("serpi", "create_sucursal", preset="timeout")
    assert raw(world, 0.3)[0] == "waiting"
    world.faults.clear()
    assert stored(world) == before
    assert world.journal.exchanges(operation="create_sucursal")[-1].status == 0


def test_a_call_that_is_delivered_twice_is_carried_out_twice(world: Mock) -> None:
    before = stored(world)
    world.faults.add("serpi", "create_sucursal", preset="delivered-twice", first=1)
    first, second = create(world), create(world)
    assert first.status_code == second.status_code == 201
    assert stored(world) == before + 3


# Lists


def test_a_list_is_emptied(world: Mock) -> None:
    client = world.api("trincico").client()
    with world.faults.add("trincico", preset="empty-list"):
        answer = client.get("/invoices", params={"limit": 5})
    assert answer.json()["data"] == []


def test_a_page_holds_half_of_its_records(world: Mock) -> None:
    client = world.api("trincico").client()
    whole = client.get("/invoices", params={"limit": 4}).json()["data"]
    with world.faults.add("trincico", preset="second-page"):
        half = client.get("/invoices", params={"limit": 4}).json()
    assert half["data"] == whole[: (len(whole) + 1) // 2]


def test_a_thing_that_is_no_list_stays_as_it_is(world: Mock) -> None:
    client = world.api("trincico").client()
    usual = client.get("/profile").json()
    with world.faults.add("trincico", preset="empty-list"):
        assert client.get("/profile").json() == usual


def test_presets_say_what_happens() -> None:
    assert all(preset.description.endswith(".") and preset.rule for preset in PRESETS.values())
    assert len({preset.description for preset in PRESETS.values()}) == len(PRESETS)
