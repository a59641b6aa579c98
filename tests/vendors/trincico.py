"""Shared helpers of Trincico's tests: its document, its seeded records, and the calls of its page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fixtures.trincico import SEEDED_RECORDS
from mockserver.openapi.documents import SPECS, read_document
from tests.vendors.tables import rows

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Mock

DOCUMENT = read_document("trincico", SPECS / "trincico.yaml")
OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations}
RECIPES = [(operation, *cells) for operation, cells in rows("trincico", "answer")]
BACK = {"success_url": "https://shop.example.com/success", "cancel_url": "https://shop.example.com/failed"}
BACK_TO_PAYOUTS = {"return_url": "https://shop.example.com/payouts", "refresh_url": "https://shop.example.com/again"}


@dataclass
class Call:
    """One call: where each field of the page is sent."""

    path: str
    fields: dict[str, Any] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    content_type: str = ""

    def send(self, client: httpx.Client, operation_id: str) -> httpx.Response:
        """The answer to the call."""
        operation = OPERATIONS[operation_id]
        media = list(DOCUMENT.resolve(operation.spec.get("requestBody", {})).get("content", {}))
        headers = {"content-type": self.content_type or media[0]} if media else {}
        content = self.raw
        query = {**self.query, **({} if media else self.fields)}
        if media and content is None and (self.fields or not self.query):
            form = media[0] == "application/x-www-form-urlencoded"
            content = "&".join(f"{name}={value}" for name, value in self.fields.items()).encode() if form else json.dumps(self.fields).encode()
        if content is None:
            headers = {}
        return client.request(operation.method, self.path, params=query, content=content, headers=headers)


def value(text: str) -> Any:
    """A value as the page writes it: the name of a seeded record, JSON, or text."""
    if text.startswith("$"):
        return SEEDED_RECORDS[text[1:]]
    try:
        return json.loads(text)
    except ValueError:
        return text


def call(operation_id: str, written: str) -> Call:
    """A call as the page writes it."""
    words = written.strip("`").split()
    if words[:1] == ["…"]:
        first = next(cells[-1] for name, cells in rows("trincico", "answer") if name == operation_id)
        words = [*first.strip("`").split(), *words[1:]]
    made = Call(OPERATIONS[operation_id].path)
    for word in words:
        name, given, text = word.partition("=")
        if word.startswith("@"):
            made.path = "/".join(value(part) if part.startswith("$") else part for part in word[1:].split("/"))
        elif name.startswith("{"):
            # the last word for a placeholder counts, so the path is built anew
            made.fields[name] = str(value(text))
        elif name == "raw":
            made.raw = b" " * int(text) if text.isdigit() else text.encode()
        elif name == "type":
            made.content_type = text
        elif name.startswith("?"):
            made.query[name[1:]] = str(value(text))
        elif given:
            made.fields[name] = value(text)
        else:
            made.fields.pop(name, None)
    for name in [name for name in made.fields if name.startswith("{")]:
        made.path = made.path.replace(name, made.fields.pop(name))
    return made


def open_page(mock: Mock, credential: str, method: str, path: str, **body: Any) -> str:
    """The redirect_url of a call that is answered 428."""
    with mock.client("trincico", credential) as client:
        answer = client.request(method, path, json=body)
    assert answer.status_code == 428, answer.text
    url: str = answer.json()["redirect_url"]
    return url


def press(mock: Mock, url: str, outcome: str, **fields: str) -> httpx.Response:
    """Press a button of a hosted page, as a browser without the client's headers would."""
    with mock.client() as client:
        del client.headers["x-mock-world"]
        return client.post(url, data={"outcome": outcome, **fields})


def advance(mock: Mock, duration: str) -> None:
    """Advance the clock of the world."""
    with mock.control as control:
        control.patch("/clock", json={"advance": duration}).raise_for_status()


def get(mock: Mock, path: str, credential: str = "demo", **query: Any) -> Any:
    """The body of a successful answer."""
    with mock.client("trincico", credential) as client:
        answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def do(mock: Mock, method: str, path: str, status: int, credential: str = "demo", /, **body: Any) -> Any:
    """Make a call that must be answered with a given status; returns its body, if there is one."""
    with mock.client("trincico", credential) as client:
        answer = client.request(method, path, json=body or None)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None
