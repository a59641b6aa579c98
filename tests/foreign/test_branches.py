"""A violation behind ``anyOf`` or ``oneOf`` names the place in the branch that was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.openapi.schemas import SchemaCompiler
from tests.foreign.documents import read, schemas

CARD = {"type": "object", "required": ["number"], "properties": {"kind": {"enum": ["card"]}, "number": {"type": "string"}}}
BANK = {"type": "object", "required": ["iban"], "properties": {"kind": {"enum": ["bank"]}, "iban": {"type": "string", "minLength": 5}}}
NESTED = {"type": "object", "required": ["source"], "properties": {"source": {"oneOf": [CARD, BANK]}}}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    ("schema", "value", "found"),
    [
        ({"oneOf": [CARD, BANK]}, {"kind": "bank", "iban": "1"}, [("/iban", "minLength")]),
        ({"oneOf": [CARD, BANK]}, {"kind": "card"}, [("/number", "required")]),
        ({"anyOf": [CARD, {"type": "string"}]}, {"number": 1}, [("/number", "type")]),
        ({"anyOf": [CARD, {"type": "string"}]}, 7, [("", "anyOf")]),
        ({"anyOf": [{"type": "integer"}, NESTED]}, {"source": {"kind": "bank"}}, [("/source/iban", "required")]),
        ({"oneOf": [{"type": "string"}, {"type": "string", "maxLength": 9}]}, "both", [("", "oneOf")]),
        ({"anyOf": [{"type": "string", "minLength": 3}, {"type": "string", "maxLength": 0}]}, "ab", [("", "anyOf")]),
    ],
)
def test_the_branch_that_was_meant_is_named(tmp_path: Path, version: str, schema: dict[str, Any], value: Any, found: list[tuple[str, str]]) -> None:
    document = read(tmp_path, schemas(version, Root=schema)).document
    violations = SchemaCompiler(document).compile(document.schemas["Root"]).violations(value, "body")
    assert [(violation.pointer, violation.keyword) for violation in violations] == found
