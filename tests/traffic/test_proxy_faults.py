"""The proxy with a faulty upstream: each client gets a definite end, memory stays small, no connection stays open."""

from __future__ import annotations

import gzip
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.traffic.exchanges import SALE, SOLD
from tests.traffic.upstreams import MEBIBYTE, OK, Proxy, Upstream, reset

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

PATH = "/monedero/wallet/sale"
KEY = {"apikey": "monedero-demo-apikey"}
GOOD = json.dumps(SOLD).encode()
HUGE = 200 * MEBIBYTE
ALLOWED = 100 * MEBIBYTE
"""Memory above idle that the proxy may use."""


def good(connection: socket.socket, _: bytes) -> None:
    connection.sendall(OK + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD)


class Faulty:
    """An upstream whose answers a test chooses, and a proxy in front of it."""

    def __init__(self, *options: str) -> None:
        self.answer: Callable[[socket.socket, bytes], None] = good
        self.upstream = Upstream(self._now)
        self.proxy = Proxy("monedero", self.upstream.url, "--timeout", "1", "--quiet", *options)
        self.idle = self.proxy.memory()

    def _now(self, connection: socket.socket, head: bytes) -> None:
        self.answer(connection, head)

    def call(self, **options: Any) -> httpx.Response:
        options.setdefault("data", SALE)
        return httpx.post(self.proxy.url + PATH, headers=KEY, timeout=30, **options)

    def stop(self) -> None:
        self.proxy.stop()
        self.upstream.close()


@pytest.fixture(scope="module", params=["report", "enforce"])
def faulty(request: pytest.FixtureRequest) -> Iterator[Faulty]:
    running = Faulty("--mode", request.param)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def recovered(faulty: Faulty) -> Iterator[None]:
    """After each test the next valid call succeeds and no connection is open."""
    yield
    faulty.answer = good
    assert faulty.call().content == GOOD
    deadline = time.monotonic() + 20
    while faulty.proxy.connections() > 1:  # that of the good call may be kept alive
        assert time.monotonic() < deadline, "connections hang"
        time.sleep(0.2)


def test_an_upstream_that_resets_is_a_502(faulty: Faulty) -> None:
    faulty.answer = lambda connection, _: reset(connection)

    response = faulty.call()

    assert response.status_code == 502
    assert response.headers["proxy-status"].startswith("mockserver; error=")


def test_a_call_that_may_be_repeated_is_sent_once_more_after_a_reset(faulty: Faulty) -> None:
    seen: list[bytes] = []

    def once(connection: socket.socket, head: bytes) -> None:
        seen.append(head)
        if len(seen) == 1:
            reset(connection)
        else:
            good(connection, head)

    faulty.answer = once

    assert httpx.get(faulty.proxy.url + "/any", timeout=20).status_code == 200
    assert len(seen) == 2


def test_a_call_that_may_not_be_repeated_is_sent_once(faulty: Faulty) -> None:
    seen: list[bytes] = []

    def broken(connection: socket.socket, head: bytes) -> None:
        seen.append(head)
        reset(connection)

    faulty.answer = broken
    faulty.call()

    assert len(seen) == 1


def test_an_answer_shorter_than_announced_is_a_502(faulty: Faulty) -> None:
    def short(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + b"content-length: 500\r\n\r\n" + GOOD)
        connection.close()

    faulty.answer = short

    assert faulty.call().status_code == 502


def test_a_long_answer_that_breaks_off_breaks_off_at_the_client_too(faulty: Faulty) -> None:
    def short(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + b"content-length: %d\r\n\r\n" % (4 * MEBIBYTE) + b" " * (2 * MEBIBYTE))
        connection.close()

    faulty.answer = short

    with pytest.raises(httpx.RemoteProtocolError):
        faulty.call()


