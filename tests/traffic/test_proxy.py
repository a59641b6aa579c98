"""The proxy forwards bytes unchanged, reports its findings, and refuses calls in the mode enforce."""

from __future__ import annotations

import gzip
import json
import random
import re
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import brotli
import httpx
import pytest
import zstandard
from click.testing import CliRunner

from contract_tests.traffic.audit import Audit
from contract_tests.traffic.recording import exchanges
from mockserver.cli import cli
from mockserver.openapi.documents import list_slugs, load_document
from tests.conftest import ROOT
from tests.traffic.exchanges import SALE, SOLD
from tests.traffic.upstreams import MEBIBYTE, OK, Proxy, Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Mock, Server

PATH = "/monedero/wallet/sale"
KEY = {"apikey": "monedero-demo-apikey"}


@pytest.fixture(scope="module")
def proxy(server: Server) -> Iterator[Proxy]:
    """A proxy in front of the mock, in the mode report."""
    running = Proxy("monedero", server.url)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def enforcing(server: Server) -> Iterator[Proxy]:
    """A proxy in front of the mock, in the mode enforce."""
    running = Proxy("monedero", server.url, "--mode", "enforce", "--limit", "64")
    yield running
    running.stop()


class Scripted:
    """An upstream whose answer a test sets."""

    def __init__(self) -> None:
        self.answer: Callable[[socket.socket, bytes], None] = lambda connection, _: connection.sendall(OK + b"content-length: 2\r\n\r\n{}")
        self.upstream = Upstream(self._now)

    def _now(self, connection: socket.socket, head: bytes) -> None:
        self.answer(connection, head)

    def says(self, *headers: bytes, body: bytes = b"", status: bytes = b"200 OK") -> None:
        head = b"".join(line + b"\r\n" for line in (b"HTTP/1.1 " + status, *headers))
        self.answer = lambda connection, _: connection.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    found = Scripted()
    yield found
    found.upstream.close()


@pytest.fixture(scope="module")
def before_scripted(scripted: Scripted) -> Iterator[Proxy]:
    running = Proxy("monedero", scripted.upstream.url, "--timeout", "5")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def enforcing_scripted(scripted: Scripted) -> Iterator[Proxy]:
    running = Proxy("monedero", scripted.upstream.url, "--mode", "enforce", "--timeout", "5")
    yield running
    running.stop()


def call(url: str, **options: Any) -> httpx.Response:
    options.setdefault("data", SALE)
    return httpx.post(url + PATH, headers={**KEY, **options.pop("headers", {})}, timeout=20, **options)


# Reports


def test_a_good_call_has_no_violations(proxy: Proxy, mock: Mock) -> None:
    response = call(proxy.url, headers={"x-mock-world": mock.world})

    assert response.status_code == 200
    assert response.headers["x-contract-violations"] == "0"


def test_a_broken_request_is_passed_on_and_reported(proxy: Proxy, mock: Mock) -> None:
    response = call(proxy.url, headers={"x-mock-world": mock.world}, data={**SALE, "phone": "12"})

    assert response.status_code == 400
    assert re.match(r"[12]; request body /phone: ", response.headers["x-contract-violations"])


def test_a_broken_response_is_passed_on_and_reported(before_scripted: Proxy, scripted: Scripted) -> None:
    body = json.dumps({**SOLD, "code": "sold"}).encode()
    scripted.says(b"content-type: application/json", body=body)

    response = call(before_scripted.url)

    assert response.content == body
    assert response.headers["x-contract-violations"].startswith("1; response body /code: ")


def test_an_undocumented_operation_is_reported(before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=b"{}")

    response = httpx.get(before_scripted.url + "/monedero/secret/door", timeout=20)

    assert response.headers["x-contract-violations"] == "1; request operation: GET /secret/door is not documented"


@pytest.mark.parametrize(
    ("check", "expected"), [("request", {"request"}), ("response", {"response"}), ("none", set()), ("both", {"request", "response"})]
)
def test_each_side_can_be_switched_off_for_a_call(check: str, expected: set[str], before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=b"{}")

    response = call(before_scripted.url, data={**SALE, "phone": ""}, headers={"x-contract-check": check})

    assert set(re.findall(r"; (request|response) ", response.headers["x-contract-violations"])) == expected
    assert b"x-contract-check" not in scripted.upstream.requests[-1].lower()


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("br", brotli.compress), ("zstd", zstandard.ZstdCompressor().compress), ("identity", bytes)]
)
def test_a_packed_body_is_judged_and_passed_on_packed(
    encoding: str, pack: Callable[[bytes], bytes], before_scripted: Proxy, scripted: Scripted
) -> None:
    packed = pack(json.dumps({**SOLD, "code": "sold"}).encode())
    scripted.says(b"content-type: application/json", b"content-encoding: " + encoding.encode(), body=packed)

    with httpx.stream("POST", before_scripted.url + PATH, headers=KEY, data=SALE, timeout=20) as response:
        assert b"".join(response.iter_raw()) == packed

    assert response.headers["content-encoding"] == encoding
    assert response.headers["x-contract-violations"].startswith("1; response body /code: ")


