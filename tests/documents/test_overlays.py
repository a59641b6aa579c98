"""The vendors' documents are plain OpenAPI; what is declared beside them stands in overlays, each declaration at one place."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

import mockserver.openapi
from mockserver.openapi.documents import read_document
from mockserver.openapi.overlays import apply_overlays, parse_overlay
from tests.documents.conftest import FILES
from tests.documents.rules import walk

if TYPE_CHECKING:
    from mockserver.openapi.documents import Document

SCHEMA = json.loads(Path(mockserver.openapi.__file__).with_name("overlay.schema.json").read_text())


def _loaded(file: str) -> Any:
    return yaml.safe_load(Path(file).read_text())


def _published(document: Document) -> dict[str, Any]:
    """What the vendor could publish: the document with its parts, without its overlays."""
    whole: dict[str, Any] = _loaded(document.source)
    for part in map(_loaded, document.parts):
        whole["paths"] |= part.get("paths", {})
        for kind, found in part.get("components", {}).items():
            whole["components"].setdefault(kind, {}).update(found)
    return whole


def test_a_document_has_no_key_of_our_own(document: Document) -> None:
    named = ("properties", "headers", "value", "example")
    found = ["/".join(path) for path, _ in walk(_published(document)) if path and path[-1].startswith("x-") and path[-2:-1] not in map(tuple, named)]
    assert found == []


def test_the_search_finds_a_key_of_our_own(tmp_path: Path) -> None:
    text = FILES["serpi"].read_text().replace("      operationId: list_sucursales", "      operationId: list_sucursales\n      x-safe: true", 1)
    (tmp_path / "serpi.yaml").write_text(text)
    with pytest.raises(AssertionError, match="x-safe"):
        test_a_document_has_no_key_of_our_own(read_document("serpi", tmp_path / "serpi.yaml"))


def test_an_overlay_keeps_the_schema_of_overlays(document: Document) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert document.overlays
    for file in document.overlays:
        jsonschema.validate(_loaded(file), SCHEMA)


def test_overlays_add_extensions_and_change_nothing_else(document: Document) -> None:
    published = _published(document)
    for file in document.overlays:
        for action in parse_overlay(_loaded(file), file).actions:
            assert not action.remove
            assert all(key.startswith("x-") for key in action.update), action.place

    def strip(node: Any, path: tuple[str, ...] = ()) -> Any:
        if isinstance(node, dict):
            kept = node if path[-1:] in (("properties",), ("headers",)) else {key: node[key] for key in node if not key.startswith("x-")}
            return {key: strip(value, (*path, key)) for key, value in kept.items()}
        return [strip(item, path) for item in node] if isinstance(node, list) else node

    assert json.dumps(strip(document.raw)) == json.dumps(published)


def test_every_action_has_a_place_of_its_own(document: Document) -> None:
    targets = Counter(action.target for file in document.overlays for action in parse_overlay(_loaded(file), file).actions)
    assert [target for target, count in targets.items() if count > 1] == []


def test_actions_stand_in_the_order_of_the_document(document: Document) -> None:
    """In each file: those of operations, and those of each kind of component."""
    published = _published(document)
    for file in document.overlays:
        content = _loaded(file)
        marks = [{"target": action["target"], "update": {"x-mark": number}} for number, action in enumerate(content["actions"])]
        marked = apply_overlays(published, [parse_overlay(content | {"actions": marks}, file)])
        groups: dict[tuple[str, ...], list[int]] = {}
        for path, node in walk(marked):
            if isinstance(node, dict) and "x-mark" in node:
                groups.setdefault(path[: 2 if path[:1] == ("components",) else 1], []).append(node["x-mark"])
        assert [group for group, found in groups.items() if found != sorted(found)] == [], file


def test_applying_overlays_again_gives_the_same_text(document: Document) -> None:
    again = read_document(document.slug, Path(document.source))
    assert json.dumps(again.raw) == json.dumps(document.raw)
