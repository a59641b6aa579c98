"""The proxy in front of upstreams with TLS, and with HTTP/2 with and without TLS."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

from tests.traffic.exchanges import SALE, SOLD
from tests.traffic.upstreams import OK, Proxy, Upstream

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

PATH = "/monedero/wallet/sale"
KEY = {"apikey": "monedero-demo-apikey"}
GOOD = json.dumps(SOLD).encode()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate with its key, for 127.0.0.1."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, which makes the certificate")
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    key = file.with_name("key.pem")
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=upstream",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
    ]
    subprocess.run([*command, "-keyout", str(key), "-out", str(file)], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + key.read_bytes())
    return file


class Http2(Upstream):
    """An HTTP/2-only upstream that answers every request with the same body."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.heads: list[dict[str, str]] = []
        self.received = 0
        super().__init__(lambda _connection, _head: None, context)

    def talk(self, connection: socket.socket) -> None:
        session = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        session.initiate_connection()
        connection.sendall(session.data_to_send())
        while data := connection.recv(65_536):
            for event in session.receive_data(data):
                if isinstance(event, RequestReceived):
                    self.heads.append({str(name): str(value) for name, value in event.headers})
                elif isinstance(event, DataReceived):
                    self.received += len(event.data)
                    session.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, StreamEnded):
                    session.send_headers(
                        event.stream_id, [(":status", "200"), ("content-type", "application/json"), ("content-length", str(len(GOOD)))]
                    )
                    session.send_data(event.stream_id, GOOD, end_stream=True)
            connection.sendall(session.data_to_send())


def context_of(certificate: Path, *protocols: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if protocols:
        context.set_alpn_protocols(protocols)
    return context


@pytest.fixture(params=["agreed with TLS", "without TLS"])
def http2(request: pytest.FixtureRequest) -> Iterator[tuple[Http2, Proxy]]:
    with_tls = request.param == "agreed with TLS"
    upstream = Http2(context_of(request.getfixturevalue("certificate"), "h2") if with_tls else None)
    running = Proxy("monedero", upstream.url, "--insecure" if with_tls else "--http2")
    yield upstream, running
    running.stop()
    upstream.close()


def test_http_2_is_spoken_to_the_upstream(http2: tuple[Http2, Proxy]) -> None:
    upstream, running = http2
    for _ in range(3):
        response = httpx.post(running.url + PATH, headers={**KEY, "connection": "keep-alive"}, data=SALE, timeout=20)

        assert (response.status_code, response.content, response.headers["x-contract-violations"]) == (200, GOOD, "0")
    assert upstream.heads[0][":path"] == PATH
    assert "connection" not in upstream.heads[0]


def test_a_long_upload_goes_through_http_2_in_chunks(http2: tuple[Http2, Proxy]) -> None:
    upstream, running = http2
    headers = {**KEY, "content-type": "application/x-www-form-urlencoded"}

    response = httpx.post(running.url + PATH, headers=headers, content=(b"x" * 100_000 for _ in range(30)), timeout=30)

    assert response.content == GOOD
    assert upstream.received == 3_000_000


def test_an_upstream_with_tls_is_called_if_its_certificate_is_trusted(certificate: Path) -> None:
    upstream = Upstream(lambda connection, _: connection.sendall(OK + b"content-length: %d\r\n\r\n" % len(GOOD) + GOOD), context_of(certificate))
    for options, status in ((["--insecure"], 200), ([], 502)):
        running = Proxy("monedero", upstream.url, *options)
        try:
            response = httpx.post(running.url + PATH, headers=KEY, data=SALE, timeout=20)
        finally:
            running.stop()
        assert response.status_code == status
    upstream.close()
