"""An upstream that sends malformed heads, and pages that would like to read what the proxy has recorded."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.crashes import report_crashes
from contract_tests.traffic.findings import Judgement, TrafficFinding
from contract_tests.traffic.judge import TrafficValidator
from contract_tests.traffic.proxy.app import Passed, ProxySettings
from contract_tests.traffic.proxy.app import Proxy as ProxyApp
from contract_tests.traffic.proxy.guard import COOKIE, ConsoleGuard, content_policy, find_refusal, is_loopback_host, is_loopback_origin
from contract_tests.traffic.proxy.headers import content_length, find_malformed
from contract_tests.traffic.proxy.live import PAGE, line
from contract_tests.traffic.proxy.refusals import header_value
from contract_tests.traffic.proxy.upstream import Timeouts
from contract_tests.traffic.proxy.upstream import Upstream as UpstreamPool
from mockserver.openapi.documents import load_document
from tests.conftest import ROOT
from tests.traffic.exchanges import sale
from tests.traffic.upstreams import Proxy, Upstream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "/monedero/wallet/sale"
END = b"content-length: 2\r\n\r\n{}"
GOOD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + END


class Scripted:
    """An upstream that sends the bytes of a test, and proxies in front of it."""

    def __init__(self) -> None:
        self.answer = GOOD
        self.upstream = Upstream(self._send)
        self.proxies = [Proxy("monedero", self.upstream.url, "--quiet", "--timeout", "5", "--mode", mode) for mode in ("report", "enforce")]

    def _send(self, connection: socket.socket, _: bytes) -> None:
        connection.sendall(self.answer)
        connection.close()

    def stop(self) -> None:
        for proxy in self.proxies:
            proxy.stop()
        self.upstream.close()


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    running = Scripted()
    yield running
    running.stop()


# Heads of an upstream

HEADS = {
    "a status above 599": (b"HTTP/1.1 999 Odd\r\n" + END, "the status 999"),
    "the status 600": (b"HTTP/1.1 600 Odd\r\n" + END, "the status 600"),
    "a status below 100": (b"HTTP/1.1 042 Odd\r\n" + END, "status"),
    "a switch of protocols": (b"HTTP/1.1 101 Switching\r\n\r\n", ""),
    "an escape in the reason": (b"HTTP/1.1 200 \x1b[31mOK\r\n" + END, "reason phrase"),
    "an escape in the media type": (b"HTTP/1.1 200 OK\r\ncontent-type: a/\x1b[31m\r\n" + END, "the header content-type"),
    "a bell in a header": (b"HTTP/1.1 200 OK\r\nx-a: \x07\r\n" + END, "the header x-a"),
    "a null in a header": (b"HTTP/1.1 200 OK\r\nx-a: a\0b\r\n" + END, ""),
    "a lone carriage return": (b"HTTP/1.1 200 OK\r\nx-a: a\rb\r\n" + END, ""),
    "a header of a space": (b"HTTP/1.1 200 OK\r\nx a: b\r\n" + END, ""),
    "a length of 5,000 digits": (b"HTTP/1.1 200 OK\r\ncontent-length: " + b"9" * 5000 + b"\r\n\r\n{}", ""),
    "two lengths": (b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n" + END, ""),
    "no status": (b"HTTP/1.1 OK\r\n" + END, ""),
    "a line": (b"hello\r\n\r\n", ""),
    "nothing": (b"", ""),
}


@pytest.mark.parametrize(("head", "reason"), HEADS.values(), ids=list(HEADS))
def test_a_malformed_head_is_a_502_with_a_reason(scripted: Scripted, head: bytes, reason: str) -> None:
    for proxy in scripted.proxies:
        scripted.answer = head
        response = httpx.get(proxy.url + "/elsewhere", timeout=20)

        assert (response.status_code, response.headers["content-type"]) == (502, "application/problem+json")
        assert reason in response.json()["detail"]
        assert "\x1b" not in response.text
        assert response.headers["proxy-status"].startswith("mockserver; error=")
        scripted.answer = GOOD
        assert httpx.get(proxy.url + "/elsewhere", timeout=20).status_code == 200


def test_a_line_for_the_terminal_holds_no_command() -> None:
    finding = TrafficFinding(1, None, "request", "body", "/\x1b[31m", "x", "\x07", "two\nlines \u202e", "#")
    sale_ = sale(path="/a\x1b")
    text = line(Passed(sale_, Judgement(1, "judged", 200, None, (finding,), (), ("\x1b",)), 1.0, "\x9b"))
    assert len(text.splitlines()) == 3
    assert "".join(text.splitlines()).isprintable()
    assert header_value((finding,)).decode().isprintable()


WORDS = st.binary(max_size=12).map(lambda text: text.replace(b"\n", b""))
LINES = st.lists(st.tuples(st.just(b"x-") | WORDS, WORDS).map(lambda pair: pair[0] + b": " + pair[1] + b"\r\n"), max_size=4).map(b"".join)
STATUS = st.sampled_from([b"200", b"204", b"304", b"100", b"199", b"599", b"7", b"abc", b"\xb2\xb2\xb2", b"2000"]) | WORDS


@given(STATUS, WORDS, LINES)
@settings(max_examples=60, deadline=None)
def test_whatever_head_comes_the_client_gets_an_answer(status: bytes, reason: bytes, lines: bytes) -> None:
    found = RUNNING[0]
    found.answer = b"HTTP/1.1 " + status + b" " + reason + b"\r\n" + lines + END
    response = httpx.get(found.proxies[0].url + "/elsewhere", timeout=20)
    assert response.status_code == 502 or status == str(response.status_code).encode()


RUNNING: list[Scripted] = []


@pytest.fixture(autouse=True)
def running(scripted: Scripted) -> None:
    """Let a fuzzer, which takes no fixture, find what runs."""
    RUNNING[:] = [scripted]


@given(st.integers(0, 9999), WORDS, st.lists(st.tuples(WORDS, WORDS), max_size=3))
def test_what_is_passed_on_is_a_head_of_http(status: int, reason: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    wrong = find_malformed(status, reason, headers)
    assert wrong.isprintable()
    if not wrong:
        assert 200 <= status <= 599
        for name, value in headers:
            assert re.fullmatch(rb"[!-~]+", name)
            assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value)


@pytest.mark.parametrize(("said", "length"), [("0", 0), ("12", 12), ("", None), ("-1", None), ("\xb2", None), ("9" * 5000, None), ("1 2", None)])
def test_a_length_is_a_number_of_bytes_or_none(said: str, length: int | None) -> None:
    assert content_length(said) == length


# The pages of the proxy


def ask(url: str, head: str) -> tuple[int, dict[str, str], bytes]:
    """The answer to a request whose head is written as it stands."""
    port = int(url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65_536)
            if not part:
                break
            data += part
    top, _, body = data.partition(b"\r\n\r\n")
    first, *lines = top.decode("latin-1").split("\r\n")
    return int(first.split()[1]), {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}, body


PAGES = ("/_proxy", "/_proxy/", "/_proxy/journal", "/_proxy/audit", "/_proxy/live")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_answers_loopback_names_only_and_binds_the_browser(scripted: Scripted, page: str) -> None:
    url = scripted.proxies[0].url
    expected = {
        "Host: localhost": 200,
        "Host: 127.0.0.1:8080": 200,
        "Host: [::1]:8080": 200,
        "Host: evil.example": 403,
        "Host: localhost.evil.example": 403,
        "Host: localhost\nOrigin: http://evil.example": 403,
        "Host: localhost\nOrigin: null": 403,
        "Host: localhost\nOrigin: http://localhost:3000": 200,
        "Host: evil.example\nHost: localhost": 400,
    }
    for lines, status in expected.items():
        found, headers, _ = ask(url, f"GET {page} HTTP/1.1\n{lines}\nConnection: close")
        assert (lines, found) == (lines, status)
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
    assert ask(url, f"GET {page} HTTP/1.0\nConnection: close")[0] == 400


def test_a_call_to_the_vendor_needs_no_name_of_this_machine(scripted: Scripted) -> None:
    scripted.answer = GOOD
    assert ask(scripted.proxies[0].url, "GET /elsewhere HTTP/1.1\nHost: api.example\nConnection: close")[0] == 200
    assert ask(scripted.proxies[0].url, "GET /_proxyish HTTP/1.1\nHost: api.example\nConnection: close")[0] == 200


def test_the_policy_allows_the_script_and_the_style_of_the_page_only() -> None:
    policy = content_policy(PAGE)
    for kind in ("script", "style"):
        (text,) = re.findall(f"<{kind}>(.*?)</{kind}>", PAGE, re.DOTALL)
        assert f"{kind}-src 'sha256-{b64encode(sha256(text.encode()).digest()).decode()}';" in policy
    assert "unsafe" not in policy
    assert "script-src 'none'" in content_policy("<p>text</p>")


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("localhost", True), ("LOCALHOST:1", True), ("a.localhost:80", True), ("127.0.0.1", True), ("127.9.9.9:1", True), ("[::1]:5", True),
        ("", False), ("evil.example", False), ("localhost.evil", False), ("127.0.0.1.evil", False), ("127.999.1.1", False), ("10.0.0.1", False),
        ("localhost:99999", False), ("user@localhost", False), ("localhost/x", False), ("[::1", False), ("::1", False), ("localhost ", False),
    ],
)  # fmt: skip
def test_which_names_are_of_this_machine(host: str, local: bool) -> None:  # noqa: FBT001
    assert is_loopback_host(host) == local
    assert is_loopback_origin(f"http://{host}") == local
    assert not is_loopback_origin(f"file://{host}")


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_name_breaks_the_guard(host: str, origin: str) -> None:
    headers = [(b"host", host.encode("latin-1", "replace")), (b"origin", origin.encode("latin-1", "replace")), (b"cookie", host.encode())]
    assert find_refusal(headers, origin.encode(), None) is not None or is_loopback_host(host.strip())
    assert find_refusal(headers, origin.encode(), "the-token") is not None


# A token, if others can reach the address

TOKEN = "a-token-of-the-test"
SENT = {
    "a header": ([(b"x-mock-token", TOKEN.encode())], b"", None),
    "a bearer": ([(b"authorization", b"Bearer " + TOKEN.encode())], b"", None),
    "a cookie": ([(b"cookie", f"a=b; {COOKIE}={TOKEN}".encode())], b"", None),
    "the address": ([], b"token=" + TOKEN.encode(), None),
    "nothing": ([], b"", 401),
    "a wrong one": ([(b"x-mock-token", b"\xff")], b"", 401),
    "a wrong one before a good one": ([(b"x-mock-token", b"x"), (b"x-mock-token", TOKEN.encode())], b"", 401),
}


@pytest.mark.parametrize(("headers", "query", "status"), SENT.values(), ids=list(SENT))
def test_a_token_is_demanded_instead_of_a_name(headers: list[tuple[bytes, bytes]], query: bytes, status: int | None) -> None:
    refusal = find_refusal([(b"host", b"mock.example"), *headers], query, TOKEN)
    assert (None if refusal is None else refusal[0]) == status


def test_the_token_of_the_address_becomes_a_cookie() -> None:
    sent: list[dict[str, Any]] = []

    async def console(_scope: Any, _receive: Any, _send: Any) -> bool:
        raise AssertionError("the page is not shown under an address with the token")

    async def send(message: Any = None) -> Any:
        sent.append(message)

    scope = {"path": "/_proxy", "query_string": b"token=" + TOKEN.encode(), "headers": [(b"host", b"mock.example")]}
    asyncio.run(ConsoleGuard(console, TOKEN, PAGE)(scope, send, send))

    headers = dict(sent[0]["headers"])
    assert (sent[0]["status"], headers[b"location"]) == (303, b"/_proxy")
    assert headers[b"set-cookie"] == f"{COOKIE}={TOKEN}; Path=/_proxy; HttpOnly; SameSite=Strict".encode()


def test_a_proxy_on_every_address_prints_its_token() -> None:
    command = [sys.executable, "-m", "mockserver", "proxy", "monedero", "--upstream", "http://127.0.0.1:9", "--host", "0.0.0.0", "--port", "0"]  # noqa: S104
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = re.search(r":(\d+); console", process.stdout.readline())
        token = re.search(r"token=([\w-]+) ", process.stdout.readline())
        assert port
        assert token
        client = httpx.Client(base_url=f"http://127.0.0.1:{port[1]}", transport=httpx.HTTPTransport(retries=5), timeout=30)
        with client:
            assert client.get("/_proxy/journal").status_code == 401
            assert client.get("/_proxy/journal", headers={"x-mock-token": token[1]}).status_code == 200
            assert client.get("/_proxy", params={"token": token[1]}, follow_redirects=True).url.path == "/_proxy"
        process.terminate()


# Errors of our own


def test_an_error_of_our_own_is_a_500_and_the_command_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(*_: Any) -> Any:
        raise RuntimeError("not foreseen")

    document = load_document("monedero")
    monkeypatch.setattr(TrafficValidator, "request", fails)
    upstream = Upstream(lambda connection, _: connection.sendall(GOOD))
    observed: list[Any] = []

    async def run() -> tuple[ProxyApp, httpx.Response]:
        pool = UpstreamPool(upstream.url, Timeouts())
        proxy = ProxyApp(ProxySettings(), TrafficValidator(document), pool, [observed.append])
        transport = httpx.ASGITransport(app=proxy)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            response = await client.post(PATH, data={"a": "b"})
        await pool.close()
        return proxy, response

    proxy, response = asyncio.run(run())
    upstream.close()

    assert (response.status_code, response.headers["content-type"]) == (500, "application/problem+json")
    assert "RuntimeError" in observed[0].refused
    assert isinstance(proxy.crash, RuntimeError)
    with pytest.raises(Exception, match="not foreseen") as ended, report_crashes("proxy", tmp_path):
        raise proxy.crash
    assert ended.value.exit_code == 2  # type: ignore[attr-defined]
    (file,) = tmp_path.iterdir()
    assert str(file) in str(ended.value)
    assert "not foreseen" in file.read_text("utf-8")
    assert json.loads(response.content)["status"] == 500
