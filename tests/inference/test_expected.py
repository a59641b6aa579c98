"""What is understood of twelve public documents agrees with what a person wrote down before: ``expected/README.md`` says how to read the files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.infer import infer
from mockserver.openapi.inference.model import Family, Model, Role

HERE = Path(__file__).parent / "expected"
CORPUS = Path(os.environ.get("MOCKSERVER_CORPUS", Path(__file__).parents[2].parent / "shared" / "corpus"))
EXPECTED = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(HERE.glob("*.yaml"))}
LEAST = 0.97
"""The share of facts that must agree."""

Fact = tuple[str, str, str]
"""What it is about, what was expected, what was understood."""


def _file(name: str) -> Path:
    found = EXPECTED[name].get("file")
    return CORPUS / found if found else next((CORPUS / f"{name}{end}" for end in (".yaml", ".json") if (CORPUS / f"{name}{end}").exists()), CORPUS)


def _pointer(role: Role) -> str:
    return "-" if role.answer is None else role.answer or "."


def _is_at(family: Family | None, paths: Mapping[str, Any]) -> bool:
    """Whether a family is the one at some paths."""
    return family is not None and (family.item, family.collection) == (paths.get("item", ""), paths.get("collection", ""))


def _family_facts(model: Model, expected: Mapping[str, Any]) -> Iterator[Fact]:
    for name, paths in expected.items():
        found = next((family for family in model.families.values() if _is_at(family, paths)), None)
        yield f"family {name}", "found", "found" if found is not None else "not found"
        if found is None:
            continue
        if paths["key"] != "*":
            yield f"key of {name}", paths["key"], str(found.identity)
        parents = [scope.parent for scope in found.scopes if scope.parent]
        wanted = [expected[parent] for parent in paths.get("below", ())]
        agrees = len(parents) == len(wanted) and all(_is_at(model.families[one], other) for one, other in zip(parents, wanted, strict=True))
        yield f"what {name} is below of", str(paths.get("below", [])), str(paths.get("below", [])) if agrees else str(parents)


def _operation_facts(document: Document, model: Model, expected: Mapping[str, Any]) -> Iterator[Fact]:
    by_label = {operation.label: operation for operation in document.operations}
    for label, line in expected["operations"].items():
        kinds, *more = line.split()
        role = model.roles[by_label[label].id]
        kind = str(role.kind) if role.is_stateful else "answer"
        yield f"{label}: kind", kinds, kinds if kind in kinds.split("|") else kind
        if kind not in kinds.split("|"):
            continue
        if more and more[0] != "*":
            agrees = _is_at(model.families.get(role.family), expected["families"][more[0]])
            yield f"{label}: family", more[0], more[0] if agrees else role.family
        if len(more) > 1:
            yield f"{label}: record or list", more[1], _pointer(role)


def _facts(name: str) -> list[Fact]:
    expected, document = EXPECTED[name], read_foreign(_file(name)).document
    model = infer(document)
    assert {operation.label for operation in document.operations} == set(expected["operations"]), "a file names every operation of its document"
    return [*_family_facts(model, expected["families"]), *_operation_facts(document, model, expected)]


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of public documents is not there; MOCKSERVER_CORPUS names its folder")
def test_what_is_understood_agrees_with_what_a_person_wrote_down() -> None:
    facts = {name: _facts(name) for name in EXPECTED}
    wrong = [
        f"{name}: {about}: expected {wanted}, understood {found}" for name, some in facts.items() for about, wanted, found in some if wanted != found
    ]
    count = sum(map(len, facts.values()))
    assert len(EXPECTED) == 12
    assert len(wrong) <= count * (1 - LEAST), f"{len(wrong)} of {count} facts differ:\n" + "\n".join(wrong)
    print(f"{count - len(wrong)} of {count} facts agree", *wrong, sep="\n")  # noqa: T201 - what still differs, with pytest -s