def test_an_upload_over_the_limit_is_passed_on_and_reported(before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=json.dumps(SOLD).encode())

    response = call(before_scripted.url, data=None, content=b"x" * (3 * MEBIBYTE), headers={"content-type": "application/x-www-form-urlencoded"})

    assert response.status_code == 200
    assert before_scripted.journal()[-1]["unjudged"] == [f"request body: it is longer than {MEBIBYTE} bytes"]


def test_a_stream_of_events_is_not_held_back(before_scripted: Proxy, scripted: Scripted) -> None:
    go_on = threading.Event()

    def stream(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n7\r\ndata: 1\r\n")
        go_on.wait(10)
        connection.sendall(b"7\r\ndata: 2\r\n0\r\n\r\n")

    scripted.answer = stream
    with httpx.stream("POST", before_scripted.url + PATH, headers=KEY, data=SALE, timeout=20) as response:
        parts = response.iter_raw()
        first = next(parts)
        go_on.set()

        assert (first, b"".join(parts)) == (b"data: 1", b"data: 2")


def test_a_slow_answer_is_passed_on_as_it_comes(before_scripted: Proxy, scripted: Scripted) -> None:
    whole = json.dumps(SOLD).encode()
    go_on = threading.Event()

    def drip(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + b"content-length: %d\r\n\r\n" % len(whole) + whole[:10])
        go_on.wait(10)
        connection.sendall(whole[10:])

    scripted.answer = drip
    with httpx.stream("POST", before_scripted.url + PATH, headers=KEY, data=SALE, timeout=20) as response:
        parts = response.iter_raw()
        first = next(parts)
        go_on.set()
        assert first + b"".join(parts) == whole

    assert "not complete" in response.headers["x-contract-unjudged"]
    assert before_scripted.journal()[-1]["findings"] == []


# Refusals


def test_a_broken_request_is_refused_and_not_passed_on(enforcing_scripted: Proxy, scripted: Scripted) -> None:
    before = len(scripted.upstream.requests)

    response = call(enforcing_scripted.url, data={**SALE, "phone": ""})

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert {(finding["pointer"], finding["clause"]) for finding in response.json()["findings"]} >= {("/phone", "monedero.create_sale.e3")}
    assert len(scripted.upstream.requests) == before


@pytest.mark.parametrize(
    ("options", "status"),
    [({"headers": {"apikey": ""}}, 200), ({"headers": {"content-type": "text/plain"}, "content": b"x", "data": None}, 415)],
    ids=["empty key", "media type"],
)
def test_a_refusal_has_the_status_of_what_is_wrong(options: dict[str, Any], status: int, enforcing_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=json.dumps(SOLD).encode())

    assert call(enforcing_scripted.url, **options).status_code == status


def test_a_call_without_credentials_is_refused(enforcing_scripted: Proxy) -> None:
    assert httpx.post(enforcing_scripted.url + PATH, data=SALE, timeout=20).status_code == 401


def test_an_undocumented_operation_is_refused(enforcing_scripted: Proxy) -> None:
    assert httpx.get(enforcing_scripted.url + "/monedero/secret/door", timeout=20).status_code == 404


def test_a_broken_response_is_replaced(enforcing_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=json.dumps({**SOLD, "code": "sold"}).encode())

    response = call(enforcing_scripted.url)

    assert response.status_code == 502
    assert [finding["pointer"] for finding in response.json()["findings"]] == ["/code"]


def test_a_side_that_is_switched_off_is_not_enforced(enforcing_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=b"{}")

    assert call(enforcing_scripted.url, headers={"x-contract-check": "request"}).content == b"{}"


def test_good_calls_pass_while_violations_are_enforced(enforcing: Proxy, mock: Mock) -> None:
    response = call(enforcing.url, headers={"x-mock-world": mock.world})

    assert (response.status_code, response.json()["code"]) == (200, "new_sale_01")


# Behaviour of a proxy


def test_headers_of_one_hop_stay_behind(before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", b"connection: x-private", b"x-private: 1", b"keep-alive: timeout=5", b"x-public: 2", body=b"{}")

    response = call(before_scripted.url, headers={"connection": "x-mine", "x-mine": "1", "te": "trailers", "x-yours": "2"})

    assert "x-private" not in response.headers
    assert response.headers["x-public"] == "2"
    sent = scripted.upstream.requests[-1].lower()
    assert b"x-mine" not in sent
    assert b"\r\nte:" not in sent
    assert b"x-yours: 2" in sent
    assert b"x-forwarded-for: 127.0.0.1" in sent


def test_several_headers_of_one_name_stay_several(before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", b"set-cookie: a=1", b"set-cookie: b=2", body=b"{}")

    assert call(before_scripted.url).headers.get_list("set-cookie") == ["a=1", "b=2"]


@pytest.mark.parametrize("target", [b"/a%2Fb/../c?q=%zz&x=%C3%A9", b"/plain?", b"/%7Euser//x"])
def test_the_target_is_passed_on_byte_for_byte(target: bytes, before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=b"{}")
    expected = target.removesuffix(b"?")

    with httpx.Client(base_url=before_scripted.url, timeout=20) as client:
        client.send(client.build_request("GET", "/", extensions={"target": target}))

    assert scripted.upstream.requests[-1].split(b" ")[1] == expected


def test_a_redirect_is_passed_on_and_not_followed(before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"location: http://elsewhere.example/", status=b"302 Found")

    response = call(before_scripted.url)

    assert (response.status_code, response.headers["location"]) == (302, "http://elsewhere.example/")


def test_no_other_host_is_called_whatever_the_request_names(before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.says(b"content-type: application/json", body=b"{}")
    before = len(scripted.upstream.requests)
    elsewhere = Upstream(lambda connection, _: connection.sendall(OK + b"content-length: 2\r\n\r\n{}"))

    with httpx.Client(timeout=20) as client:
        client.get(before_scripted.url, headers={"host": elsewhere.url.removeprefix("http://")})
        client.send(client.build_request("GET", before_scripted.url, extensions={"target": elsewhere.url.encode() + b"/x"}))

    assert elsewhere.connections == 0
    assert len(scripted.upstream.requests) == before + 2
    elsewhere.close()


@pytest.mark.parametrize(("status", "head"), [(b"204 No Content", b""), (b"304 Not Modified", b"content-length: 400\r\n")])
def test_an_answer_without_a_body_has_an_end(status: bytes, head: bytes, before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.answer = lambda connection, _: connection.sendall(b"HTTP/1.1 " + status + b"\r\netag: x\r\n" + head + b"\r\n")

    with httpx.Client(timeout=5) as client:
        responses = [client.get(before_scripted.url + "/any") for _ in range(2)]

    assert [response.status_code for response in responses] == [int(status[:3])] * 2
    assert responses[0].headers["etag"] == "x"


def test_a_head_request_keeps_the_length(before_scripted: Proxy, scripted: Scripted) -> None:
    scripted.answer = lambda connection, _: connection.sendall(OK + b"content-length: 400\r\n\r\n")

    response = httpx.head(before_scripted.url + "/any", timeout=5)

    assert (response.headers["content-length"], response.content) == ("400", b"")


def test_a_client_that_hangs_up_frees_the_upstream(before_scripted: Proxy, scripted: Scripted) -> None:
    gone = threading.Event()

    def endless(connection: socket.socket, _: bytes) -> None:
        connection.sendall(OK + b"content-length: 1000000000\r\n\r\n")
        try:
            while True:
                connection.sendall(b" " * 65_536)
        except OSError:
            gone.set()
            raise

    scripted.answer = endless
    with httpx.stream("GET", before_scripted.url + "/any", timeout=20) as response:
        next(response.iter_raw())

    assert gone.wait(10)


# Recordings


def test_a_recording_is_whole_after_every_call_and_holds_no_secret(server: Server, mock: Mock, tmp_path: Path) -> None:
    file = tmp_path / "passed.har"
    running = Proxy("monedero", server.url, "--record", str(file), "--quiet")
    try:
        for amount in (1, 2, 3):
            call(running.url, headers={"x-mock-world": mock.world}, data={**SALE, "transaction_amount": str(amount)})
            assert len(running.journal()) == amount
            assert len(json.loads(file.read_bytes())["log"]["entries"]) == amount
    finally:
        code = running.stop()

    text = file.read_text("utf-8")
    assert "monedero-demo-apikey" not in text
    assert code == 0
    with file.open("rb") as opened:
        audit = Audit(load_document("monedero")).run(exchanges(opened))
    assert (audit.kinds["judged"], audit.violations) == (3, 0)


def test_the_console_shows_what_passes(proxy: Proxy, mock: Mock) -> None:
    assert "What passes" in httpx.get(f"{proxy.url}/_proxy", timeout=20).text
    seen: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        with httpx.stream("GET", f"{proxy.url}/_proxy/live", timeout=20) as stream:
            for line in stream.iter_lines():
                ready.set()
                if line.startswith("data: "):
                    seen.append(line)
                    return

    listener = threading.Thread(target=listen)
    listener.start()
    ready.wait(10)
    call(proxy.url, headers={"x-mock-world": mock.world})
    listener.join(10)

    shown = json.loads(seen[0].removeprefix("data: "))
    assert shown["operation"] == "create_sale"
    assert "monedero-demo-apikey" not in seen[0]
    with httpx.stream("GET", f"{proxy.url}/_proxy/live", headers={"last-event-id": str(shown["number"] - 1)}, timeout=20) as stream:
        assert next(line for line in stream.iter_lines() if line.startswith("id: ")) == f"id: {shown['number']}"


# The same through the proxy


@pytest.mark.slow
def test_500_requests_in_random_chunks_are_answered_byte_for_byte_as_without_the_proxy(proxy: Proxy, server: Server, mock: Mock) -> None:
    draw = random.Random(7)
    headers = {**KEY, "content-type": "application/x-www-form-urlencoded"}

    def chunks(body: bytes, sizes: list[int]) -> Iterator[bytes]:
        for size in sizes:
            part, body = body[:size], body[size:]
            if part:
                yield part
        yield body

    with httpx.Client(timeout=20) as client:
        client.patch(f"{server.url}/_mock/clock", json={"freeze": "2026-01-01T00:00:00Z"}, headers={"x-mock-world": f"{mock.world}-a"})
        client.patch(f"{server.url}/_mock/clock", json={"freeze": "2026-01-01T00:00:00Z"}, headers={"x-mock-world": f"{mock.world}-b"})
        for number in range(500):
            fields = {
                **SALE,
                "transaction_amount": str(draw.randint(1, 5000)),
                "ticket": "t" * draw.choice([0, 5, 40]),
                "more": "y" * draw.randint(0, 9000),
            }
            path = draw.choice([PATH, "/monedero/wallet/contact/get", "/monedero/wallet/get"])
            body = "&".join(f"{name}={value}" for name, value in fields.items()).encode()
            sizes = [draw.randint(1, 2000) for _ in range(draw.randint(0, 8))]
            found = []
            for url, world in ((server.url, "a"), (proxy.url, "b")):
                sent = {**headers, "x-mock-world": f"{mock.world}-{world}"}
                with client.stream("POST", url + path, headers=sent, content=chunks(body, sizes)) as response:
                    raw = b"".join(response.iter_raw())
                kept = {name: value for name, value in response.headers.items() if name not in ("date", "x-contract-violations")}
                found.append((response.status_code, kept, raw))
            assert found[0] == found[1], number


@pytest.mark.slow
@pytest.mark.parametrize("slug", list_slugs())
def test_the_contract_tests_of_a_vendor_pass_through_the_proxy(slug: str, server: Server) -> None:
    running = Proxy(slug, server.url, "--preserve-host", "--quiet")
    try:
        base = load_document(slug).raw["servers"][0]["url"]
        command = [sys.executable, "-m", "pytest", "contract_tests", "--api", slug, "--url", running.url + base, "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
        assert done.returncode == 0, done.stdout[-3000:]
        audit = httpx.get(f"{running.url}/_proxy/audit", timeout=20).json()
        assert audit["violations"] == 0, audit["findings"]
        assert audit["kinds"]["judged"] > 10
    finally:
        running.stop()


def test_what_cannot_be_done_is_said_in_one_line(server: Server) -> None:
    for options in (["nothing", "--upstream", server.url], ["monedero", "--upstream", "ftp://x"]):
        done = CliRunner().invoke(cli, ["proxy", *options, "--port", "0"])

        assert done.exit_code == 2
        assert done.stderr.startswith("Error: ")


def test_an_upstream_that_is_not_there_is_a_502() -> None:
    with socket.socket() as nowhere:  # bound and not listening: the port stays reserved and refuses connections
        nowhere.bind(("127.0.0.1", 0))
        running = Proxy("monedero", f"http://127.0.0.1:{nowhere.getsockname()[1]}")
        try:
            response = call(running.url)
            assert response.status_code == 502
            assert "connection_refused" in response.headers["proxy-status"]
        finally:
            running.stop()
