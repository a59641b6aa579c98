"""Documents that are made to harm their reader are refused or bounded."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest

from mockserver.core.asgi.connexion_stack import Stack
from mockserver.openapi import limits
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.schemas import SchemaCompiler
from tests.foreign.documents import OK, STRING, compiled, document, read, schemas, texts, write

DEEPEST = limits.DOCUMENT_DEPTH.value


@pytest.fixture
def few_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of values that a test reaches soon."""
    monkeypatch.setattr("mockserver.openapi.limits.DOCUMENT_VALUES", limits.Limit("document-values", 20_000, "values", "", ""))


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"properties": {"a": schema}}
    return schema


@pytest.mark.usefixtures("few_values")
@pytest.mark.parametrize("kind", ["[{}]", "{{{}}}"])
def test_aliases_that_multiply_are_refused(tmp_path: Path, kind: str) -> None:
    names = "abcdefghijklmnop"
    lines = ["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for before, name in itertools.pairwise(names):
        inner = ", ".join(f"*{before}" if kind[0] == "[" else f"k{index}: *{before}" for index in range(10))
        lines.append(f"{name}: &{name} {kind.format(inner)}")
    with pytest.raises(DocumentBroken, match="more than 20000 values, aliases copied out"):
        read(tmp_path, "\n".join(["openapi: 3.0.3", "paths: {}", *lines]))


@pytest.mark.usefixtures("few_values")
def test_references_that_multiply_are_refused(tmp_path: Path) -> None:
    # Each of the maps is brought in where it is referred to, and each refers to the next one twice.
    parts = {
        f"P{number}": {"a": {"properties": {"$ref": f"#/P{number + 1}"}}, "b": {"properties": {"$ref": f"#/P{number + 1}"}}} for number in range(19)
    }
    write(tmp_path, {**parts, "P19": {"c": {"type": "string"}}}, "more.yaml")
    with pytest.raises(DocumentBroken, match="more than 20000 values"):
        read(tmp_path, schemas(Root={"properties": {"$ref": "more.yaml#/P0"}}))


@pytest.mark.parametrize("name", ["small.yaml", "small.json"])
@pytest.mark.parametrize("depth", [DEEPEST, 5_000, 100_000])
def test_a_document_that_is_too_deep_is_refused(tmp_path: Path, name: str, depth: int) -> None:
    nesting = '{"a":' * depth + "1" + "}" * depth
    file = write(tmp_path, f'{{"openapi": "3.0.3", "x-a": {nesting}}}', name)
    with pytest.raises(DocumentBroken, match=f"nested deeper than {DEEPEST} levels"):
        read_foreign(file)


def test_a_document_as_deep_as_allowed_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, schemas(Root=nested(DEEPEST // 2 - 6)))
    assert found.defects == ()
    assert compiled(found.document)


@pytest.mark.parametrize("kind", ["properties", "allOf", "items", "$ref"])
def test_a_long_chain_of_references_is_bounded(tmp_path: Path, kind: str) -> None:
    def schema(target: str) -> dict[str, Any]:
        reference = {"$ref": f"#/components/schemas/{target}"}
        kinds: dict[str, dict[str, Any]] = {
            "properties": {"properties": {"a": reference}},
            "allOf": {"allOf": [reference]},
            "items": {"type": "array", "items": reference},
            "$ref": reference,
        }
        return kinds[kind]

    named = {f"S{number}": schema(f"S{number + 1}") for number in range(5_000)}
    content = schemas(Root=schema("S0"), **named, S5000={"type": "string"})
    form = {"application/x-www-form-urlencoded": {"schema": {"properties": {"a": {"$ref": "#/components/schemas/Root"}}}}}
    content["paths"]["/things"]["post"] = {"requestBody": {"content": form}, "responses": OK}
    found = read(tmp_path, content)
    assert len(found.defects) <= 300
    assert compiled(found.document)
    assert list(found.document.properties({"$ref": "#/components/schemas/Root"})) or kind != "properties"
    found.document.merge_all_of({"$ref": "#/components/schemas/Root"})


def test_schemas_that_all_refer_to_all_are_compiled_in_time(tmp_path: Path) -> None:
    names = [f"S{number}" for number in range(60)]
    everything = {name: {"$ref": f"#/components/schemas/{name}"} for name in names}
    root = {"oneOf": list(everything.values())}
    named: dict[str, Any] = {name: {"type": "object", "properties": everything} for name in names}
    found = read(tmp_path, schemas(Root=root, **named))
    validator = SchemaCompiler(found.document).compile({"$ref": "#/components/schemas/Root"})
    assert not validator.is_valid({"S0": 1})
    assert compiled(found.document)


@pytest.mark.parametrize(
    "reference", ["/dev/zero", "/etc/passwd", "../../../../../../etc/passwd", "file:///etc/passwd", "pipe", "%2e%2e/%2e%2e/etc/passwd", "\x00"]
)
def test_a_reference_to_what_is_no_file_of_the_document_reads_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: str) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    found = read(tmp_path, json.dumps(schemas(Root={"$ref": reference})))
    assert found.document.schemas["Root"] == {}
    assert len(found.defects) == 1
    assert "root:" not in texts(found)


def test_the_files_of_a_document_are_counted(tmp_path: Path) -> None:
    most = limits.DOCUMENT_FILES.value
    for number in range(most):
        (tmp_path / f"{number}.json").write_text(json.dumps({"$ref": f"{number + 1}.json"}))
    content = schemas(Root={"properties": {str(number): {"$ref": f"{number}.json"} for number in range(most)}})
    with pytest.raises(DocumentBroken, match=f"more than {most} files"):
        read(tmp_path, content)


def test_a_file_that_is_too_long_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "long.yaml"
    with file.open("wb") as opened:
        opened.truncate(limits.DOCUMENT.value + 1)
    with pytest.raises(DocumentBroken, match="has more than"):
        read_foreign(file)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param("^(a+)+$", "a" * 5_000 + "!", id="nested repetition"),
        pytest.param("^(a|aa)+$", "a" * 5_000 + "!", id="overlapping branches"),
        pytest.param("(.*)*b", "a" * 5_000, id="repetition of everything"),
        pytest.param("((((a{1,99}){1,99}){1,99}){1,99}){1,99}", "a", id="counted repetition"),
        pytest.param("(?=a)(?!b)a" * 100, "a", id="look around"),
        pytest.param("a" * 100_000, "a", id="long"),
        pytest.param("(" * 2_000 + ")" * 2_000, "a", id="deep"),
        pytest.param("\\p{Greek}{1,1000}{1,1000}", "a", id="unicode"),
    ],
)
def test_a_pattern_takes_linear_time_or_is_left_out(tmp_path: Path, pattern: str, text: str) -> None:
    found = read(tmp_path, json.dumps(schemas(Root={"type": "string", "pattern": pattern})))
    validator = SchemaCompiler(found.document).compile({"$ref": "#/components/schemas/Root"})
    assert validator.is_valid(text) in (True, False)
    assert ("pattern" in found.document.schemas["Root"]) != bool(found.defects)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    "text",
    [
        "{{ 7 * 7 }}",
        "{% for a in range(10**9) %}a{% endfor %}",
        "__import__('os').system('true')",
        "../../etc",
        "a\r\nX-Evil: 1",
        "<script>",
        "\x00",
        "🦊" * 300,
        "{a",
    ],
)
def test_code_and_templates_in_names_stay_text(tmp_path: Path, version: str, text: str) -> None:
    parameter = {"name": text, "in": "query", "schema": {"type": "string", "default": text, "enum": [text], "description": text}}
    spec = {"operationId": text, "summary": text, "tags": [text], "parameters": [parameter], "responses": {"200": {"description": text}}}
    content = document({f"/{text}": {"get": spec}, "/sound": {"get": {"responses": OK}}}, version, components={"schemas": {text: {"title": text}}})
    content["info"]["title"] = text
    found = read(tmp_path, json.dumps(content))
    operations = compiled(found.document)
    assert len(operations) == 2
    assert "49" not in "".join(operations)
    assert not any(character in name for name in operations for character in "\r\n\x00")
    stack = Stack(_answer_nothing, [])
    stack.add_document(found.document.raw_for_router(), found.document.base_path)


