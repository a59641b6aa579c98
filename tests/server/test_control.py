"""The control plane: clock, state, outbox, and access."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mockserver.app import CONTROL_DOCUMENT
from mockserver.openapi.documents import read_document
from tests.conftest import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Mock


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_health_names_version_world_and_time(mock: Mock) -> None:
    with mock.control as control:
        health = control.get("/health").json()
    assert (health["status"], health["world"]) == ("ok", mock.world)


def test_every_published_credential_works_without_set_up(mock: Mock) -> None:
    for slug, call in {"serpi": ("GET", "/Sucursales"), "monedero": ("POST", "/wallet/get")}.items():
        for credential in mock.api(slug)["credentials"]:
            with mock.client(slug, credential["name"]) as client:
                assert client.request(*call).status_code < 300


@pytest.mark.parametrize("at", ["1975-06-01T00:00:00Z", "2026-11-21T00:00:00Z", "2199-12-31T23:59:59Z"])
def test_published_credentials_work_on_every_date(mock: Mock, at: str) -> None:
    with mock.control as control:
        control.patch("/clock", json={"freeze": at})
    test_every_published_credential_works_without_set_up(mock)


def test_the_clock_stands_still_moves_and_runs_again(mock: Mock) -> None:
    with mock.control as control:
        assert control.get("/clock").json()["mode"] == "real"
        frozen = control.patch("/clock", json={"freeze": "2026-01-31T00:00:00Z"}).json()
        assert frozen == {"now": "2026-01-31T00:00:00Z", "mode": "frozen", "shift_seconds": 0.0}
        assert control.get("/clock").json() == frozen
        assert control.patch("/clock", json={"advance": "P1M"}).json()["now"] == "2026-02-28T00:00:00Z"
        assert control.patch("/clock", json={"resume": True}).json()["mode"] == "real"
        before = moment(control.get("/clock").json()["now"])
        shifted = control.patch("/clock", json={"advance": "P31D"}).json()
        assert shifted["mode"] == "shifted"
        assert timedelta(days=31) <= moment(shifted["now"]) - before < timedelta(days=31, minutes=5)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advance": "a while"},
        {"advance": "P99999Y"},
        {"advance": "P9000Y"},
        {"freeze": "yesterday"},
        {"advance": "P"},
        {"advance": "-P1D"},
        {"freeze": "2026-01-01T00:00:00"},
        {"resume": False},
        {"advance": "P1D", "freeze": "2026-01-01T00:00:00Z"},
        {"forward": "P1D"},
        [],
        "P1D",
    ],
)
def test_a_clock_change_that_makes_no_sense_is_refused_in_words(mock: Mock, body: Any) -> None:
    with mock.control as control:
        response = control.patch("/clock", json=body)
        assert response.status_code == 400
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["violations"]
        assert control.get("/clock").json()["mode"] == "real"


@pytest.mark.parametrize("body", [{"freeze": "0001-01-01T00:00:00Z"}, {"freeze": "9999-01-01T00:00:00Z"}, {"freeze": "2016-12-31T23:59:60Z"}])
def test_a_clock_cannot_leave_its_supported_years(mock: Mock, body: Any) -> None:
    with mock.control as control:
        assert control.patch("/clock", json={"freeze": "8999-06-01T00:00:00Z"}).status_code == 200
        for refused in (control.patch("/clock", json=body), control.patch("/clock", json={"advance": "P99Y"})):
            assert refused.status_code == 409
            assert refused.json()["detail"].startswith("the clock cannot be set to this")
        assert control.get("/clock").json()["now"] == "8999-06-01T00:00:00Z"


def test_state_lists_tables_and_records_without_secrets(mock: Mock) -> None:
    with mock.control as control:
        tables = control.get("/state/monedero").json()["tables"]
        assert tables["usertools"] == 9
        records = control.get("/state/monedero/usertools").json()["records"]
    assert [record["id"] for record in records][:2] == [7001, 7002]
    assert not any("password" in key for record in records for key in record)


@pytest.mark.parametrize(("path", "words"), [("/state/nobody", "monedero, serpi"), ("/state/serpi/nothing", "there are clients, branches")])
def test_an_unknown_vendor_or_table_is_refused_with_those_that_exist(mock: Mock, path: str, words: str) -> None:
    with mock.control as control:
        response = control.get(path)
    assert response.status_code == 404
    assert words in response.json()["detail"]


def test_the_outbox_can_be_emptied(mock: Mock) -> None:
    with mock.client("monedero") as client:
        client.post("/wallet/contact/add", data={"wallet_key": "wallet-demo", "phone": "4775550199", "customer_name": "A", "usertool_id": "7001"})
    assert [message["channel"] for message in mock.outbox()] == ["sms"]
    with mock.control as control:
        assert control.delete("/outbox").status_code == 204
    assert mock.outbox() == []


def test_the_control_plane_serves_its_own_document(server: Server) -> None:
    served = httpx.get(f"{server.url}/_mock/openapi.json").json()
    assert served["paths"].keys() == read_document("mock", CONTROL_DOCUMENT).raw["paths"].keys()


# Access


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://localhost:3000"}, 200),
        ({"origin": "http://127.0.0.1:5173"}, 200),
        ({"origin": "http://app.localhost:3000"}, 200),
        ({"origin": "https://evil.example.com"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://localhost.evil.example.com"}, 403),
        ({"host": "evil.example.com"}, 403),
        ({"host": "localhost.evil.example.com:8000"}, 403),
        ({"host": "localhost:9999"}, 200),
    ],
)
def test_no_page_of_another_site_may_use_the_control_plane(mock: Mock, headers: dict[str, str], status: int) -> None:
    with mock.control as control:
        response = control.get("/apis", headers=headers)
    assert response.status_code == status
    if "origin" in headers:
        assert ("access-control-allow-origin" in response.headers) == (status == 200)


@pytest.fixture(scope="module")
def exposed() -> Iterator[Server]:
    """A server that other machines can reach."""
    running = Server("--host", "0.0.0.0", "--token", "s3cret")  # noqa: S104 - on purpose
    yield running
    running.stop()


def test_on_an_open_address_the_control_plane_requires_its_token(exposed: Server) -> None:
    assert "X-Mock-Token: s3cret" in exposed.banner
    url = exposed.url
    assert httpx.get(f"{url}/_mock/health").status_code == 200
    for path in ("/_mock/apis", "/_mock/clock", "/~w/_mock/apis", "/_mock/openapi.json", "/_mock/nothing"):
        assert httpx.get(url + path).status_code == 401
        assert httpx.get(url + path, headers={"x-mock-token": "wrong"}).status_code == 401
    good = {"x-mock-token": "s3cret", "host": "mock.example.com", "origin": "https://app.example.com"}
    assert httpx.get(f"{url}/_mock/apis", headers=good).status_code == 200
    assert httpx.post(f"{url}/_mock/reset", headers=good).status_code == 200


def test_vendors_need_no_token(exposed: Server) -> None:
    assert httpx.post(f"{exposed.url}/monedero/wallet/get", headers={"apikey": "monedero-demo-apikey"}).status_code == 200
