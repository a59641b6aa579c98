"""Sends 64 KiB of hostile text in each header that the server reads, to every kind of page, in this process."""

from __future__ import annotations

from functools import partial

from tests.hostile.application import Application
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
    ("PUT", "/backoffice/api/v1/users/1/", "multipart/form-data; boundary=x", b"--x--\r\n"),
    ("GET", "/_mock/journal", "", b""),
    ("POST", "/_mock/worlds", "application/json", b"{}"),
    ("GET", "/", "", b""),
    ("GET", "/console/journal", "", b""),
)


def call_all(app: Application, call: tuple[str, str, str, bytes], header: str, hostile: list[bytes]) -> None:
    """Send each text in a header. Raises AssertionError if an answer is a server error."""
    method, path, media_type, body = call
    for text in hostile:
        headers: dict[str, str | bytes] = {"content-type": media_type, "authorization": "Bearer trincico-demo-token", header: text}
        status = app.call(method, path, body, **headers).status
        assert 100 < status < 500, f"{text[:40]!r}… answered {status}"


def main() -> None:
    """Send every text in each header, a sixteenth of them to each kind of page."""
    app = Application()
    hostile = [text.encode("latin-1") for text in texts()]
    for header in HEADERS:
        for number, call in enumerate(CALLS):
            try_part(f"{header}: {call[0]} {call[1]}", partial(call_all, app, call, header, hostile[number::16]))


if __name__ == "__main__":
    main()
