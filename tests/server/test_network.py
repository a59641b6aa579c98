"""A server that clients reach from other origins, through a proxy, by TLS, or in a browser that can set neither header nor prefix."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.trincico import SEEDED_RECORDS
from mockserver.core.asgi.cors import read_origins
from mockserver.core.asgi.public_address import read_public_address
from mockserver.openapi.errors import SetupError
from tests.conftest import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.conftest import Mock

PLANS = "/trincico/plans"
LOCAL, FRIEND, STRANGER = "http://localhost:5173", "https://shop.preview.example", "https://app.example.com"


@pytest.fixture(scope="module")
def behind() -> Iterator[Server]:
    """A server behind a proxy on this machine, which pages of one more site may call with credentials."""
    server = Server("--trust-proxy", "127.0.0.1", "--allow-origin", "https://*.preview.example")
    yield server
    server.stop()


def upgrade(url: str, headers: Mapping[str, str]) -> str:
    """Where a customer is sent who takes a plan that has to be paid."""
    body = {"plan_id": SEEDED_RECORDS["plan_pro"], "success_url": "https://shop.example/paid", "cancel_url": "https://shop.example/failed"}
    return str(httpx.post(f"{url}/trincico/subscriptions/upgrade", json=body, headers=headers).json()["redirect_url"])


# Origins


@pytest.mark.parametrize("origin", [LOCAL, FRIEND])
def test_a_page_of_a_trusted_origin_may_send_credentials(behind: Server, origin: str) -> None:
    asked = {"origin": origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization"}
    preflight = httpx.options(behind.url + PLANS, headers={**asked, "access-control-request-private-network": "true"})
    answer = httpx.get(behind.url + PLANS, headers={"origin": origin})
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-private-network"] == "true"
    for told in (preflight.headers, answer.headers):
        assert (told["access-control-allow-origin"], told["access-control-allow-credentials"]) == (origin, "true")
        assert "Origin" in told["vary"]
    readable = set(answer.headers["access-control-expose-headers"].split(", "))
    assert readable >= {name for name in answer.headers if name.startswith("x-mock")} | {"content-type"}


@pytest.mark.parametrize(
    "origin", [STRANGER, "https://preview.example", "https://a.b.preview.example", "https://x.preview.example.evil.example", "null"]
)
def test_a_page_of_another_origin_may_call_without_credentials(behind: Server, origin: str) -> None:
    answer = httpx.get(behind.url + PLANS, headers={"origin": origin})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [FRIEND, STRANGER])
def test_the_control_plane_stays_closed_to_pages_of_other_origins(behind: Server, origin: str) -> None:
    answer = httpx.get(behind.url + "/_mock/worlds", headers={"origin": origin})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "pattern", ["", "example.com", "https://", "https://a.example/path", "ftp://a.example", "https://a b.example", "https://a.example:x"]
)
def test_a_pattern_that_is_no_origin_is_refused(pattern: str) -> None:
    with pytest.raises(SetupError, match="--allow-origin"):
        read_origins([pattern])


@given(st.from_regex(r"[a-z0-9.-]{1,20}", fullmatch=True))
def test_a_star_stands_for_one_part_of_an_origin(name: str) -> None:
    matches = re.fullmatch(read_origins(["https://*.example.com"]), f"https://{name}.example.com") is not None
    assert matches == ("." not in name)


# Proxies


def test_links_lead_back_through_a_trusted_proxy(behind: Server) -> None:
    told = {"x-forwarded-proto": "https", "x-forwarded-host": "shop.example, inner.example", "x-forwarded-prefix": "/api/"}
    credentials = {**credential(behind), "x-mock-world": "proxied"}
    assert upgrade(behind.url, {**credentials, **told}).startswith("https://shop.example/api/~proxied/trincico/")
    served = httpx.get(f"{behind.url}/~w/trincico/openapi.json", headers=told).json()
    assert served["servers"][0]["url"] == "https://shop.example/api/~w/trincico"


@pytest.mark.parametrize(
    "told",
    [
        {"x-forwarded-host": "evil.example/path"},
        {"x-forwarded-host": 'a"onload="b'},
        {"x-forwarded-prefix": "//evil.example"},
        {"x-forwarded-prefix": "/a?b"},
        {"x-forwarded-proto": "javascript"},
    ],
)
def test_what_a_proxy_cannot_have_meant_does_not_count(behind: Server, told: dict[str, str]) -> None:
    assert httpx.get(f"{behind.url}/serpi/api/v1/openapi.json", headers=told).json()["servers"][0]["url"] == f"{behind.url}/serpi/api/v1"


def test_the_headers_of_other_clients_do_not_count(server: Server) -> None:
    told = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example", "x-forwarded-prefix": "/x"}
    assert httpx.get(f"{server.url}/serpi/api/v1/openapi.json", headers=told).json()["servers"][0]["url"] == f"{server.url}/serpi/api/v1"


def credential(server: Server) -> dict[str, str]:
    """The headers of Trincico's demo credential."""
    apis = httpx.get(f"{server.url}/_mock/apis").json()["apis"]
    found: dict[str, str] = next(api for api in apis if api["slug"] == "trincico")["credentials"][0]["headers"]
    return found


