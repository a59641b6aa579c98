"""OpenAPI 3.1 and 3.2 are read with their own JSON Schema, 3.0 with draft 4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.openapi.foreign.read import ForeignDocument
from mockserver.openapi.schemas import SchemaCompiler
from tests.foreign.documents import compiled, document, read, schemas


def is_valid(found: ForeignDocument, value: Any) -> bool:
    """Whether a value satisfies the schema ``Root`` of a document."""
    return SchemaCompiler(found.document).compile({"$ref": "#/components/schemas/Root"}).is_valid(value)


@pytest.mark.parametrize("version", ["3.1.0", "3.1.1", "3.2.0"])
@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        pytest.param({"type": ["string", "null"]}, [None, "a"], [1], id="type list"),
        pytest.param({"type": ["string", "integer"], "nullable": True}, [None, "a", 1], [[]], id="type list and nullable"),
        pytest.param({"type": "string", "nullable": True}, [None, "a"], [1], id="nullable all the same"),
        pytest.param({"const": {"a": 1}}, [{"a": 1}], [{}, 1], id="const"),
        pytest.param({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 3}, [2], [1, 3], id="exclusive bounds"),
        pytest.param({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1], id="exclusive bounds of 3.0"),
        pytest.param({"type": "array", "prefixItems": [{"type": "string"}], "items": False}, [["a"], []], [[1], ["a", 1]], id="prefixItems"),
        pytest.param({"type": "array", "items": [{"type": "string"}], "additionalItems": False}, [["a"]], [[1], ["a", 1]], id="items of draft 4"),
        pytest.param(
            {"$defs": {"A": {"type": "string"}}, "properties": {"a": {"$ref": "#/components/schemas/Root/$defs/A"}}},
            [{"a": "b"}],
            [{"a": 1}],
            id="$defs",
        ),
        pytest.param({"$ref": "#/components/schemas/Text", "maxLength": 2}, ["ab"], ["abc", 1], id="beside a reference"),
        pytest.param({"$ref": "#/components/schemas/Text", "description": "A text."}, ["abc"], [1], id="annotation beside a reference"),
        pytest.param({"$ref": "#/components/schemas/Text", "nullable": True}, ["abc", None], [1], id="nullable beside a reference"),
        pytest.param({"properties": {"a": {}}, "unevaluatedProperties": False}, [{"a": 1}], [{"b": 1}], id="unevaluatedProperties"),
        pytest.param(
            {"type": "string", "examples": ["a", "b"], "$id": "https://example.com/x", "$schema": "x", "$comment": "x"}, ["a"], [1], id="annotations"
        ),
        pytest.param({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, [{}, {"a": 1, "b": 1}], [{"a": 1}], id="if"),
        pytest.param({"dependentRequired": {"a": ["b"]}}, [{}, {"a": 1, "b": 1}], [{"a": 1}], id="dependentRequired"),
        pytest.param({"type": "object", "properties": {"a": True, "b": False}}, [{"a": 1}], [{"b": 1}], id="true and false"),
        pytest.param({"contains": {"type": "string"}, "minContains": 2}, [["a", "b"]], [["a"]], id="contains"),
    ],
)
def test_schemas_are_those_of_draft_2020_12(tmp_path: Path, version: str, schema: Any, good: list[Any], bad: list[Any]) -> None:
    found = read(tmp_path, schemas(version, Root=schema, Text={"type": "string"}))
    assert found.defects == ()
    assert [value for value in good if not is_valid(found, value)] == []
    assert [value for value in bad if is_valid(found, value)] == []
    assert compiled(found.document)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        pytest.param({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1], id="exclusive bounds"),
        pytest.param({"type": "integer", "exclusiveMinimum": 1}, [2], [1], id="exclusive bounds of 3.1"),
        pytest.param({"type": ["string", "null"]}, [None, "a"], [1], id="type list of 3.1"),
        pytest.param({"type": ["string", "integer", "null"]}, [None, "a", 1], [[]], id="longer type list of 3.1"),
        pytest.param({"const": "a"}, ["a"], ["b"], id="const of 3.1"),
        pytest.param({"type": "null"}, [None], ["b"], id="type null of 3.1"),
        pytest.param({"$ref": "#/components/schemas/Text", "maxLength": 2}, ["abc"], [1], id="nothing counts beside a reference"),
    ],
)
def test_schemas_of_3_0_are_those_of_draft_4(tmp_path: Path, schema: Any, good: list[Any], bad: list[Any]) -> None:
    found = read(tmp_path, schemas(Root=schema, Text={"type": "string"}))
    assert found.defects == ()
    assert [value for value in good if not is_valid(found, value)] == []
    assert [value for value in bad if is_valid(found, value)] == []
    assert compiled(found.document)


def test_read_only_beside_a_reference_is_kept_in_3_0(tmp_path: Path) -> None:
    found = read(tmp_path, schemas(Root={"properties": {"a": {"$ref": "#/components/schemas/Text", "readOnly": True}}}, Text={"type": "string"}))
    assert found.document.schemas["Root"]["properties"]["a"] == {"readOnly": True, "allOf": [{"$ref": "#/components/schemas/Text"}]}


def test_a_document_of_webhooks_only_is_read(tmp_path: Path) -> None:
    hook = {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Text"}}}}, "responses": {}}}
    content = document({}, "3.1.0", webhooks={"created": hook}, components={"schemas": {"Text": {"type": "string"}}, "pathItems": {"shared": {}}})
    del content["paths"]
    found = read(tmp_path, content)
    assert found.document.operations == ()
    assert found.document.raw["webhooks"]["created"]["post"]["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Text"
    }
    assert found.document.raw["components"]["pathItems"] == {"shared": {}}


def test_a_path_item_of_the_components_is_served(tmp_path: Path) -> None:
    item = {"get": {"responses": {"200": {"description": ""}}}}
    found = read(tmp_path, document({"/a": {"$ref": "#/components/pathItems/A"}}, "3.1.0", components={"pathItems": {"A": item}}))
    assert [operation.id for operation in found.document.operations] == ["get_a"]


def test_examples_of_a_medium_have_one_form(tmp_path: Path) -> None:
    media = {"schema": {"type": "string"}, "examples": ["a", "b"]}
    found = read(tmp_path, document({"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": media}}}}}}, "3.1.0"))
    response = found.document.operations[0].response(200)
    assert response is not None
    assert response["content"]["application/json"]["examples"] == {"example_1": {"value": "a"}, "example_2": {"value": "b"}}
