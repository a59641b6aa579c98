"""The request policy: what it refuses, how it paces, when it stops, whichever client sends."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import requests

from contract_tests.suite.harness.findings import Exchange
from contract_tests.suite.harness.policy import Limits, OutOfTime, RequestPolicy, RequestRefused, Stopped
from contract_tests.suite.harness.transports import PolicyTransport, open_connections, police_requests
from tests.verify.servers import Handler, serving, talking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from socket import socket


@pytest.fixture
def target() -> Iterator[tuple[str, list[str]]]:
    """A server that notes what it is asked; /broken answers 500, /planned 501."""
    asked: list[str] = []

    def handle(handler: Handler) -> None:
        asked.append(f"{handler.command} {handler.path}")
        handler.answer({"/broken": 500, "/planned": 501}.get(handler.path, 200), b'{"id": 1}')

    with serving(handle) as origin:
        yield origin, asked


def policy(origin: str, limits: Limits | None = None, **options: Any) -> RequestPolicy:
    return RequestPolicy(frozenset({origin}), lambda _method, url: httpx.URL(url).path.strip("/") or None, limits or Limits(), **options)


@contextmanager
def client(admitting: RequestPolicy, *record: Callable[[Exchange], None]) -> Iterator[httpx.Client]:
    with open_connections(verify=True) as inner, httpx.Client(transport=PolicyTransport(admitting, inner, *record), trust_env=False) as sender:
        yield sender


def through(admitting: RequestPolicy, record: Callable[[Exchange], None] = lambda _: None) -> AbstractContextManager[None]:
    """Sessions of requests send through a policy."""
    return police_requests(admitting, record)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY", "LINK"])
def test_a_read_only_run_sends_nothing_that_may_write(target: tuple[str, list[str]], method: str) -> None:
    origin, asked = target
    reading = policy(origin, read_only=True)
    with client(reading) as sender, pytest.raises(RequestRefused):
        sender.request(method, f"{origin}/things")
    with through(reading), pytest.raises(RequestRefused):
        requests.request(method, f"{origin}/things", timeout=5)
    assert asked == []
    assert sum(reading.refused.values()) == 2


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_read_only_run_reads(target: tuple[str, list[str]], method: str) -> None:
    origin, asked = target
    with client(policy(origin, read_only=True)) as sender:
        assert sender.request(method, f"{origin}/things").status_code == 200
    with through(policy(origin, read_only=True)), requests.Session() as session:
        assert session.request(method, f"{origin}/things", timeout=5).status_code == 200
    assert asked == [f"{method} /things"] * 2


def test_no_other_host_is_called(target: tuple[str, list[str]]) -> None:
    origin, asked = target
    other = policy("http://api.example.com")
    with client(other) as sender, pytest.raises(RequestRefused, match="is not the target"):
        sender.get(f"{origin}/things")
    with through(other), pytest.raises(RequestRefused, match="is not the target"):
        requests.get(f"{origin}/things", timeout=5)
    assert asked == []


def test_a_dry_run_sends_nothing_and_lists_all(target: tuple[str, list[str]]) -> None:
    origin, asked = target
    dry = policy(origin, dry_run=True)
    with client(dry) as sender, through(dry):
        assert sender.post(f"{origin}/things").json() == {}
        assert requests.delete(f"{origin}/things/1", timeout=5).json() == {}
    assert asked == []
    assert [(one.method, one.operation) for one in dry.listed] == [("POST", "things"), ("DELETE", "things/1")]


def test_an_excluded_operation_is_not_called(target: tuple[str, list[str]]) -> None:
    origin, asked = target
    with client(policy(origin, excluded=frozenset({"things"}))) as sender, pytest.raises(RequestRefused, match="excluded by the target file"):
        sender.get(f"{origin}/things")
    assert asked == []


def test_an_operation_keeps_its_rate_and_does_not_hold_up_another(target: tuple[str, list[str]]) -> None:
    origin, _ = target
    with client(policy(origin, Limits(rates={"slow": 10.0}))) as sender:
        started = time.monotonic()
        for _ in range(4):
            sender.get(f"{origin}/slow")
        assert time.monotonic() - started >= 0.3
        started = time.monotonic()
        for _ in range(4):
            sender.get(f"{origin}/quick")
        assert time.monotonic() - started < 0.3


def test_an_operation_that_keeps_failing_is_not_called_again(target: tuple[str, list[str]]) -> None:
    origin, asked = target
    closing = policy(origin, Limits(server_errors=3))
    with client(closing) as sender:
        for _ in range(3):
            sender.get(f"{origin}/broken")
        with pytest.raises(RequestRefused, match="3 times in a row"):
            sender.get(f"{origin}/broken")
        assert sender.get(f"{origin}/well").status_code == 200
    assert asked.count("GET /broken") == 3


def test_an_operation_that_says_that_something_is_not_implemented_is_asked_on(target: tuple[str, list[str]]) -> None:
    origin, asked = target
    closing = policy(origin, Limits(server_errors=3))
    with client(closing) as sender:
        for _ in range(5):
            assert sender.get(f"{origin}/planned").status_code == 501
    assert asked.count("GET /planned") == 5


def test_a_target_that_is_gone_ends_the_run() -> None:
    def hang_up(connection: socket) -> None:
        connection.recv(1_000)

    with talking(hang_up) as origin:
        leaving = policy(origin)
        with client(leaving) as sender:
            for _ in range(2):
                with pytest.raises(httpx.TransportError):
                    sender.get(f"{origin}/things")
            with pytest.raises(Stopped, match="no answer 3 times in a row"):
                sender.get(f"{origin}/things")
            with pytest.raises(Stopped):
                sender.get(f"{origin}/things")


def test_nothing_is_sent_after_the_time_budget(target: tuple[str, list[str]]) -> None:
    origin, asked = target
    spent = policy(origin)
    spent.deadline = time.monotonic() - 1
    with client(spent) as sender, pytest.raises(OutOfTime):
        sender.get(f"{origin}/things")
    with through(spent), pytest.raises(OutOfTime):
        requests.get(f"{origin}/things", timeout=5)
    assert asked == []


@pytest.mark.parametrize("pause", [0.05, 0.0], ids=["trickling", "flooding"])
def test_an_answer_that_does_not_end_is_cut_off(pause: float) -> None:
    def stream(connection: socket) -> None:
        connection.recv(1_000)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            connection.sendall(b" " * (1 if pause else 65_536))
            time.sleep(pause)

    with talking(stream) as origin:
        bounded = policy(origin, Limits(timeout=0.5, max_bytes=1_000_000))
        started = time.monotonic()
        with client(bounded) as sender, pytest.raises(httpx.ReadTimeout, match="did not end"):
            sender.get(f"{origin}/things")
        with through(bounded), pytest.raises(requests.exceptions.Timeout, match="did not end"):
            requests.get(f"{origin}/things", timeout=5)
        assert time.monotonic() - started < 5


def test_what_was_sent_and_answered_is_recorded_once(target: tuple[str, list[str]]) -> None:
    origin, _ = target
    sending, got = policy(origin), list[Exchange]()
    with client(sending, got.append) as sender, through(sending, got.append):
        sender.post(f"{origin}/things", json={"a": 1})
        requests.post(f"{origin}/things", json={"a": 1}, timeout=5)
    assert [(one.method, one.status, one.operation, one.response_body) for one in got] == [("POST", 200, "things", b'{"id": 1}')] * 2
    assert [one.request_body.replace(b" ", b"") for one in got] == [b'{"a":1}'] * 2
