"""Overlays: what an action does to a document, and how a wrong one is reported."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mockserver.openapi.documents import read_document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.overlays import apply_overlays, is_overlay, parse_overlay
from tests.core.test_split_documents import CATS, write

INFO = {"title": "Test", "version": "1"}
OVERLAY = """
overlay: 1.0.0
info: {title: Test, version: "1"}
extends: ../toy.yaml
actions:
  - target: $.paths['/cats/{cat}'].get
    update: {x-safe: true}
"""


def sample() -> dict[str, Any]:
    return {
        "info": {"title": "Toy"},
        "paths": {
            "/a": {"get": {"tags": ["x"], "parameters": [{"name": "p", "schema": {"type": "string"}}, {"name": "q", "schema": {}}]}},
            "/it's": {"get": {"tags": []}},
        },
    }


def overlay(*actions: dict[str, Any]) -> dict[str, Any]:
    return {"overlay": "1.0.0", "info": INFO, "actions": list(actions)}


def applied(*actions: dict[str, Any]) -> dict[str, Any]:
    return apply_overlays(sample(), [parse_overlay(overlay(*actions), "o.yaml")])


@pytest.mark.parametrize(
    ("target", "update", "path", "result"),
    [
        ("$", {"x-a": 1}, ("x-a",), 1),
        ("$.info", {"title": "New"}, ("info", "title"), "New"),
        ("$", {"info": {"x-a": 1}}, ("info",), {"title": "Toy", "x-a": 1}),
        ("$['paths'][\"/a\"].get", {"tags": ["y"]}, ("paths", "/a", "get", "tags"), ["x", "y"]),
        ("$.paths['/a'].get.parameters[1]", {"x-a": 1}, ("paths", "/a", "get", "parameters", 1), {"name": "q", "schema": {}, "x-a": 1}),
        ("$.paths['/a'].get.parameters[-1].schema", {"x-a": 1}, ("paths", "/a", "get", "parameters", 1, "schema"), {"x-a": 1}),
        ("$.paths['/a'].get.tags", "y", ("paths", "/a", "get", "tags"), ["x", "y"]),
        (r"$.paths['/it\'s']", {"x-a": 1}, ("paths", "/it's", "x-a"), 1),
        ("$.paths.*.get", {"x-a": 1}, ("paths", "/it's", "get", "x-a"), 1),
        ("$..parameters[?@.name == 'p'].schema", {"x-a": 1}, ("paths", "/a", "get", "parameters", 0, "schema"), {"type": "string", "x-a": 1}),
    ],
)
def test_an_update_is_merged_into_what_the_target_selects(target: str, update: Any, path: tuple[str | int, ...], result: Any) -> None:
    node: Any = applied({"target": target, "update": update})
    for step in path:
        node = node[step]
    assert node == result


def test_what_a_target_selects_is_removed() -> None:
    merged = applied({"target": "$.paths['/a'].get.parameters[*]", "remove": True}, {"target": '$.paths["/it\'s"]', "remove": True, "update": {}})
    assert merged["paths"] == {"/a": {"get": {"tags": ["x"], "parameters": []}}}


def test_actions_are_applied_in_order() -> None:
    merged = applied(
        {"target": "$.info", "remove": True}, {"target": "$", "update": {"info": {"title": "b"}}}, {"target": "$.info", "update": {"c": 1}}
    )
    assert merged["info"] == {"title": "b", "c": 1}


def test_neither_document_nor_overlay_is_changed() -> None:
    shared = {"type": "string"}
    document = {"a": shared, "b": shared}
    found = overlay({"target": "$.a", "update": {"x-list": [1]}}, {"target": "$.a['x-list']", "update": 2})
    merged = apply_overlays(document, [parse_overlay(found, "o.yaml")])
    assert merged == {"a": {"type": "string", "x-list": [1, 2]}, "b": {"type": "string"}}
    assert document == {"a": {"type": "string"}, "b": {"type": "string"}}
    assert found["actions"][0]["update"] == {"x-list": [1]}


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"target": "$.paths['/b']", "update": {}}, "o.yaml: action 1 ($.paths['/b']): the target selects nothing"),
        ({"target": "$.paths[0]", "update": {}}, "selects nothing"),
        ({"target": "$.paths['/a'].get.tags[1]", "update": {}}, "selects nothing"),
        ({"target": "$.info.title[0]", "update": {}}, "selects nothing"),
        ({"target": "$.paths.*.put", "update": {}}, "selects nothing"),
        ({"target": "$.info.title", "update": {}}, "the target is a plain value; select the object that it stands in"),
        ({"target": "$.info", "update": []}, "the target is an object, but the update is an array"),
        ({"target": "$.info", "update": {"title": {}}}, "the value of title is a plain value, but the update has an object"),
        ({"target": "$", "remove": True}, "the document as a whole cannot be removed"),
        ({"target": "$.paths[", "update": {}}, "o.yaml: action 1 ($.paths[): is not a JSONPath query"),
        ({"target": "paths", "update": {}}, "o.yaml: action 1 target"),
        ({"target": "$.info"}, "o.yaml: action 1:"),
        ({"target": "$.info", "updates": {}}, "o.yaml: action 1:"),
        ({"target": "$.info", "remove": "yes"}, "o.yaml: action 1 remove"),
        ({"target": "$.info", 404: "x"}, "o.yaml: is not a valid overlay"),
    ],
)
def test_a_wrong_action_is_named_with_file_number_and_target(action: dict[Any, Any], words: str) -> None:
    with pytest.raises(DocumentBroken) as caught:
        applied(action)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        {"overlay": "1.0.0", "info": INFO},
        {"overlay": "1.0.0", "info": INFO, "actions": []},
        {"overlay": "1.0.0", "info": {"title": "Test"}, "actions": [{"target": "$", "update": {}}]},
        {"overlay": "2.0.0", "info": INFO, "actions": [{"target": "$", "update": {}}]},
        {"overlay": "1.0.0", "info": INFO, "extends": 1, "actions": [{"target": "$", "update": {}}]},
        {"overlay": "1.0.0", "info": INFO, "action": [], "actions": [{"target": "$", "update": {}}]},
    ],
)
def test_what_is_not_an_overlay_is_refused(content: dict[str, Any]) -> None:
    assert is_overlay(content)
    with pytest.raises(DocumentBroken, match=r"^o\.yaml: "):
        parse_overlay(content, "o.yaml")


def test_overlays_in_the_folder_of_a_document_are_applied_to_it(tmp_path: Any) -> None:
    file = write(tmp_path, cats=CATS, behaviour=OVERLAY)
    (tmp_path / "toy" / "more").mkdir()
    (tmp_path / "toy" / "more" / "cats.yaml").write_text(OVERLAY.replace("../", "../../").replace("x-safe", "x-shared"))
    document = read_document("toy", file)
    assert [spec.spec.get("x-safe") for spec in document.operations] == [True, None]
    assert [spec.spec.get("x-shared") for spec in document.operations] == [True, None]
    assert [name.removeprefix(str(tmp_path)) for name in document.parts] == ["/toy/cats.yaml"]
    assert [name.removeprefix(str(tmp_path)) for name in document.overlays] == ["/toy/behaviour.yaml", "/toy/more/cats.yaml"]


def test_an_overlay_of_another_document_is_refused(tmp_path: Any) -> None:
    with pytest.raises(DocumentBroken, match=r"behaviour\.yaml: extends \.\./dog\.yaml, but stands in the folder of .*toy\.yaml"):
        read_document("toy", write(tmp_path, cats=CATS, behaviour=OVERLAY.replace("toy", "dog")))


def test_the_library_of_queries_is_not_loaded_for_the_documents() -> None:
    program = "import sys; from mockserver.app import ServerSettings, discover; discover(ServerSettings().specs); sys.exit('jsonpath' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
