"""A name is called at the addresses that were checked, whatever it resolves to later; and nothing of the environment is sent to a target."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import requests

from contract_tests.suite.harness.policy import Limits, RequestPolicy
from contract_tests.suite.harness.resolved import read_resolved, resolve_as
from contract_tests.suite.harness.target import ApiClient, Target
from contract_tests.suite.harness.transports import police_requests
from contract_tests.suite.verify.command import verify
from contract_tests.traffic.player import Side
from mockserver.core.base import targets
from mockserver.core.base.targets import Targets
from mockserver.openapi.documents import load_document
from tests.hostile.inside import Inside
from tests.verify.servers import Handler, serving

PUBLIC, INNER = "93.184.215.14", "127.0.0.1"


@pytest.fixture
def changing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads to a public address when it is checked, and into this machine from then on."""
    found = chain([PUBLIC], repeat(INNER))

    async def resolve(_host: str, _port: int) -> list[Any]:
        return [ipaddress.ip_address(next(found))]

    monkeypatch.setattr(targets, "_resolve", resolve)
    ask = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **options: ask(next(found) if host == "shop.example" else host, *rest, **options))


@pytest.mark.usefixtures("changing")
def test_a_run_connects_to_the_addresses_that_were_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    async def start(*command: str, **_: Any) -> Any:
        started.append(list(command))
        raise OSError("not started")

    monkeypatch.setattr(asyncio, "create_subprocess_exec", start)

    async def scenario() -> None:
        body = {"api": "serpi", "url": "http://shop.example:8080/v1"}
        assert (await Inside(allow_targets=("shop.example",)).call("POST", "/_mock/conformance", json=body)).status_code == 503

    asyncio.run(scenario())
    (command,) = started
    assert command[command.index("--url") + 1] == "http://shop.example:8080/v1"
    assert command[command.index("--resolve") + 1] == f"shop.example:8080:{PUBLIC}"


@pytest.mark.usefixtures("changing")
def test_a_name_of_a_given_address_is_not_looked_up_again() -> None:
    connected: list[Any] = []

    def connect(_self: socket.socket, address: Any) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    resolved = read_resolved((asyncio.run(Targets(["shop.example"]).check("http://shop.example/v1")),))
    with patch.object(socket.socket, "connect", connect), resolve_as(resolved):
        for call in (httpx.get, requests.get):
            with pytest.raises((httpx.ConnectError, requests.ConnectionError)):
                call("http://shop.example/v1")
    assert set(connected) == {PUBLIC}


def test_the_host_and_the_path_stay_as_the_url_has_them() -> None:
    seen: list[tuple[str, str]] = []

    def note(handler: Handler) -> None:
        seen.append((handler.headers["host"], handler.path))
        handler.answer(200, b"{}")

    with serving(note) as origin:
        port = int(origin.rpartition(":")[2])
        with resolve_as(read_resolved((f"shop.example:{port}:127.0.0.1",))):
            assert httpx.get(f"http://shop.example:{port}/v1", trust_env=False).status_code == 200
            assert requests.get(f"http://Shop.example:{port}/v1", timeout=5).status_code == 200
    assert [host.lower() for host, _ in seen] == [f"shop.example:{port}"] * 2
    assert [path for _, path in seen] == ["/v1", "/v1"]


@pytest.mark.parametrize("text", ["", "a", "a:1", "a:b:1.2.3.4", "a:1:nowhere", "a:1:1.2.3.4,", "a:1:1.2.3.999", "a b:1:1.2.3.4"])
def test_an_address_that_cannot_be_read_is_the_callers_mistake(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        verify.main(["serpi", "--url", "http://127.0.0.1:9", "--resolve", text])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("could not run: --resolve: ")


# The environment


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A file of credentials and a proxy that the environment names; the paths that the proxy was asked for."""
    calls: list[str] = []

    def note(handler: Handler) -> None:
        calls.append(handler.path)
        handler.answer(200, b"{}")

    file = tmp_path / "netrc"
    file.write_text("default login stranger password not-for-the-target\n")
    file.chmod(0o600)
    monkeypatch.setenv("NETRC", str(file))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(note) as origin:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, origin)
        yield calls


def test_no_client_of_the_suite_takes_credentials_or_a_proxy_from_the_environment(surroundings: list[str]) -> None:
    seen: list[str | None] = []

    def note(handler: Handler) -> None:
        seen.append(handler.headers["authorization"])
        handler.answer(200, b'{"apis": []}')

    with serving(note) as origin:
        policy = RequestPolicy(frozenset({origin}), lambda _method, _url: "x", Limits())
        with police_requests(policy, lambda _exchange: None), requests.Session() as session:
            assert session.get(f"{origin}/serpi/api/v1").status_code == 200
            assert requests.get(f"{origin}/serpi/api/v1", timeout=5).status_code == 200
        target = Target.discover("serpi", f"{origin}/serpi/api/v1")
        client = ApiClient(target)
        client._client.get(f"{origin}/serpi/api/v1")
        client.close()
        Side.discover("left", origin, load_document("serpi"), world=None, headers={})
    assert seen == [None] * 5
    assert surroundings == []
