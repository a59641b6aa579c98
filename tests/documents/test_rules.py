"""Every document keeps the rules S01 to S14, and every rule finds a document that breaks it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from mockserver.openapi.documents import SPECS, Document, read_document
from tests.documents.rules import MAX_LINES, RULES, VERBS

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_document_is_openapi(any_document: Document) -> None:
    errors = list(OpenAPIV30SpecValidator(any_document.raw).iter_errors())
    assert not errors


@pytest.mark.parametrize("name", RULES)
def test_a_document_keeps_the_rule(document: Document, name: str) -> None:
    assert list(RULES[name](document)) == []


def test_each_file_of_a_document_is_short_enough(document: Document) -> None:
    for file in (document.source, *document.parts, *document.overlays):
        assert Path(file).read_text().count("\n") <= MAX_LINES, file


def test_a_document_names_no_key_twice(any_document: Document) -> None:
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [loader.construct_object(key) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, f"{node.start_mark} names {twice} twice"
        return dict(zip(keys, [loader.construct_object(value, deep=True) for _, value in node.value], strict=True))

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    for name in (any_document.source, *any_document.parts, *any_document.overlays):
        with Path(name).open(encoding="utf-8") as file:
            yaml.load(file, Strict)  # noqa: S506 - a safe loader that looks closer


def _operation(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = raw["paths"]["/Sucursales"]["post"]
    return found


def _put(raw: dict[str, Any], *path: str, value: Any) -> None:
    for key in path[:-1]:
        raw = raw[key]
    raw[path[-1]] = value


PLANTED: dict[str, Callable[[dict[str, Any]], None]] = {
    "S01": lambda raw: _put(raw, "components", "schemas", "Changed", "properties", "code", value={"$ref": "other.yaml#/Code"}),
    "S02": lambda raw: _put(raw, "components", "schemas", "Flag", "type", value=["boolean", "null"]),
    "S03": lambda raw: _put(_operation(raw), "x-openapi-router-controller", value="some.module"),
    "S04": lambda raw: _put(_operation(raw), "operationId", value="sucursal_creation"),
    "S05": lambda raw: _operation(raw).update(summary=_operation(raw).pop("summary")),
    "S06": lambda raw: _put(_operation(raw), "responses", "default", value={"description": "anything"}),
    "S07": lambda raw: _put(raw, "components", "schemas", "Forgotten", value={"type": "string"}),
    "S08": lambda raw: _put(raw, "components", "schemas", "Flag", "readOnly", value=True),
    "S09": lambda raw: raw["components"]["schemas"]["Changed"].pop("required"),
    "S10": lambda raw: _put(raw, "components", "schemas", "UnknownIdProblem", "properties", "message", "pattern", value="id \\d+"),
    "S11": lambda raw: _put(raw, "components", "examples", "branch_changed", "value", "code", value=201),
    "S12": lambda raw: _operation(raw).pop("x-no-links"),
    "S13": lambda raw: _put(_operation(raw), "description", value=""),
    "S14": lambda raw: _put(raw, "components", "schemas", "Twin", value=copy.deepcopy(raw["components"]["schemas"]["Changed"])),
}
ALSO = {"S03": {"S05"}, "S14": {"S07"}, "S02": {"S10"}, "S01": {"S09", "S10", "S11"}}
"""Rules that a planted error inevitably breaks, too."""


@pytest.mark.parametrize("name", RULES)
def test_a_rule_catches_a_document_that_breaks_it(name: str) -> None:
    raw = copy.deepcopy(read_document("serpi", SPECS / "serpi.yaml").raw)
    PLANTED[name](raw)
    broken = Document("serpi", "planted", raw)

    caught = set()
    for other, rule in RULES.items():
        try:
            if list(rule(broken)):
                caught.add(other)
        except Exception:  # noqa: BLE001 - a document so broken that a rule cannot read it
            caught.add(other)

    assert name in caught
    assert caught <= {name} | ALSO.get(name, set())


@pytest.mark.parametrize("pattern", ["id", r"^[^\u3000]+$"])
def test_patterns_are_anchored_and_readable_by_every_tool(pattern: str) -> None:
    raw = copy.deepcopy(read_document("serpi", SPECS / "serpi.yaml").raw)
    _put(raw, "components", "schemas", "UnknownIdProblem", "properties", "message", "pattern", value=pattern)
    assert len(list(RULES["S10"](Document("serpi", "planted", raw)))) == 1


def test_verbs_are_named_once() -> None:
    assert len(VERBS) == len(set(VERBS))
