"""Paths are found in a tree of segments."""

from __future__ import annotations

import pytest

from mockserver.openapi.paths import PathTree


class Value:
    """A value stored under a path template."""


def tree(*templates: str) -> tuple[PathTree[Value], dict[int, str]]:
    made: PathTree[Value] = PathTree()
    return made, {id(made.get_or_make(template, Value)): template for template in templates}


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/plans", "/plans", {}),
        ("/plans/new", "/plans/new", {}),
        ("/plans/7", "/plans/{plan_id}", {"plan_id": "7"}),
        ("/plans/7/prices", "/plans/{id}/prices", {"id": "7"}),
        ("/plans/new/prices", "/plans/{id}/prices", {"id": "new"}),
        ("/plans/new/notes", "/plans/new/notes", {}),
        ("/files/a.b.json", "/files/{name}.json", {"name": "a.b"}),
        ("/files/a.xml", "/files/{name}", {"name": "a.xml"}),
        ("/files/1-2", "/files/{from}-{to}", {"from": "1", "to": "2"}),
        ("/", "/", {}),
    ],
)
def test_a_path_finds_its_template_and_the_more_fixed_one_wins(path: str, template: str, values: dict[str, str]) -> None:
    made, templates = tree(
        "/", "/plans", "/plans/{plan_id}", "/plans/new", "/plans/{id}/prices", "/plans/new/notes",
        "/files/{name}", "/files/{name}.json", "/files/{from}-{to}",
    )  # fmt: skip
    found = made.find(path)
    assert found is not None
    assert (templates[id(found[0])], found[1]) == (template, values)


@pytest.mark.parametrize("path", ["/plans/", "/plans//prices", "/plans/7/notes", "/nothing", "/files/a/b", ""])
def test_a_path_that_no_template_matches_finds_nothing(path: str) -> None:
    made, _ = tree("/plans", "/plans/{plan_id}", "/plans/{plan_id}/prices", "/plans/new/notes", "/files/{name}")
    assert made.find(path) is None


def test_a_template_has_one_value_however_often_it_is_asked_for() -> None:
    made: PathTree[Value] = PathTree()
    assert made.get_or_make("/a/{id}", Value) is made.get_or_make("/a/{id}", Value)
    assert made.get_or_make("/a/{id}.json", Value) is made.get_or_make("/a/{id}.json", Value)
    assert made.get_or_make("/a/{id}", Value) is not made.get_or_make("/a/{id}.json", Value)


@pytest.mark.parametrize(("path", "name"), [("/plans/1/a", "first"), ("/plans/1/b", "second")])
def test_placeholders_at_the_same_place_may_have_other_names(path: str, name: str) -> None:
    made, _ = tree("/plans/{first}/a", "/plans/{second}/b")
    found = made.find(path)
    assert found is not None
    assert found[1] == {name: "1"}
