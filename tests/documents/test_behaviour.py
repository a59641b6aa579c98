"""Declared behaviour matches its schema and refers to existing things; every operation and every reachable error has a recipe."""

from __future__ import annotations

import ast
import copy
import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from mockserver.openapi.documents import SPECS
from mockserver.openapi.provenance import KEYWORDS
from mockserver.openapi.readings import CREDENTIALS, INPUTS, REFUSALS
from tests.documents.rules import walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockserver.openapi.documents import Document

SCHEMA = json.loads((SPECS / "behaviour.schema.json").read_text())
KINDS = (REFUSALS, CREDENTIALS, INPUTS, "keeps", "starts")
ROOT_KEYS = ("x-envelope", "x-tenants", "x-resource", "x-state-machine", "x-roles", "x-logins", "x-known")
HOSTED = "hosted pages"
"""Tag of pages for people. They have no recipes, because they are tested in a browser."""
ONLY_BY_FORM = ("malformed", "too_large", "unsupported_media")
UNREACHED: dict[str, set[str]] = {
    "monedero": {"err_toolusers_01"},  # a body that is too large
    "trincico": {"internal_error"},  # of calls without a caller: no request can provoke their failure
    "backoffice": {"data_invalid", "invalid", "not_positive", "internal_error"},
}
"""Error rows that other checks reach, or that are part of another row: see the clause tests of the vendor."""


def errors(part: str, node: Any) -> list[str]:
    schema = {**SCHEMA, "$ref": f"#/$defs/{part}"}
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in jsonschema.Draft202012Validator(schema).iter_errors(node)
    ]


def declared(document: Document) -> Iterator[tuple[str, str, Any]]:
    """Part of the schema, place and value of every declaration in a document."""
    yield "root", "the document", {key: document.raw[key] for key in ROOT_KEYS if key in document.raw}
    for operation in document.operations:
        yield "operation", operation.id, operation.spec
    for name, scheme in document.raw["components"].get("securitySchemes", {}).items():
        yield "scheme", name, scheme
    for name, texts in document.raw["components"]["x-discrepancies"].items():
        if "accepts" in texts:
            yield "accepts", name, texts["accepts"]
    for path, node in walk(document.raw):
        if path[-1:] == ("x-provenance",):
            yield "provenance", "/".join(path), node


def test_declarations_keep_their_schema(document: Document) -> None:
    assert [(place, error) for part, place, node in declared(document) for error in errors(part, node)] == []


@pytest.mark.parametrize(
    ("part", "node"),
    [
        ("operation", {"x-recipes": {"works": {"sned": {}}}}),
        ("operation", {"x-computed": [{"clause": "serpi.list_sucursales.r1"}]}),
        ("operation", {"x-list": {"at": "result", "identity": "id"}}),
        ("root", {"x-resource": {"branch": {"create": "create_sucursal"}}}),
        ("root", {"x-state-machine": {"invoice": {"edges": []}}}),
        ("root", {"x-envelope": {"refusal": {}}}),
        ("scheme", {"x-refused-roles": "expired"}),
        ("accepts", []),
        ("accepts", [{"on": ["list_sucursales"]}]),
        ("accepts", [{"status": [404], "code": "any"}]),
        ("accepts", [{"statuses": [404]}]),
        ("accepts", [{"status": ["404"]}]),
        ("accepts", [{"outcome": "any"}]),
        ("accepts", [{"at": {"code": ["/error/code"]}}]),
        ("accepts", [{"value": {"points": "float"}}]),
        ("provenance", "invented"),
        ("provenance", {"maximum": "listed"}),
    ],
)
def test_the_schema_catches_what_is_misspelt(part: str, node: Any) -> None:
    assert errors(part, copy.deepcopy(node))


def test_every_operation_has_a_recipe(document: Document) -> None:
    without = {operation.id for operation in document.operations if "works" not in operation.spec.get("x-recipes", {})}
    assert without == {operation.id for operation in document.operations if HOSTED in operation.spec["tags"]}


def test_every_named_operation_and_clause_exists(document: Document) -> None:
    operations = {operation.id for operation in document.operations}
    clauses = {clause for operation in document.operations for clause in operation.spec.get("x-clauses", {})}
    for part, place, node in declared(document):
        if part in ("accepts", "provenance"):
            continue
        declarations = {key: value for key, value in node.items() if key.startswith("x-") and key not in ("x-clauses", "x-errors")}
        for path, found in walk(declarations):
            if isinstance(found, str) and path[-1:] in {("call",), ("by",)} and "page" not in path:
                assert found in operations, (place, path)
            if isinstance(found, str) and (path[-1:] == ("clause",) or path[-2:-1] == ("clauses",)):
                assert found in clauses, (place, path)


def test_an_accepted_reading_names_operations_and_words_in_prose(document: Document) -> None:
    operations = {operation.id for operation in document.operations}
    for name, texts in document.raw["components"]["x-discrepancies"].items():
        assert "accepts" not in texts or texts.get("also"), f"{name} accepts something that `also` does not say in words"
        for entry in texts.get("accepts", ()):
            assert set(entry.get("on", ())) <= operations, name


def test_a_code_that_a_reading_speaks_of_is_documented(document: Document) -> None:
    known = {code for operation in document.operations for code in operation.errors}
    recipes = {recipe for operation in document.operations for recipe in operation.recipes}
    clauses = {clause for operation in document.operations for clause in operation.clauses}
    fields = {name for operation in document.operations for _, name in operation.inputs}
    for name, texts in document.raw["components"]["x-discrepancies"].items():
        for entry in texts.get("accepts", ()):
            for subject in entry.get("of", ()):
                named = {subject, *subject.split(" ")} & {
                    *known,
                    *recipes,
                    *clauses,
                    *fields,
                    *KINDS,
                    *KEYWORDS,
                    *document.raw.get("x-state-machine", {}),
                    *document.security_schemes,
                }
                assert named or "." in subject, f"{name}: {subject} is nothing that a reading can be about"


def test_every_formula_can_be_read(document: Document) -> None:
    for part, place, node in declared(document):
        for path, found in (
            ()
            if part in ("accepts", "provenance")
            else walk({key: value for key, value in node.items() if key in ("x-recipes", "x-computed", "x-list")})
        ):
            if isinstance(found, str) and (path[-2:-1] in {("holds",), ("after",)} or path[-1:] == ("formula",)):
                ast.parse(found, mode="eval"), (place, path)


def test_every_error_that_a_vendor_gives_a_clause_is_reached(document: Document) -> None:
    """Rows are reachable by a recipe, by a missing or wrong credential, or by input that violates the schema."""
    by_access = {code for _, node in walk(document.raw["components"]["securitySchemes"]) if isinstance(node, str) for code in (node,)}
    for operation in document.operations:
        if HOSTED in operation.spec["tags"]:
            continue
        by_kind = {code for code in operation.spec.get("x-fault-codes", {}).values() if isinstance(code, str)}
        reached = {*operation.spec.get("x-recipes", {}), *by_kind, *by_access, *UNREACHED.get(document.slug, ())}
        wanted = {code for code, row in operation.spec.get("x-errors", {}).items() if row.get("clause")}
        assert wanted <= reached, operation.id