@pytest.mark.parametrize(
    ("url", "proxies", "word"),
    [
        ("shop.example", (), "--public-url"),
        ("https://shop.example/?a", (), "--public-url"),
        ("https://user@shop.example", (), "--public-url"),
        (None, ("shop.example",), "--trust-proxy"),
        (None, ("10.0.0.0/99",), "--trust-proxy"),
    ],
)
def test_an_address_that_is_none_is_refused(url: str | None, proxies: tuple[str, ...], word: str) -> None:
    with pytest.raises(SetupError, match=word):
        read_public_address(url, proxies)


def test_a_public_url_counts_for_every_client() -> None:
    address = read_public_address("https://shop.example/api/", ["10.0.0.0/8"])
    scope = {"type": "http", "headers": [(b"host", b"inner:8000"), (b"x-forwarded-host", b"other.example")], "client": ("10.1.2.3", 4)}
    assert address.find_origin(scope) == "https://shop.example/api"


# TLS


def test_a_certificate_made_at_start_is_trusted_by_its_authority() -> None:
    server = Server("--tls", "self-signed")
    try:
        found = re.search(r"have to trust (\S+)", server.banner)
        assert found
        trusting = ssl.create_default_context(cafile=found[1])
        for host in ("localhost", "127.0.0.1"):
            answer = httpx.get(server.url.replace("127.0.0.1", host) + "/_mock/apis", verify=trusting)
            assert answer.json()["apis"][0]["base_url"].startswith(f"https://{host}:")
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url + PLANS)
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--tls", "self-signed", "--tls-cert", "a", "--tls-key", "b"], "one of the two"),
        (["--tls-cert", "a"], "belong together"),
        (["--tls-cert", "nowhere.pem", "--tls-key", "nowhere.key"], "No such file"),
        (["--tls-cert", "README.md", "--tls-key", "README.md"], "no certificate"),
    ],
)
def test_a_certificate_that_is_none_is_refused(options: list[str], word: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "mockserver", "serve", "--port", "0", *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert re.fullmatch(f"mockserver: --tls.*{word}.*\n", ended.stderr)


# The cookie


def paths_of(url: str, world: str) -> list[str]:
    """The paths of the exchanges of a world, the oldest first."""
    listed = httpx.get(f"{url}/_mock/journal", headers={"x-mock-world": world}).json()["exchanges"]
    return sorted(entry["path"] for entry in listed)


def test_a_cookie_names_the_world_where_nothing_else_does(mock: Mock) -> None:
    chosen = {"cookie": f"a=b; mock-world={mock.world}"}
    httpx.get(mock.url + PLANS, headers=chosen)
    httpx.get(mock.url + "/trincico/by-header", headers={**chosen, "x-mock-world": f"{mock.world}-h"})
    httpx.get(f"{mock.url}/~{mock.world}-p/trincico/by-prefix", headers=chosen)
    assert paths_of(mock.url, mock.world) == [PLANS]
    assert paths_of(mock.url, f"{mock.world}-h") == ["/trincico/by-header"]
    assert paths_of(mock.url, f"{mock.world}-p") == ["/trincico/by-prefix"]
    world = httpx.get(mock.url + "/_mock/health", headers=chosen).json()["world"]
    assert world == "default", "the cookie counts for the server's own paths"


def test_a_cookie_that_can_name_no_world_is_refused(server: Server) -> None:
    answer = httpx.get(server.url + "/nobody/here", headers={"cookie": "mock-world=<script>"})
    assert answer.status_code == 400
    assert "no name of a world" in answer.text


def test_the_console_sets_the_cookie(mock: Mock) -> None:
    with httpx.Client(base_url=mock.url, headers={"origin": mock.url}) as browser:
        browser.post("/console/browser", data={"name": mock.world})
        browser.get(PLANS)
        assert browser.cookies["mock-world"] == mock.world
        refused = browser.post("/console/browser", data={"name": "no name"})
        assert "mock-world" not in refused.headers.get("set-cookie", "")
        browser.post("/console/browser", data={"name": ""})
        assert "mock-world" not in browser.cookies
        browser.get("/trincico/in-the-default-world")
    assert paths_of(mock.url, mock.world) == [PLANS]


def test_a_file_of_the_operator_is_the_certificate(tmp_path: Path) -> None:
    from mockserver.tls import make_certificate, read_certificate  # noqa: PLC0415

    made = make_certificate("box.test")
    assert made.authority is not None
    assert read_certificate(made.chain, made.key).authority is None
    broken = tmp_path / "key.pem"
    broken.write_bytes(made.key.read_bytes()[:100])
    with pytest.raises(SetupError, match="no certificate and its key"):
        read_certificate(made.chain, broken)
