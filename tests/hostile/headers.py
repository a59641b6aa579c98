"""Sends 64 KiB of hostile text in each header that the server reads, to every kind of page, in this process."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from mockserver.app import create_app
from tests.hostile.cpu import texts, try_part

HEADERS = (
    "accept accept-encoding authorization apikey api_key content-disposition content-encoding content-length content-type cookie expect forwarded "
    "host if-match if-modified-since if-none-match if-range if-unmodified-since last-event-id origin prefer range sec-fetch-site transfer-encoding "
    "x-api-key x-forwarded-host x-http-method-override x-mock-token x-mock-world"
).split()
CALLS = (
    ("POST", "/monedero/wallet/sale", "application/x-www-form-urlencoded", b"a=1"),
    ("GET", "/serpi/api/v1/Sucursales", "", b""),
    ("POST", "/trincico/invoices", "application/json", b"{}"),
    ("PUT", "/backoffice/users/1/picture", "multipart/form-data; boundary=x", b"--x--\r\n"),
    ("GET", "/_mock/journal", "", b""),
    ("POST", "/_mock/worlds", "application/json", b"{}"),
    ("GET", "/", "", b""),
    ("GET", "/console/journal", "", b""),
)


async def call(app: Any, call_: tuple[str, str, str, bytes], header: str, text: bytes) -> int:
    """Call the application. Returns the status of the answer."""
    method, path, media_type, body = call_
    sent = {b"host": b"localhost", b"content-type": media_type.encode(), b"authorization": b"Bearer trincico-demo-token", header.encode(): text}
    scope = {"type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http"}
    scope |= {"headers": list(sent.items()), "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": "", "extensions": {}}
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


async def call_all(app: Any, call_: tuple[str, str, str, bytes], header: str, hostile: list[bytes]) -> None:
    """Send each text in a header. Raises AssertionError if an answer is a server error."""
    for text in hostile:
        status = await call(app, call_, header, text)
        assert status < 500, f"{text[:40]!r}… answered {status}"


def main() -> None:
    """Send every text in each header, a sixteenth of them to each kind of page."""
    app = create_app()
    hostile = [text.encode("latin-1") for text in texts()]
    for header in HEADERS:
        for number, call_ in enumerate(CALLS):
            part = partial(call_all, app, call_, header, hostile[number::16])
            try_part(f"{header}: {call_[0]} {call_[1]}", lambda part=part: asyncio.run(part()))


if __name__ == "__main__":
    main()
