"""Markup that would run if a page did not escape it, put into every place that a client or a person can write to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.console.places import read
from tests.server.samples import SLUGS, samples

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

MARK = "'\"><x-stored></x-stored><img src=x onerror=alert(1)><script>alert(1)</script>{{7*7}}"
SHORT = '"><x-stored>'
"""The mark for short fields."""


def _client_of(client: httpx.Client, slug: str) -> Mapping[str, str]:
    apis = client.get("/_mock/apis").json()["apis"]
    found: Mapping[str, str] = next(api for api in apis if api["slug"] == slug)["credentials"][0]["headers"]
    return found


def call_everything(client: httpx.Client) -> None:
    """Send every example call of the documents, with the mark in every text, query parameter, header and path, and as file name."""
    for slug in SLUGS:
        headers = {**_client_of(client, slug), "user-agent": MARK, "x-trace": MARK, "referer": MARK}
        base = next(api for api in client.get("/_mock/apis").json()["apis"] if api["slug"] == slug)["base_url"]
        for sample in samples(slug):
            marked = sample.marked(MARK)
            body = {"json": marked.body} if marked.media_type.endswith("json") else {"data": marked.body}
            options = body if marked.body is not None else {}
            client.request(marked.method, base + marked.path, params={**marked.query, "seen": MARK}, headers={**headers, **marked.headers}, **options)
            files = {"file": (MARK, b"not a picture", "text/html")}
            client.request(marked.method, base + marked.path, headers=headers, files=files, data={"note": MARK})
            client.request(marked.method, base + marked.path, headers=headers, content=f"<html>{MARK}", params={MARK: "1"})
            client.request(marked.method, base + marked.path, headers=headers, json={MARK: [MARK], "deep": {SHORT: {MARK: None}}})
        client.get(f"{base}/{MARK}", headers=headers)


def send_messages(client: httpx.Client) -> None:
    """Send a message with a text of the client over each channel."""
    key = _client_of(client, "monedero")
    customer = {"wallet_key": "wallet-demo", "phone": "4775559911", "customer_name": SHORT, "usertool_id": "7001"}
    client.post("/monedero/wallet/contact/add", headers=key, data=customer)
    client.patch("/_mock/state/backoffice/users/6", json={"first_name": MARK, "last_name": SHORT})
    client.post("/backoffice/api/v1/tokens", headers=_client_of(client, "backoffice"), data={"user_id": "6"})


def fill_records(client: httpx.Client) -> int:
    """Write the mark into every field that takes any text, in one record of every table. Returns the number of fields."""
    filled = 0
    for slug in SLUGS:
        known = client.get(f"/_mock/state/{slug}").json()
        for table, columns in known["columns"].items():
            names = [column["name"] for column in columns if column["text"] and column["name"] != "id" and not column["refers_to"]]
            newest = client.get(f"/_mock/state/{slug}/{table}", params={"order": "newest", "limit": 1}).json()["records"]
            for number, name in enumerate(names if newest else ()):
                mark = {name: (MARK, SHORT)[number % 2]}
                filled += client.patch(f"/_mock/state/{slug}/{table}/{newest[0]['id']}", json=mark).is_success
    return filled


def set_rules(client: httpx.Client) -> None:
    """Add fault rules for calls whose method, path and headers are the mark."""
    client.post("/_mock/faults", json={"api": "serpi", "path": MARK, "headers": {"x-trace": MARK}, "answer": {"status": 401}})


def leave_marks(client: httpx.Client) -> int:
    """Write the mark everywhere. Returns the number of fields of records."""
    send_messages(client)
    filled = fill_records(client)
    call_everything(client)
    set_rules(client)
    return filled


def assert_shown_as_text(pages: Mapping[str, str]) -> None:
    """Fail if a page has an element or an attribute that only the mark can have made."""
    for url, text in pages.items():
        page = read(text)
        assert "x-stored" not in page.tags, f"{url}: what a client sent became an element"
        handlers = [name for name, _ in page.attributes if name.startswith("on")]
        assert handlers == [], f"{url}: what a client sent became a handler"


def showing(pages: Mapping[str, str]) -> list[str]:
    """Addresses of the pages that show the mark."""
    return [url for url, text in pages.items() if "<x-stored></x-stored>" in "".join(read(text).text) or MARK[:20] in str(read(text).attributes)]
