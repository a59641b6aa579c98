"""Extensions of another author that have a name of ours are left out where they mean something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.openapi.foreign.read import read_foreign
from tests.foreign.documents import OK, document, write

GOOD_AND_BAD: dict[str, tuple[Any, Any]] = {
    "x-aliases": (["/b"], "b"),
    "x-clauses": ({"a.b.r1": "x"}, "x"),
    "x-computed": ([], {}),
    "x-errors": ({"e": {"status": 400, "message": "no", "aliases": ["f"]}}, {"e": {"status": "400"}}),
    "x-fault-codes": ({"required": ["a", "b"], "type": "c"}, {"required": 1}),
    "x-input-clauses": ({}, []),
    "x-lenient": (True, "yes"),
    "x-list": ({}, True),
    "x-provenance": ("assumed", 1),
    "x-recipes": ({}, []),
    "x-safe": (False, 0),
    "x-unseen": ({"200": "why"}, "why"),
    "x-volatile-headers": (["a"], [1]),
}


@pytest.mark.parametrize("key", GOOD_AND_BAD)
def test_an_extension_of_an_operation_is_kept_only_if_it_means_what_the_server_means(tmp_path: Path, key: str) -> None:
    for value, is_kept in zip(GOOD_AND_BAD[key], (True, False), strict=True):
        found = read_foreign(write(tmp_path, document({"/a": {"get": {"responses": OK, key: value}}})))
        assert (key in found.document.operations[0].spec) is is_kept
        assert any(key in str(defect) for defect in found.defects) is not is_kept


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("x-max-bytes", 5, -1),
        ("x-media-types", ["image/png"], "png"),
        ("x-filename-pattern", "a", 1),
        ("x-volatile", "each-call", 1),
        ("x-emits", {}, []),
    ],
)
def test_an_extension_of_a_schema_or_a_body(tmp_path: Path, key: str, good: Any, bad: Any) -> None:
    for value, is_kept in ((good, True), (bad, False)):
        schema = {"type": "string", key: value}
        content = document({"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}}})
        response = read_foreign(write(tmp_path, content)).document.operations[0].response(200)
        assert response is not None
        assert (key in response["content"]["application/json"]["schema"]) is is_kept


def test_an_alias_has_the_placeholders_of_its_path(tmp_path: Path) -> None:
    for alias, is_kept in (("/b/{id}", True), ("/b", False), ("b/{id}", False)):
        found = read_foreign(write(tmp_path, document({"/a/{id}": {"get": {"responses": OK, "x-aliases": [alias]}}})))
        assert ("x-aliases" in found.document.operations[0].spec) is is_kept
