"""A body that the control plane refuses: the answer names the key that is wrong or missing, and the nearest right one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mockserver.app import CONTROL_DOCUMENT
from mockserver.core.base.ids import generator
from mockserver.openapi.documents import read_document
from mockserver.openapi.examples import invent

if TYPE_CHECKING:
    from tests.conftest import Server

DOCUMENT = read_document("mock", CONTROL_DOCUMENT)
BODIES = [spec for spec in DOCUMENT.operations if "application/json" in spec.content]
FREE = {"import_world", "create_record", "update_record"}
"""Operations whose bodies depend on the vendors; they are checked by the mapping of their records."""
PATHS = {
    "name": "w",
    "slug": "serpi",
    "table": "branches",
    "record": "1",
    "snapshot": "s",
    "rule": "1",
    "service": "serpi.erp",
    "transition": "trincico.payout",
    "number": "1",
}


def send(server: Server, method: str, path: str, body: Any) -> httpx.Response:
    return httpx.request(method, f"{server.url}/_mock{path.format(**PATHS)}", json=body, headers={"x-mock-world": "errors"})


def texts(answer: httpx.Response) -> list[tuple[str, str]]:
    """The violations of a refusal, as places and texts."""
    assert answer.status_code == 400, answer.text
    return [(found["pointer"], found["text"]) for found in answer.json()["violations"]]


@pytest.mark.parametrize("operation", [spec.id for spec in BODIES if spec.id not in FREE])
def test_every_body_refuses_an_unknown_key_by_its_name(server: Server, operation: str) -> None:
    spec = next(spec for spec in BODIES if spec.id == operation)
    schema = spec.content["application/json"]["schema"]
    sent = {**(invent(DOCUMENT, schema, generator(1, operation, 1)) or {}), "no_such_key": 1}
    found = texts(send(server, spec.method, spec.path, sent))
    assert any("no_such_key" in pointer + text for pointer, text in found), found
    assert not any("anyOf" in text or "oneOf" in text for _, text in found), found


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer", "words"),
    [
        ("POST", "/journal/verify", {"operation": "x"}, "", "give one of call, in_order; operation is no key here"),
        ("POST", "/journal/verify", {"call": {"operatoin": "x"}}, "/call/operatoin", "it has operation"),
        ("POST", "/journal/verify", {"call": {}, "count": "3"}, "/count", "one of the types integer, object"),
        ("PATCH", "/clock", {"advanc": "P1D"}, "", "give one of advance, freeze"),
        ("PATCH", "/clock", {}, "", "give one of advance, freeze"),
        ("POST", "/worlds", {"from": {"scenarioo": "x"}}, "/from/scenarioo", "it has scenario"),
        ("POST", "/worlds", {"nam": "x"}, "/nam", "it has name"),
        ("POST", "/faults", {"api": "serpi", "delay": "x"}, "/delay", "one of the types number, object"),
        ("POST", "/faults", {"api": "serpi", "anser": {"status": 429}}, "/anser", "it has answer"),
        ("POST", "/faults", {"damage": {"kind": "rest"}}, "/damage/kind", "reset"),
        ("PUT", "/services/serpi.erp", {"dwn": True}, "/dwn", "it has down"),
        ("PUT", "/transitions/trincico.payout", {"afer": "P2D"}, "/afer", "it has after"),
        ("PUT", "/transitions/trincico.payout", {"outcome": "lost"}, "/outcome", "there are paid, failed"),
        ("POST", "/reset", {"sed": 1}, "/sed", "it has seed"),
    ],
)
def test_a_mistake_is_named_with_what_was_meant(server: Server, method: str, path: str, body: Any, pointer: str, words: str) -> None:
    found = texts(send(server, method, path, body))
    assert any(place == pointer and words in text for place, text in found), found
