"""Texts of queries and forms become the first of several types that they can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mockserver.core.operation.forms import compile_coercer
from mockserver.openapi.documents import Document

DOCUMENT = Document("t", "t.yaml", {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": [{"url": "/"}], "paths": {}})


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        ({"type": ["integer", "null"]}, "5", 5),
        ({"type": ["integer", "null"]}, "", None),
        ({"type": ["string", "null"]}, "", ""),
        ({"type": ["integer", "string"]}, "x", "x"),
        ({"type": ["boolean", "integer"]}, "true", True),
        ({"type": ["array", "integer"], "items": {"type": "integer"}}, ["1", "2"], [1, 2]),
        ({"type": ["array", "null"], "items": {"type": "integer"}}, "1", [1]),
        ({"type": ["object", "string"], "properties": {"a": {"type": "integer"}}}, {"a": "1"}, {"a": 1}),
        ({"type": ["string", "integer"]}, {"a": "1"}, {"a": "1"}),
    ],
)
def test_a_text_becomes_one_of_several_types(schema: Any, value: Any, expected: Any) -> None:
    assert compile_coercer(DOCUMENT, schema)(value) == expected


@pytest.mark.parametrize(
    ("version", "schema", "value", "expected"),
    [
        ("3.0.3", {"type": "integer", "nullable": True}, "null", None),
        ("3.0.3", {"type": "integer", "nullable": True}, "5", 5),
        ("3.0.3", {"type": "integer"}, "null", "null"),
        ("3.0.3", {"type": "string", "nullable": True}, "null", "null"),
        ("3.1.0", {"type": ["integer", "null"]}, "null", None),
        ("3.1.0", {"type": ["string", "null"]}, "null", "null"),
    ],
)
def test_the_text_null_stands_for_null_where_no_text_may_stand(version: str, schema: Any, value: str, expected: Any) -> None:
    served = replace(DOCUMENT, raw={**DOCUMENT.raw, "openapi": version}, has_skeleton=True)

    assert compile_coercer(served, schema)(value) == expected
    assert compile_coercer(replace(served, has_skeleton=False), schema)("null") == "null"
