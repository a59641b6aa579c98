"""The pace of a run: it waits when the target asks for it, keeps the numbers of the target file, and counts the time of the target only."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest
import requests

from contract_tests.suite.harness import pacing
from contract_tests.suite.harness.pacing import Pace, TargetTime, asked_pause
from contract_tests.suite.harness.policy import Limits, OutOfRequests, RequestRefused
from tests.verify.servers import serving
from tests.verify.test_gate import client, policy, through

if TYPE_CHECKING:
    from collections.abc import Callable

    from contract_tests.suite.harness.findings import Exchange
    from tests.verify.servers import Handler


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses of a run, which do not take place."""
    pauses: list[float] = []
    monkeypatch.setattr("contract_tests.suite.harness.policy.time.sleep", pauses.append)
    monkeypatch.setattr(Pace, "turn", lambda _self, _name: 0.0)
    return pauses


def impatient(times: int, status: int = 429, **headers: str) -> Callable[[Handler], None]:
    """A target that answers the first calls of each client with a status, then 200."""
    asked = itertools.count()

    def handle(handler: Handler) -> None:
        if next(asked) < times:
            handler.answer(status, b"{}", **headers)
        else:
            handler.answer(200, b'{"id": 1}')

    return handle


@pytest.mark.parametrize("status", [429, 503])
def test_a_target_that_asks_to_wait_is_waited_for(status: int, slept: list[float]) -> None:
    got: list[Exchange] = []
    with serving(impatient(2, status, Retry_After="7")) as origin, client(policy(origin), got.append) as sender:
        assert sender.post(f"{origin}/things", json={"a": 1}).json() == {"id": 1}
    with serving(impatient(2, status, Retry_After="7")) as origin, through(policy(origin), got.append):
        assert requests.post(f"{origin}/things", json={"a": 1}, timeout=5).json() == {"id": 1}
    assert slept == [7.0] * 4
    assert [(one.status, one.request_body.replace(b" ", b"")) for one in got] == [(200, b'{"a":1}')] * 2


def test_without_a_number_the_pauses_become_longer(slept: list[float]) -> None:
    with serving(impatient(3)) as origin, client(policy(origin)) as sender:
        assert sender.get(f"{origin}/things").status_code == 200
    assert slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(("times", "seconds"), [(100, "1"), (1, "3600")])
def test_a_target_that_never_stops_to_ask_refuses_the_request_and_is_no_finding(times: int, seconds: str, slept: list[float]) -> None:
    got: list[Exchange] = []
    with serving(impatient(times, Retry_After=seconds)) as origin:
        asking = policy(origin)
        with client(asking, got.append) as sender, pytest.raises(RequestRefused, match="give a rate under"):
            sender.get(f"{origin}/things")
    assert got == []
    assert len(slept) <= pacing.MAX_ATTEMPTS


def test_a_status_that_the_request_itself_asks_for_is_an_answer(slept: list[float]) -> None:
    with serving(impatient(9, Retry_After="1")) as origin, client(policy(origin)) as sender:
        assert sender.get(f"{origin}/things", headers={"Prefer": "code=429"}).status_code == 429
    assert slept == []


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "1"}])
def test_a_documented_503_is_an_answer_in_the_end(headers: dict[str, str], slept: list[float]) -> None:
    with serving(impatient(100, 503, **headers)) as origin:
        documenting = policy(origin, documents=lambda name, status: (name, status) == ("things", 503))
        with client(documenting) as sender:
            assert sender.get(f"{origin}/things").status_code == 503
    assert bool(slept) == bool(headers)


def test_a_run_is_slower_after_a_429_and_faster_again_without() -> None:
    pace = Pace(None, {})
    assert [pace.turn("a") for _ in range(10)] == [0.0] * 10
    pace.slow_down(0.0)
    pace.turn("a")
    slow = pace.turn("b")
    assert 0.05 < slow < 1.0  # ten in the last second were too many, so fewer than ten now, of all operations together
    for _ in range(60 * pacing.RECOVERY):
        pace.speed_up()
    assert pace._interval < 0.01


@pytest.mark.parametrize(
    ("status", "header", "pause"),
    [
        (429, "3", 3.0),
        (429, "", 1.0),
        (429, "soon", 1.0),
        (503, "3", 3.0),
        (503, "", None),
        (200, "3", None),
        (429, "Mon, 01 Jan 2001 00:00:00 GMT", 0.0),
    ],
)
def test_the_pause_is_what_the_header_says(status: int, header: str, pause: float | None) -> None:
    assert asked_pause(status, {"Retry-After": header}, 0) == pause


def test_the_numbers_of_the_target_file_are_kept() -> None:
    with serving(lambda handler: handler.answer(201, b"{}")) as origin:
        with client(policy(origin, Limits(requests=2))) as sender:
            for _ in range(2):
                sender.get(f"{origin}/things")
            with pytest.raises(OutOfRequests, match="2 requests"):
                sender.get(f"{origin}/things")
        with client(policy(origin, Limits(requests_per_operation=1))) as sender:
            sender.get(f"{origin}/things")
            with pytest.raises(RequestRefused, match="was called 1 times"):
                sender.get(f"{origin}/things")
            assert sender.get(f"{origin}/others").status_code == 201
        with client(policy(origin, Limits(creations=1))) as sender:
            sender.post(f"{origin}/things")
            with pytest.raises(RequestRefused, match="has made 1 records"):
                sender.post(f"{origin}/things")
            assert sender.get(f"{origin}/things").status_code == 201
        with client(policy(origin, Limits(creations=1), creates=lambda name: name != "reads")) as sender:
            assert [sender.post(f"{origin}/reads").status_code for _ in range(3)] == [201] * 3


def test_only_the_time_of_the_target_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("contract_tests.suite.harness.pacing.time.monotonic", lambda: now[0])
    spent = TargetTime()
    now[0] += 50  # the suite is busy
    with spent.waiting():
        now[0] += 3
        with spent.waiting():  # another thread, at the same time
            now[0] += 2
            assert spent.seconds == 5
    now[0] += 50
    assert spent.seconds == 5


def test_a_slow_target_uses_up_the_budget() -> None:
    with serving(lambda handler: (time.sleep(0.2), handler.answer(200, b"{}"))[1]) as origin:  # type: ignore[func-returns-value]
        bounded = policy(origin, Limits(budget=100))
        with client(bounded) as sender, through(bounded):
            sender.get(f"{origin}/things")
            requests.get(f"{origin}/things", timeout=5)
    assert bounded.target_time.seconds >= 0.4
    assert bounded.remaining <= 99.6
