"""Generated values match their schema, differ each time, and are the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from contract_tests.suite.checks.edges import LEFT_OUT, breaking, keeping
from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.checks.values import Values
from mockserver.openapi.documents import Document, load_document
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from collections.abc import Iterator


def bodies(slug: str) -> Iterator[tuple[str, dict[str, Any]]]:
    model = BehaviourModel(load_document(slug))
    for name in model.operations:
        media_type, schema = model.body(name)
        if media_type and "multipart" not in media_type:
            yield name, schema


@pytest.mark.parametrize("slug", FILES)
@pytest.mark.parametrize("full", [False, True])
def test_values_keep_their_schema(slug: str, full: bool) -> None:  # noqa: FBT001 - a column of the table
    model = BehaviourModel(load_document(slug))
    values = Values(load_document(slug), 7)
    for name, schema in bodies(slug):
        for _ in range(5):
            made = values.of(schema, full=full)
            assert model.fits(schema, made), (name, made)


def test_the_same_seed_makes_the_same_values_and_another_makes_others() -> None:
    (_, schema), *_ = bodies("serpi")
    made = [Values(load_document("serpi"), seed).of(schema) for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]


def test_values_are_fresh_each_time() -> None:
    values = Values(Document("toy", "toy.yaml", {}), 1)
    assert len({values.of({"type": "string"}) for _ in range(50)}) == 50


@pytest.mark.parametrize("slug", FILES)
def test_what_breaks_a_schema_does(slug: str) -> None:
    model = BehaviourModel(load_document(slug))
    for name, schema in bodies(slug):
        for field, inner in schema.get("properties", {}).items():
            value = Values(load_document(slug), 1).of(inner, full=True)
            for keyword, wrong in breaking(model, inner, needed=False, in_text=False, value=value):
                assert wrong is not LEFT_OUT
                assert not model.fits(inner, wrong), (name, field, keyword, wrong)
            for keyword, right in keeping(model, inner):
                assert model.fits(inner, right), (name, field, keyword, right)


def test_a_salt_changes_names_and_nothing_else() -> None:
    schema = {
        "type": "object",
        "required": ["name", "kind", "price", "born", "code", "number", "few"],
        "properties": {
            "name": {"type": "string", "maxLength": 9},
            "kind": {"enum": ["a", "b", "c", "d"]},
            "price": {"type": "number"},
            "born": {"type": "string", "format": "date"},
            "code": {"type": "string", "pattern": "^(A|B|C)[0-9]{2,8}$"},
            "number": {"type": "integer"},
            "few": {"type": "integer", "maximum": 50},
        },
    }
    toy = Document("toy", "toy.yaml", {})
    one, same, other = (Values(toy, 5, salt).of(schema) for salt in ("x", "x", "y"))
    assert one == same
    assert all(one[field] != other[field] for field in ("name", "code", "number"))
    assert all(one[field] == other[field] for field in ("kind", "price", "born", "few"))
    assert [len(one[field]) for field in ("name", "code")] == [len(other[field]) for field in ("name", "code")]
    assert one["code"][0] == other["code"][0]
