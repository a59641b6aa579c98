"""The server calls no address that a client named, unless its operator allows it."""

from __future__ import annotations

import asyncio
import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.control.runs import Runs
from mockserver.core.base import targets
from mockserver.core.base.faults import Forbidden
from mockserver.core.base.targets import Targets
from mockserver.openapi.errors import SetupError
from tests.hostile.inside import Inside


def allows(url: str, *patterns: str) -> bool:
    """Whether the server calls a URL under these patterns."""
    try:
        asyncio.run(Targets(patterns).check(url))
    except Forbidden:
        return False
    return True


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Names and the addresses to which they resolve, in place of the network."""
    known = {"shop.example": "93.184.215.14", "inner.example": "10.1.2.3", "cloud.example": "169.254.169.254", "me.example": "127.0.0.1"}
    known |= {"localhost": "127.0.0.1", "mapped.example": "::ffff:10.1.2.3"}

    async def resolve(host: str, _port: int) -> list[Any]:
        if host not in known:
            raise Forbidden(f"{host} has no address")
        address = targets.read_address(known[host])
        assert address is not None
        return [address]

    monkeypatch.setattr(targets, "_resolve", resolve)
    return known


@pytest.mark.parametrize(
    ("url", "patterns", "good"),
    [
        ("https://shop.example/v1", (), False),
        ("https://shop.example/v1", ("shop.example",), True),
        ("https://SHOP.example/v1", ("*.EXAMPLE:443",), True),
        ("https://shop.example:8443/v1", ("shop.example:443",), False),
        ("http://shop.example", ("shop.example:443",), False),
        ("http://shop.example.evil.test", ("shop.example",), False),
        ("http://inner.example", ("*",), False),
        ("http://inner.example", ("inner.example", "10.0.0.0/8"), True),
        ("http://inner.example", ("10.0.0.0/8",), False),
        ("http://mapped.example", ("*",), False),
        ("http://cloud.example", ("*.example",), False),
        ("http://me.example", ("me.example",), False),
        ("http://localhost:9", ("localhost",), True),
        ("http://localhost:9", ("localhost:8",), False),
        ("http://127.0.0.1:8153/x", (), False),
        ("http://127.0.0.1:8153/x", ("localhost",), False),
        ("http://127.0.0.1:8153/x", ("127.0.0.1:8153",), True),
        ("http://[::1]:8153/x", ("[::1]:8153",), True),
        ("http://[::1]:8153/x", ("::1",), True),
        ("http://[::ffff:10.1.2.3]/", ("10.1.2.3",), True),
        ("http://169.254.169.254/latest", ("*",), False),
        ("http://93.184.215.14", ("*",), False),
        ("http://[::1", ("*",), False),
        ("http://shop.example:99999", ("*",), False),
        ("ftp://shop.example", ("*",), False),
        ("http://", ("*",), False),
        ("http://unknown.example", ("*",), False),
    ],
)
@pytest.mark.usefixtures("names")
def test_a_target_is_called_only_if_its_name_and_its_address_are_allowed(url: str, patterns: tuple[str, ...], good: bool) -> None:  # noqa: FBT001 - a table
    assert allows(url, *patterns) is good


@pytest.mark.parametrize("text", ["", "http://x", "a b", "x:0", "x:99999", "x:y", "10.0.0.0/99", "[::1", "1:2:3"])
def test_a_text_that_is_no_pattern_stops_the_start(text: str) -> None:
    with pytest.raises(SetupError, match="--allow-targets"):
        Targets([text])


@given(host=st.text(max_size=30), port=st.integers(-1, 70_000))
def test_no_text_is_allowed_without_a_pattern(host: str, port: int) -> None:
    assert not allows(f"http://{host}:{port}/x")


@given(address=st.ip_addresses(v=4))
def test_an_address_is_allowed_by_its_network_only(address: ipaddress.IPv4Address) -> None:
    assert allows(f"http://{address}/", f"{address}/24") is True
    assert allows(f"http://{address}/", "*") is False


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """The runs that were started, in place of their processes."""
    runs: list[tuple[Any, ...]] = []

    async def start(_self: Runs, *arguments: Any, is_own: bool) -> None:
        assert is_own == arguments[1].startswith("http://localhost")
        runs.append(arguments)

    monkeypatch.setattr(Runs, "start", start)
    return runs


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8153/x", "http://169.254.169.254/latest", "http://localhost:81/x", "http://[::1]/x", "http://[::1"]
)
def test_a_conformance_run_at_another_address_is_refused(url: str, started: list[tuple[Any, ...]]) -> None:
    async def scenario() -> None:
        answer = await Inside().call("POST", "/_mock/conformance", json={"api": "serpi", "url": url})
        assert answer.status_code == 403
        assert answer.json()["title"] == "Forbidden"

    asyncio.run(scenario())
    assert started == []


@pytest.mark.parametrize("body", [{}, {"url": "http://localhost/serpi/api/v1"}])
def test_a_conformance_run_judges_this_server_under_no_name_that_a_client_made_up(body: dict[str, str], started: list[tuple[Any, ...]]) -> None:
    async def scenario() -> None:
        mock = Inside(token="t" * 32)
        headers = {"host": "evil.example", "authorization": f"Bearer {'t' * 32}"}
        answer = await mock.call("POST", "/_mock/conformance", headers=headers, json={"api": "serpi", **body})
        assert answer.status_code == 202

    asyncio.run(scenario())
    (run,) = started
    assert run[1].startswith("http://localhost")
    assert run[4] == {"MOCKSERVER_TOKEN": "t" * 32}


def test_an_allowed_target_is_judged_without_the_token(started: list[tuple[Any, ...]]) -> None:
    async def scenario() -> None:
        mock = Inside(token="t" * 32, allow_targets=("10.0.0.0/8",))
        body = {"api": "serpi", "url": "http://10.1.2.3/v1"}
        answer = await mock.call("POST", "/_mock/conformance", headers={"x-mock-token": "t" * 32}, json=body)
        assert answer.status_code == 202

    asyncio.run(scenario())
    assert [(run[1], run[4]) for run in started] == [("http://10.1.2.3/v1", {})]
