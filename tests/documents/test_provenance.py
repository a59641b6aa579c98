"""What the vendor's page does not say is marked by keyword, and left out of the document that a real target is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docs.provenance import main
from mockserver.openapi.documents import Document
from mockserver.openapi.provenance import constraints, described, is_assumed

if TYPE_CHECKING:
    import pytest

    from mockserver.openapi.provenance import Constraint

RAW: dict[str, Any] = {
    "paths": {
        "/a": {
            "get": {
                "operationId": "list_a",
                "parameters": [
                    {
                        "name": "limit",
                        "in": "query",
                        "required": False,
                        "schema": {"type": "integer", "minimum": 1, "maximum": 9},
                        "x-provenance": {"maximum": "assumed"},
                    },
                    {"name": "type", "in": "query", "required": True, "schema": {"type": "string"}, "x-provenance": {"required": "assumed"}},
                ],
                "responses": {
                    "200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}},
                    "413": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}, "x-provenance": "assumed"},
                },
                "x-errors": {"e1": {"status": 400, "message": "No.", "x-provenance": {"message": "assumed"}}},
            }
        }
    },
    "components": {
        "schemas": {
            "A": {
                "type": "object",
                "required": ["type", "note"],
                "properties": {"type": {"type": "string", "maxLength": 5}, "note": {"type": "string", "minLength": 2, "x-provenance": "assumed"}},
                "x-provenance": {"required/note": "assumed", "maxLength": "assumed"},
            }
        }
    },
}
DOCUMENT = Document("toy", "toy.yaml", RAW)


def _found() -> dict[tuple[str, str, Any], bool]:
    return {(one.place, one.keyword, str(one.value)): one.assumed for one in constraints(DOCUMENT)}


def test_every_constraint_is_listed_with_its_source() -> None:
    limit = "/paths/~1a/get/parameters/0/schema"
    assert {key: assumed for key, assumed in _found().items() if key[0] == limit} == {
        (limit, "type", "integer"): False,
        (limit, "minimum", "1"): False,
        (limit, "maximum", "9"): True,
    }
    assert _found()["/components/schemas/A", "required", "type"] is False
    assert _found()["/components/schemas/A", "required", "note"] is True
    assert _found()["/components/schemas/A/properties/note", "minLength", "2"] is True
    assert _found()["/components/schemas/A/properties/type", "maxLength", "5"] is False, "a mark of single keywords holds for its own schema"
    assert _found()["/paths/~1a/get/x-errors/e1", "status", "400"] is False
    assert _found()["/paths/~1a/get/x-errors/e1", "message", "No."] is True


def test_the_described_document_lacks_what_was_assumed() -> None:
    raw = described(DOCUMENT).raw
    limit, kind = raw["paths"]["/a"]["get"]["parameters"]
    assert limit["schema"] == {"type": "integer", "minimum": 1, "x-provenance": {"maximum": "assumed"}}
    assert kind["required"] is False
    assert raw["components"]["schemas"]["A"]["required"] == ["type"]
    assert raw["components"]["schemas"]["A"]["properties"]["type"] == {"type": "string", "maxLength": 5}
    assert raw["components"]["schemas"]["A"]["properties"]["note"] == {"x-provenance": "assumed"}
    assert raw["paths"]["/a"]["get"]["responses"]["413"]["content"] == {"application/json": {"schema": {}}}


def test_the_document_itself_stays_as_it_is() -> None:
    described(DOCUMENT)
    assert RAW["paths"]["/a"]["get"]["parameters"][0]["schema"]["maximum"] == 9


def test_a_mark_is_inherited_until_another_says_otherwise() -> None:
    assert is_assumed({}, "maximum", inherited=True)
    assert is_assumed({"x-provenance": {"minimum": "described"}}, "maximum", inherited=True)
    assert not is_assumed({"x-provenance": "described"}, "maximum", inherited=True)
    assert not is_assumed({"x-provenance": {"maximum": "described"}}, "maximum", inherited=True)
    assert is_assumed({"x-provenance": "listed"}, "maximum")


def test_the_command_prints_each_constraint_and_counts_what_was_assumed(capsys: pytest.CaptureFixture[str]) -> None:
    main(["serpi"])
    *printed, last = capsys.readouterr().out.splitlines()
    assert "serpi\tdescribed\t/components/schemas/Text\tmaxLength\t50" in printed
    assumed = [line for line in printed if line.split("\t")[1] == "assumed"]
    assert last == f"serpi: {len(assumed)} of {len(printed)} constraints assumed"


def test_no_constraint_of_a_clause_is_assumed(document: Document) -> None:
    """A clause repeats the vendor's page, so what it says of a row or of an operation cannot be ours."""

    def of_a_clause(one: Constraint) -> bool:
        node: Any = document.at(f"#{one.place}")
        return isinstance(node, dict) and "clause" in node and one.assumed

    assert [f"{one.place} {one.keyword}" for one in constraints(document) if "x-errors" in one.place and of_a_clause(one)] == []
    for operation in document.operations:
        assert operation.provenance == "described" or not operation.clauses, operation.id