def test_an_answer_longer_than_announced_is_cut_and_its_rest_answers_no_other_call(faulty: Faulty) -> None:
    def long(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD + b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged")

    faulty.answer = long

    for _ in range(3):
        assert faulty.call().content == GOOD


def test_what_is_no_http_is_a_502(faulty: Faulty) -> None:
    def garbage(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")
        connection.close()

    faulty.answer = garbage

    assert faulty.call().status_code == 502


def test_a_broken_gzip_is_reported_or_refused(faulty: Faulty) -> None:
    packed = gzip.compress(GOOD)[:-12] + b"broken"
    faulty.answer = lambda connection, _: connection.sendall(OK + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed) + packed)

    with httpx.stream("POST", faulty.proxy.url + PATH, headers=KEY, data=SALE, timeout=20) as response:
        raw = b"".join(response.iter_raw())

    if response.status_code == 502:
        assert json.loads(raw)["findings"][0]["place"] == "encoding"
    else:
        assert raw == packed
        assert "response encoding: the body is not gzip" in response.headers["x-contract-violations"]


def test_a_body_that_unpacks_without_end_is_not_unpacked(faulty: Faulty) -> None:
    packed = gzip.compress(bytes(HUGE), 1)
    faulty.answer = lambda connection, _: connection.sendall(OK + b"content-encoding: gzip\r\ncontent-length: %d\r\n\r\n" % len(packed) + packed)

    with httpx.stream("POST", faulty.proxy.url + PATH, headers=KEY, data=SALE, timeout=60) as response:
        assert b"".join(response.iter_raw()) == packed
    assert faulty.proxy.memory() - faulty.idle < ALLOWED


def test_an_upstream_that_keeps_silent_is_a_504(faulty: Faulty) -> None:
    faulty.answer = lambda _connection, _head: time.sleep(3)
    started = time.monotonic()

    response = faulty.call()

    assert response.status_code == 504
    assert time.monotonic() - started < 2.9


def test_an_upstream_that_stops_in_the_middle_is_given_up(faulty: Faulty) -> None:
    def half(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + b"content-length: %d\r\n\r\n" % (2 * MEBIBYTE) + b" " * MEBIBYTE)
        time.sleep(4)

    faulty.answer = half

    with pytest.raises(httpx.RemoteProtocolError):
        faulty.call()


def test_an_answer_of_200_megabytes_passes_in_little_memory(faulty: Faulty) -> None:
    def huge(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + b"content-length: %d\r\n\r\n" % HUGE)
        part = b" " * MEBIBYTE
        for _number in range(HUGE // MEBIBYTE):
            connection.sendall(part)

    faulty.answer = huge
    size, most = 0, 0
    with httpx.stream("POST", faulty.proxy.url + PATH, headers=KEY, data=SALE, timeout=60) as response:
        for number, part in enumerate(response.iter_raw(MEBIBYTE)):
            size += len(part)
            if number % 20 == 0:
                most = max(most, faulty.proxy.memory())
                time.sleep(0.05)  # a slow client must not fill the proxy either

    assert size == HUGE
    assert most - faulty.idle < ALLOWED
    assert faulty.proxy.journal()[-1]["unjudged"] == [f"response body: it is longer than {MEBIBYTE} bytes"]


def test_an_upload_of_100_megabytes_passes_in_little_memory(faulty: Faulty) -> None:
    stop, most = threading.Event(), [0]

    def watch() -> None:
        while not stop.wait(0.05):
            most[0] = max(most[0], faulty.proxy.memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    headers = {**KEY, "content-type": "application/x-www-form-urlencoded", "content-length": str(100 * MEBIBYTE)}
    response = httpx.post(faulty.proxy.url + PATH, headers=headers, content=(b"x" * MEBIBYTE for _ in range(100)), timeout=60)
    stop.set()
    watcher.join()

    assert response.content == GOOD
    assert most[0] - faulty.idle < ALLOWED


@pytest.mark.slow
def test_thirty_seconds_of_silence_end_in_an_answer_within_the_time_that_was_set() -> None:
    silent = Upstream(lambda _connection, _head: time.sleep(30))
    running = Proxy("monedero", silent.url, "--timeout", "10", "--quiet")
    try:
        started = time.monotonic()
        response = httpx.post(running.url + PATH, headers=KEY, data=SALE, timeout=60)
        assert response.status_code == 504
        assert 9 < time.monotonic() - started < 13
    finally:
        running.stop()
        silent.close()
