"""Schemas that name themselves: ``$id``, ``$anchor``, ``$dynamicAnchor``, and the references to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.openapi.foreign.read import ForeignDocument
from tests.foreign.documents import read, schemas, write

TEXT = {"type": "string", "maxLength": 3}
WHOLE = {"type": "integer", "maximum": 9}


def member(found: ForeignDocument, name: str = "a", of: str = "Root") -> Any:
    """The schema of a property, without references."""
    return found.document.resolve(found.document.schemas[of]["properties"][name])


def refers(reference: str) -> dict[str, Any]:
    return {"properties": {"a": {"$ref": reference}}}


def test_an_anchor_leads_to_its_schema(tmp_path: Path) -> None:
    found = read(tmp_path, schemas("3.1.0", Root=refers("#short"), Other={"$defs": {"x": {"$anchor": "short", **TEXT}}}))
    assert found.defects == ()
    assert member(found) == TEXT


def test_an_anchor_of_another_file_leads_to_its_schema(tmp_path: Path) -> None:
    write(tmp_path, {"$defs": {"x": {"$anchor": "short", **TEXT}}}, "more.yaml")
    found = read(tmp_path, schemas("3.1.0", Root=refers("more.yaml#short")))
    assert found.defects == ()
    assert member(found) == TEXT


def test_a_pointer_goes_on_behind_an_anchor(tmp_path: Path) -> None:
    parts = {"Here": {"$ref": "#there"}, "There": {"$anchor": "there", "properties": {"b": TEXT}}}
    found = read(tmp_path, schemas("3.1.0", Root=refers("#/components/schemas/Here/properties/b"), **parts))
    assert found.defects == ()
    assert member(found) == TEXT


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("https://example.com/schemas/parts#/$defs/n", TEXT),
        ("https://example.com/schemas/parts#/%24defs/n", TEXT),
        ("https://example.com/schemas/parts#whole", WHOLE),
        ("https://example.com/schemas/inner", WHOLE),
    ],
)
def test_an_identifier_leads_to_its_schema(tmp_path: Path, reference: str, expected: Any) -> None:
    """It is not fetched, though it looks like an address."""
    parts = {"$id": "https://example.com/schemas/parts", "$defs": {"n": TEXT, "w": {"$id": "inner", "$anchor": "whole", **WHOLE}}}
    found = read(tmp_path, schemas("3.1.0", Root=refers(reference), Parts=parts))
    assert found.defects == ()
    assert member(found) == expected


def test_references_of_a_resource_count_from_it(tmp_path: Path) -> None:
    one = {"$id": "https://example.com/one", "properties": {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "two"}}, "$defs": {"x": TEXT}}
    two = {"$id": "https://example.com/two", **WHOLE}
    found = read(tmp_path, schemas("3.1.0", Root=one, Two=two))
    assert found.defects == ()
    assert (member(found), member(found, "b")) == (TEXT, WHOLE)


def test_one_anchor_in_two_resources_leads_to_that_of_the_same(tmp_path: Path) -> None:
    def resource(name: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {"$id": f"https://example.com/{name}", "properties": {"a": {"$ref": "#it"}}, "$defs": {"x": {"$anchor": "it", **schema}}}

    found = read(tmp_path, schemas("3.1.0", Root=resource("one", TEXT), Two=resource("two", WHOLE)))
    assert found.defects == ()
    assert (member(found), member(found, of="Two")) == (TEXT, WHOLE)


def test_a_reference_to_the_document_holds_inside_a_schema_with_an_identifier(tmp_path: Path) -> None:
    """By the letter it leads to nothing, but so it is written."""
    root = {"$id": "https://example.com/root.json", **refers("#/components/schemas/Text")}
    found = read(tmp_path, schemas("3.1.0", Root=root, Text=TEXT))
    assert found.defects == ()
    assert member(found) == TEXT


def test_a_dynamic_reference_to_the_only_anchor_of_its_name_is_a_plain_one(tmp_path: Path) -> None:
    tree = {"$dynamicAnchor": "node", "type": "object", "properties": {"a": {"type": "array", "items": {"$dynamicRef": "#node"}}}}
    found = read(tmp_path, schemas("3.1.0", Root=tree))
    assert found.defects == ()
    assert found.document.resolve(member(found)["items"]) == found.document.schemas["Root"]


def test_a_dynamic_reference_that_differs_by_its_way_is_told(tmp_path: Path) -> None:
    page = {"$id": "page", "properties": {"a": {"type": "array", "items": {"$dynamicRef": "#T"}}}, "$defs": {"T": {"$dynamicAnchor": "T", "not": {}}}}
    users = {"$id": "users", "$defs": {"T": {"$dynamicAnchor": "T", **TEXT}}, "$ref": "page"}
    found = read(tmp_path, schemas("3.1.0", Root=users, Page=page))
    assert member(found, of="Page")["items"] == {}
    assert ["dynamic reference" in defect.text for defect in found.defects] == [True]


def test_a_circle_of_identifiers_ends(tmp_path: Path) -> None:
    found = read(tmp_path, schemas("3.1.0", Root={"$id": "a", **refers("b#/x")}, B={"$id": "b", "$ref": "a#/x"}))
    assert member(found) == {}
    assert found.defects
