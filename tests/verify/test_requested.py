"""A generated request breaks the vendor's page, or only what the document assumes; uncommon values need not be taken."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.harness.findings import Exchange
from contract_tests.suite.verify.requested import UnreadableBody, breaks_page, is_ordinary, sent_by
from mockserver.openapi.documents import Document, load_document

FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


def _document(media_type: str = FORM) -> Document:
    fields: dict[str, Any] = {
        "name": {"type": "string", "maxLength": 20},
        "note": {"type": "string", "maxLength": 10, "x-provenance": {"maxLength": "assumed"}},
        "points": {"type": "integer", "minimum": 0},
    }
    schema = {"type": "object", "required": ["name"], "properties": fields}
    operation = {
        "operationId": "add_thing",
        "parameters": [
            {"name": "shop", "in": "path", "required": True, "schema": {"type": "integer"}},
            {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 9}},
        ],
        "requestBody": {"content": {media_type: {"schema": schema}}},
        "responses": {},
    }
    accepts = [{"needs": ["points"]}]
    raw = {
        "paths": {"/shops/{shop}/things": {"post": operation}},
        "components": {"x-discrepancies": {"toy.D01": {"accepts": accepts}}},
    }
    return Document("toy", "toy.yaml", raw)


def _sent(body: bytes, query: str = "") -> Exchange:
    return Exchange("POST", f"http://x/shops/7/things{query}", {}, body, 200, {}, b"", 0.01, "add_thing")


FORMS = BehaviourModel(_document())
JSON = BehaviourModel(_document("application/json"))


def test_what_was_sent_is_read_from_path_query_and_form() -> None:
    sent = sent_by(FORMS, _sent("name=Pe%C3%B1a&note=ñ&points=5".encode(), "?limit=3"))
    assert sent == {"shop": 7, "limit": 3, "name": "Peña", "note": "ñ", "points": 5}
    assert sent_by(JSON, _sent(b'{"name": "a"}')) == {"shop": 7, "name": "a"}
    parts = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nPe\xc3\xb1a\r\n--x--'
    assert sent_by(BehaviourModel(_document("multipart/form-data")), _sent(parts)) == {"shop": 7, "name": "Peña"}


@pytest.mark.parametrize("body", [b"{", b"[1]", b"null"])
def test_a_body_that_is_no_object_cannot_be_read(body: bytes) -> None:
    with pytest.raises(UnreadableBody):
        sent_by(JSON, _sent(body))
    assert breaks_page(JSON, _sent(body))
    assert not is_ordinary(JSON, _sent(body))


@pytest.mark.parametrize(
    ("body", "query", "breaks"),
    [
        (b"name=a", "", False),
        (b"note=a", "", True),
        (b"name=" + b"a" * 21, "", True),
        (b"name=a&note=" + b"a" * 11, "", False),
        (b"name=a&points=x", "", True),
        (b"name=a&points=-1", "", True),
        (b"name=a", "?limit=10", True),
    ],
)
def test_only_what_the_page_says_is_broken(body: bytes, query: str, breaks: bool) -> None:  # noqa: FBT001 - a row of the table
    assert breaks_page(FORMS, _sent(body, query)) is breaks


@pytest.mark.parametrize(
    ("values", "ordinary"),
    [
        ({"name": "Ana Sol", "points": 5}, True),
        ({"name": "Ana Sol"}, False),  # an accepted reading demands the points
        ({"name": " Ana", "points": 5}, False),
        ({"name": "a\u0000", "points": 5}, False),
        ({"name": "Ana", "note": "", "points": 5}, False),
        ({"name": "Ana", "points": 2**31}, False),
        ({"name": "Ana", "points": 5, "more": {"deep": ["x" * 256]}}, False),
    ],
)
def test_uncommon_values_need_not_be_taken(values: dict[str, Any], ordinary: bool) -> None:  # noqa: FBT001 - a row of the table
    assert is_ordinary(JSON, _sent(json.dumps(values).encode())) is ordinary


def test_the_mock_is_held_to_every_constraint() -> None:
    strict = BehaviourModel(_document(), strict=True)
    assert breaks_page(strict, _sent(b"name=a&note=" + b"a" * 11))
    assert BehaviourModel(load_document("serpi"), strict=True).describes("list_sucursales", "limite", "maximum")
    assert not BehaviourModel(load_document("serpi")).describes("list_sucursales", "limite", "maximum")
