"""Bad input is refused at once in the vendor's format; it changes nothing, and the next request succeeds."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.conftest import Mock, Server

MIB = 1024 * 1024
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

SALE = b"wallet_key=wallet-demo&phone=4775550101&transaction_type=0&transaction_amount=10&usertool_id=7001"

BODIES: dict[str, bytes] = {
    "empty": b"",
    "truncated JSON": b'{"id_tercero": 18',
    "not UTF-8": b'{"descripcion": "\xff\xfe"}',
    "UTF-16": '{"id": 1}'.encode("utf-16"),
    "deeply nested": b"[" * 10_000 + b"]" * 10_000,
    "deeply nested object": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "duplicate keys": b'{"id": 2317, "id": 1}',
    "NaN": b'{"id": NaN}',
    "infinite": b'{"id": 1e999}',
    "lone surrogate": b'{"descripcion": "\\ud800"}',
    "a list": b"[]",
    "a number": b"12",
    "null": b"null",
    "NUL bytes": b"\x00" * 100,
    "50 MB": b'{"descripcion": "' + b"x" * 50 * MIB + b'"}',
    "2 MB": b" " * 2 * MIB,
}
FORMS: dict[str, bytes] = {
    "empty": b"",
    "not UTF-8": SALE + b"&ticket=\xff",
    "not UTF-8, encoded": SALE + b"&ticket=%ff%fe",
    "broken escape": SALE.replace(b"4775550101", b"%4"),
    "repeated": SALE + b"&phone=4775550101",
    "empty fields": b"wallet_key=&phone=&transaction_type=&transaction_amount=&usertool_id=",
    "control characters": SALE + b"&ticket=a%00b",
    "huge field": SALE + b"&ticket=" + b"x" * 900_000,
    "too many fields": SALE + b"&a=1" * 5_000,
    "brackets": SALE.replace(b"phone", b"phone[a][b]"),
    "deep brackets": SALE + b"&a" + b"[b]" * 1_000 + b"=1",
    "infinite": SALE.replace(b"=10", b"=1e999"),
    "not a number": SALE.replace(b"=10", b"=NaN"),
    "huge number": SALE.replace(b"=10", b"=" + b"9" * 400),
    "negative": SALE.replace(b"=10", b"=-10"),
    "50 MB": b"ticket=" + b"x" * 50 * MIB,
}


@pytest.fixture
def unchanged(mock: Mock) -> Iterator[Mock]:
    """A world that must be unchanged after the test, on a server that must still work."""
    before = {slug: mock.state(slug) for slug in ("serpi", "monedero")}
    yield mock
    assert {slug: mock.state(slug) for slug in ("serpi", "monedero")} == before
    assert mock.outbox() == []
    with mock.client("serpi") as client:
        assert client.get("/Sucursales").status_code == 200
    with mock.client("monedero") as client:
        assert client.post("/wallet/sale", content=SALE, headers={"content-type": FORM}).status_code == 200


def refused(response: httpx.Response, *statuses: int) -> dict[str, Any]:
    assert response.status_code in statuses, (response.status_code, response.text[:300])
    assert response.headers["content-type"] == JSON
    body: dict[str, Any] = response.json()
    assert body["success"] is False
    assert "Traceback" not in response.text
    return body


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_bad_json_body_is_refused(unchanged: Mock, method: str, name: str) -> None:
    with unchanged.client("serpi") as client:
        refused(client.request(method, "/Sucursales", content=BODIES[name], headers={"content-type": JSON}), 400, 413)


@pytest.mark.parametrize("name", FORMS)
def test_a_bad_form_is_refused(unchanged: Mock, name: str) -> None:
    with unchanged.client("monedero") as client:
        refused(client.post("/wallet/sale", content=FORMS[name], headers={"content-type": FORM}), 400, 413)


def _chunks() -> Iterator[bytes]:
    for _ in range(50):
        yield b"x" * MIB


@pytest.mark.parametrize("path", ["/serpi/api/v1/Sucursales", "/monedero/wallet/sale"])
def test_a_body_without_announced_length_is_cut_off(unchanged: Mock, path: str) -> None:
    slug = path.split("/")[1]
    with unchanged.client(slug) as client:
        content_type = JSON if slug == "serpi" else FORM
        refused(client.post(unchanged.url + path, content=_chunks(), headers={"content-type": content_type}), 413)


@pytest.mark.parametrize("size", [10, 2 * MIB])
def test_a_body_that_an_operation_does_not_have_is_ignored(mock: Mock, size: int) -> None:
    with mock.client("serpi") as client:
        assert client.request("GET", "/Sucursales", content=b"x" * size).status_code == 200
        assert client.request("GET", "/Sucursales", content=(b"x" * (size // 10) for _ in range(10))).status_code == 200


OTHER_TYPES = ["text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x", "nonsense", "", "a/b/c;;="]


@pytest.mark.parametrize("content_type", OTHER_TYPES)
@pytest.mark.parametrize(("slug", "path"), [("serpi", "/Sucursales"), ("monedero", "/wallet/sale")])
def test_another_content_type_is_refused(unchanged: Mock, slug: str, path: str, content_type: str) -> None:
    with unchanged.client(slug) as client:
        refused(client.post(path, content=b"wallet_key=wallet-demo", headers={"content-type": content_type}), 415)


def test_a_form_is_no_json_and_json_is_no_form(unchanged: Mock) -> None:
    with unchanged.client("serpi") as client:
        refused(client.post("/Sucursales", data={"id_tercero": "1"}), 415)
    with unchanged.client("monedero") as client:
        assert refused(client.post("/employee/add", json={"type": "cajero"}), 415)["code"] == "err_toolusers_01"


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate"])
def test_an_encoded_body_is_refused(unchanged: Mock, encoding: str) -> None:
    with unchanged.client("serpi") as client:
        refused(client.post("/Sucursales", content=b"\x1f\x8b", headers={"content-type": JSON, "content-encoding": encoding}), 415)


QUERIES = [
    "limite=1&limite=2",
    "limite=",
    "limite=0",
    "limite=-1",
    "limite=1.5",
    "limite=uno",
    "limite=99999999999999999999",
    "limite=1%00",
    "limite=%0a1",
    "pagina=" + "9" * 5_000,
    "Límite=x",
    "limite[a]=1",
    "limite=1&Límite=2&limite=%ff",
    "x=" + "y" * 20_000,
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_bad_parameter_is_refused(unchanged: Mock, query: str) -> None:
    with unchanged.client("serpi") as client:
        refused(client.get(f"/Sucursales?{query}"), 400, 413)


@pytest.mark.parametrize("value", ["", "x" * 10_000, "ñ".encode(), b"\xff", "monedero-demo-apikey, monedero-demo-apikey"])
def test_an_odd_credential_is_refused(unchanged: Mock, value: str | bytes) -> None:
    with unchanged.client("monedero", None) as client:
        assert (
            refused(client.post("/wallet/get", headers=[("apikey", value)] if isinstance(value, str) else [(b"apikey", value)]), 401)["code"]
            == "auth_01"
        )


# Bytes that are no HTTP at all


def talk(server: Server, data: bytes) -> tuple[str, bytes]:
    """Status line and body of the answer to raw bytes."""
    host = urlsplit(server.url)
    with closing(socket.create_connection((host.hostname or "", host.port or 0), timeout=10)) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b"\r\n", 1)[0].decode(), body


RAW = {
    "unknown method": b"BREW /monedero/wallet/get HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in a header": b"POST /monedero/wallet/get HTTP/1.1\r\nHost: x\r\napikey: a\x00b\r\n\r\n",
    "NUL in the path": b"POST /monedero/wal\x00let HTTP/1.1\r\nHost: x\r\n\r\n",
    "control character in a header name": b"POST /monedero/wallet/get HTTP/1.1\r\nHost: x\r\nap\x01key: a\r\n\r\n",
    "broken length": b"POST /monedero/wallet/get HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
    "two lengths": b"POST /monedero/wallet/get HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "another protocol": b"GET /monedero/wallet/get FTP/1.1\r\nHost: x\r\n\r\n",
    "in a world": b"POST /~w/monedero/wal\x00let HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("name", RAW)
def test_bytes_that_are_not_http_are_refused_in_the_format_of_the_vendor_in_their_path(server: Server, mock: Mock, name: str) -> None:
    status, body = talk(server, RAW[name])
    assert status.startswith("HTTP/1.1 4"), status
    assert b'"success":false' in body
    with mock.client("monedero") as client:
        assert client.post("/wallet/get").status_code == 200


def test_bytes_without_a_path_get_a_problem(server: Server) -> None:
    status, body = talk(server, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert status.startswith("HTTP/1.1 400")
    assert b'"title":"Bad Request"' in body


@pytest.mark.parametrize("head", [b"X-Long: " + b"x" * 300_000 + b"\r\n", b"".join(b"X-%d: y\r\n" % number for number in range(20_000))])
def test_headers_without_end_are_cut_off(server: Server, head: bytes) -> None:
    try:
        status, body = talk(server, b"POST /monedero/wallet/get HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
    except OSError:
        return  # the server had closed before everything was sent
    assert status.startswith("HTTP/1.1 431")
    assert b'"limit":"head"' in body


def test_a_body_that_breaks_off_changes_nothing(server: Server, unchanged: Mock) -> None:
    start = f"POST /~{unchanged.world}/monedero/wallet/sale HTTP/1.1\r\nHost: x\r\napikey: monedero-demo-apikey\r\nContent-Type: {FORM}\r\n"
    talk(server, f"{start}Content-Length: {len(SALE) + 10}\r\n\r\n".encode() + SALE)


@pytest.mark.parametrize("path", ["/serpi/api/v1/Sucursales%00", "/monedero/wallet/get%00", "/monedero/%0a%0d", "/serpi/api/v1/%ff"])
def test_control_characters_in_a_path_are_refused(unchanged: Mock, path: str) -> None:
    slug = path.split("/")[1]
    with unchanged.client(slug) as client:
        refused(client.get(unchanged.url + path), 404)
