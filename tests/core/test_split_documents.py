"""A document may be split by tag and may name alias paths of an operation; contradictions are reported with their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.app import discover
from mockserver.openapi.documents import SPECS, read_document
from mockserver.openapi.errors import DocumentBroken, SetupError

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """
openapi: 3.0.3
info: {title: Toy, version: "1"}
servers: [{url: /toy}]
paths: {}
components:
  schemas:
    Shared: {type: string}
"""
CATS = """
paths:
  /cats/{cat}:
    get:
      operationId: get_cat
      x-aliases: ["/animals/{cat}/as-cat", "/houses/{house}/cats/{cat}"]
      parameters: [{name: cat, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: A cat.}}
    delete:
      operationId: delete_cat
      responses: {"204": {description: Gone.}}
components:
  schemas:
    Cat: {type: object}
  examples:
    tom: {value: {}}
"""
DOGS = """
paths:
  /dogs:
    get: {operationId: list_dogs, responses: {"200": {description: Dogs.}}}
components:
  schemas:
    Dog: {$ref: "#/components/schemas/Shared"}
"""


def write(folder: Path, main: str = MAIN, **parts: str) -> Path:
    """A document made of these files."""
    (folder / "toy").mkdir()
    for name, text in parts.items():
        (folder / "toy" / f"{name}.yaml").write_text(text)
    file = folder / "toy.yaml"
    file.write_text(main)
    return file


def test_paths_and_components_of_the_parts_are_merged(tmp_path: Path) -> None:
    document = read_document("toy", write(tmp_path, cats=CATS, dogs=DOGS))
    assert list(document.raw["paths"]) == ["/cats/{cat}", "/dogs"]
    assert set(document.schemas) == {"Shared", "Cat", "Dog"}
    assert set(document.raw["components"]["examples"]) == {"tom"}
    assert document.resolve(document.schemas["Dog"]) == {"type": "string"}
    assert [part.rpartition("/")[2] for part in document.parts] == ["cats.yaml", "dogs.yaml"]


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("paths:\n  /cats/{cat}: {}", "b.yaml: paths /cats/{cat} stands in"),
        ("components: {schemas: {Shared: {}}}", "b.yaml: components schemas Shared stands in"),
        ("components: {schemas: {Cat: {}}}", "b.yaml: components schemas Cat stands in"),
        ("info: {title: Cats}", "b.yaml: a part has paths and components only, not info"),
        ("paths: [1]", "b.yaml: paths is no mapping"),
        ("components: [1]", "b.yaml: components is no mapping"),
        ("components: {schemas: [1]}", "b.yaml: components schemas is no mapping"),
        ("- 1", "b.yaml: is no OpenAPI document"),
        ("a: [", "b.yaml: line 2"),
    ],
)
def test_parts_that_do_not_fit_together_are_named(tmp_path: Path, part: str, words: str) -> None:
    with pytest.raises(DocumentBroken) as caught:
        read_document("toy", write(tmp_path, a=CATS, b=part))
    assert words in str(caught.value)


def test_a_document_without_any_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentBroken, match="the key paths is missing or empty"):
        read_document("toy", write(tmp_path))


def test_parts_without_their_document_are_named(tmp_path: Path) -> None:
    for slug in discover(SPECS):
        (tmp_path / f"{slug}.yaml").write_text((SPECS / f"{slug}.yaml").read_text())
    (tmp_path / "orphan").mkdir()
    (tmp_path / "orphan" / "part.yaml").write_text(CATS)
    with pytest.raises(SetupError, match=r"orphan holds parts of no document: .*orphan\.yaml is missing"):
        discover(tmp_path)


def test_an_alias_leads_to_its_operation_and_to_no_other(tmp_path: Path) -> None:
    document = read_document("toy", write(tmp_path, cats=CATS))
    reachable = document.raw_for_router()["paths"]
    assert set(reachable) == {"/cats/{cat}", "/animals/{cat}/as-cat", "/houses/{house}/cats/{cat}"}
    for alias in ("/animals/{cat}/as-cat", "/houses/{house}/cats/{cat}"):
        assert reachable[alias]["get"]["operationId"] == "get_cat"
        assert "delete" not in reachable[alias]
    assert set(document.raw["paths"]) == {"/cats/{cat}"}
    assert len(document.operations) == 2


@pytest.mark.parametrize(
    ("aliases", "words"),
    [
        ('["/cats/{name}"]', "the alias GET /cats/{name} of /cats/{cat} is a path of its own already"),
        ('["/felines/{cat}", "/felines/{tom}/"]', "the alias GET /felines/{tom}/ of /cats/{cat} is a path of its own already"),
        ("[/felines]", "the alias /felines lacks a placeholder of /cats/{cat}"),
    ],
)
def test_an_alias_that_cannot_be_is_named(tmp_path: Path, aliases: str, words: str) -> None:
    cats = CATS.replace('["/animals/{cat}/as-cat", "/houses/{house}/cats/{cat}"]', aliases)
    with pytest.raises(DocumentBroken) as caught:
        read_document("toy", write(tmp_path, cats=cats))
    assert words in str(caught.value)