async def _answer_nothing(_scope: Any, _receive: Any, _send: Any) -> None:
    """An application that is not called."""


def test_ten_thousand_paths_are_read(tmp_path: Path) -> None:
    paths = {f"/a{number}/{{id}}": {"get": {"responses": OK}} for number in range(10_000)}
    found = read(tmp_path, json.dumps(document(paths)))
    assert len(found.document.operations) == 10_000
    route = found.document.route("GET", "/a9999/b")
    assert route is not None
    assert route.values == {"id": "b"}


def test_names_that_collide_again_and_again_cost_linear_time(tmp_path: Path) -> None:
    paths = {f"/{'x' * (number % 7)}/{number}": {"get": {"operationId": "same", "responses": OK}} for number in range(3_000)}
    write(tmp_path, {str(number): {"a": {"type": "string"}} for number in range(3_000)}, "more.yaml")
    root = {"properties": {str(number): {"$ref": f"more.yaml#/{number}/a"} for number in range(3_000)}}
    found = read(tmp_path, json.dumps(document(paths, components={"schemas": {"Root": root}})))
    assert len({operation.id for operation in found.document.operations}) == 3_000
    assert len(found.document.schemas) == 3_001


def test_a_parameter_with_the_name_of_an_attribute_is_one_of_its_names(tmp_path: Path) -> None:
    names = ["__class__", "self", "world", "body", "sent", "$ref", "constructor", "a.b", "a[b]", "a b"]
    parameters = [{"name": name, "in": "query", "schema": STRING} for name in names]
    found = read(tmp_path, document({"/a": {"get": {"parameters": parameters, "responses": OK}}}))
    assert [parameter["name"] for parameter in found.document.operations[0].parameters] == names
    assert compiled(found.document)
