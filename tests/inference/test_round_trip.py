"""The overlay that says what was understood gives the same understanding again, with everything declared."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.openapi.declarations.correct import correct
from mockserver.openapi.declarations.flow import write_flow
from mockserver.openapi.declarations.vocabulary import LIST_KEYS, RESOURCE_KEYS, ROLE_KEYS
from mockserver.openapi.declarations.writing import write_overlay
from mockserver.openapi.foreign.defects import Defects
from mockserver.openapi.foreign.parsing import parse_document
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.infer import infer, infer_undeclared
from mockserver.openapi.inference.model import Confidence, Family, Kind, Model, Role
from tests.foreign.documents import document, write
from tests.foreign.test_corpus import CORPUS
from tests.generic.inside import SHOP
from tests.inference.small import MANY, OBJECT, operation

_REASONS = ("confidence", "because")


def _facts(one: Family | Role) -> dict[str, Any]:
    """What a family or a role says, without how it is known. A guess says no more than that the operation is answered by an example."""
    if isinstance(one, Role) and not one.is_stateful:
        return {"is_stateful": False}
    return {field.name: getattr(one, field.name) for field in fields(one) if field.name not in _REASONS}


def _forget(model: Model) -> Model:
    """A model without what can be declared."""
    families = {
        name: replace(family, identity=None, chosen_by_client=False, scopes=(), references={}, is_singleton=False)
        for name, family in model.families.items()
    }
    return Model(families, {name: Role(name, Kind.ANSWER) for name in model.roles})


def _check(source: Path, folder: Path) -> None:
    first = read_foreign(source).document
    before = infer(first)
    overlay = folder / "kept.overlay.yaml"
    overlay.write_text(write_overlay(first, before, source.name), encoding="utf-8")
    read = read_foreign(source, overlays=[overlay]).document
    for again in (infer(read), correct(read, _forget(infer_undeclared(read)))):
        assert {name: _facts(one) for name, one in again.families.items()} == {name: _facts(one) for name, one in before.families.items()}
        assert {name: _facts(one) for name, one in again.roles.items()} == {name: _facts(one) for name, one in before.roles.items()}
        assert all(family.confidence is Confidence.DECLARED for family in again.families.values())
        assert all(role.confidence is Confidence.DECLARED for role in again.roles.values())


def test_the_shop_is_understood_again(tmp_path: Path) -> None:
    _check(SHOP, tmp_path)
    text = (tmp_path / "kept.overlay.yaml").read_text(encoding="utf-8")
    assert "  # likely: cancel sets status, cancelled_at" in text


NOUNS = st.sampled_from(["pets", "orders", "it's", 'a "b"', "naïve", "a.b", "status", "v1", "x#y", "Users"])
METHODS = st.lists(st.sampled_from(["get", "post", "put", "patch", "delete", "head"]), min_size=1, max_size=4, unique=True)
SHOWN = st.sampled_from(
    [
        None,
        OBJECT,
        MANY,
        {"type": "object", "properties": {"data": MANY, "total": {"type": "integer"}}},
        {"type": "object", "properties": {"data": OBJECT}},
        {"type": "array", "items": {"type": "string"}},
        {"type": "integer"},
    ]
)
QUERY = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in ("cursor", "status", "name", "sort", "q")]
PAGES = [{"name": name, "in": "query", "schema": {"type": "integer"}} for name in ("limit", "page", "offset")]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document of some paths, one below the other."""
    paths: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 4))):
        first, second = draw(NOUNS), draw(NOUNS)
        endings = ["", "/{id}", "/{id}/" + second, "/{id}/" + second + "/{key}", "/{id}/cancel", "/search", "/count", ":run"]
        for ending in draw(st.lists(st.sampled_from(endings), min_size=1, max_size=6, unique=True)):
            for method in draw(METHODS):
                sent = None if method in ("get", "head", "delete") else draw(st.sampled_from([None, OBJECT, MANY]))
                query = draw(st.sampled_from([[], QUERY, QUERY + PAGES]))
                for path, item in operation(method, f"/{first}{ending}", draw(SHOWN), sent, query=query).items():
                    paths.setdefault(path, {}).update(item)
    return document(paths, servers=[{"url": "/"}])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_any_small_document_is_understood_again(raw: dict[str, Any]) -> None:
    with TemporaryDirectory() as folder:
        _check(write(Path(folder), raw), Path(folder))


SOURCES = sorted(file for file in CORPUS.glob("*.*") if file.suffix in (".yaml", ".json"))
_SMALL = 120_000
"""Bytes of a document that is read in less than a second."""


@pytest.mark.parametrize(
    "source",
    [pytest.param(file, id=file.name, marks=[pytest.mark.slow if file.stat().st_size < _SMALL else pytest.mark.long]) for file in SOURCES]
    or [pytest.param(None, marks=[pytest.mark.skip(reason="the corpus of documents is not beside the checkout; MOCKSERVER_CORPUS names it")])],
)
def test_the_documents_of_the_corpus_are_understood_again(source: Path, tmp_path: Path) -> None:
    _check(source, tmp_path)


def test_whatever_a_model_says_has_a_word_in_the_vocabulary() -> None:
    """A field that is added to the model needs a key, so that an overlay can correct it."""
    inferred = {"name", "noun", "confidence", "because", "operation"}
    family = {"collection": "collection", "item": "item", "schema": "schema", "identity": "identity", "key": "item", "chosen_by_client": "key"}
    family |= {"scopes": "below", "references": "references", "is_singleton": "singleton"}
    family |= {"aliases": "aliases", "is_open": "open", "mirrors": "mirrors"}
    family |= {"server_set": "server-set", "write_only": "write-only", "immutable": "immutable", "starts": "starts"}
    assert {field.name for field in fields(Family)} - inferred == family.keys()
    assert set(family.values()) <= set(RESOURCE_KEYS)
    role = {"kind": "kind", "family": "of", "scopes": "below", "key": "key", "answer": "at", "wrapped": "in-list", "sent": "sent"}
    role |= {"sent_wrapped": "sent-in-list", "paging": "page", "filters": "filters", "order": "sort", "direction": "sort", "text": "text"}
    role |= {"changes": "set", "needs": "from", "otherwise": "otherwise", "key_place": "key-in", "bare_keys": "keys"}
    assert {field.name for field in fields(Role)} - inferred == role.keys()
    assert set(role.values()) <= {*ROLE_KEYS, *LIST_KEYS}


VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
)


@given(VALUES)
def test_values_are_written_on_one_line_and_read_again(value: Any) -> None:
    written = f"value: {write_flow(value)}\n"
    assert written.count("\n") == 1
    assert parse_document(written.encode(), "one.yaml", Defects("one.yaml")) == {"value": value}
