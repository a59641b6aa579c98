"""Documents are checked as Connexion checks them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from mockserver.core.asgi.connexion_stack import InvalidSpecification, Specification
from mockserver.openapi.documents import SPECS, read_document

if TYPE_CHECKING:
    from collections.abc import Callable


def document() -> dict[str, Any]:
    return copy.deepcopy(read_document("serpi", SPECS / "serpi.yaml").raw_for_router())


def checked(raw: dict[str, Any]) -> Any:
    reader: Any = Specification  # published without types
    return reader.from_dict(raw)


def test_a_good_document_passes() -> None:
    assert checked(document())["info"]["title"].startswith("SERPI")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw["info"].pop("title"), "'title' is a required property"),
        (lambda raw: raw["components"]["schemas"].update(Z={"type": "integer", "default": "x"}), "'default': 'x'"),
        (lambda raw: raw["components"]["schemas"].update(Z={"properties": {"a": {"type": "string", "default": 1}}}), "'default': 1"),
        (lambda raw: raw["paths"].update({"/z": {"get": {"operationId": "z"}}}), "'responses' is a required property"),
    ],
)
def test_a_broken_document_is_refused_with_the_reason(change: Callable[[dict[str, Any]], object], words: str) -> None:
    raw = document()
    change(raw)
    with pytest.raises(InvalidSpecification, match="(?s).*" + words):
        checked(raw)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "default": 1},
        {"type": "integer", "nullable": True, "default": None},
        {"type": "object", "properties": {"default": {"type": "integer"}, "type": {"type": "string"}}},
        {"type": "object", "example": {"type": "integer", "default": "x"}},
    ],
)
def test_what_looks_like_a_wrong_default_but_is_none_passes(schema: dict[str, Any]) -> None:
    raw = document()
    raw["components"]["schemas"]["Z"] = schema
    assert "Z" in checked(raw)["components"]["schemas"]
