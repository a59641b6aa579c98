"""Paths are found in a tree of segments."""

from __future__ import annotations

import re
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


PIECES = st.lists(st.sampled_from(["a", "b", ".", "-", "ab", "{}"]), min_size=1, max_size=4).map("".join)
TEMPLATES = st.lists(st.lists(PIECES, min_size=1, max_size=3).map(lambda segments: "/" + "/".join(segments)), min_size=1, max_size=8, unique=True)
SENT = st.lists(st.text("ab.-", min_size=1, max_size=5), min_size=1, max_size=3).map(lambda segments: "/" + "/".join(segments))


def number_placeholders(template: str) -> str:
    """A template whose placeholders have names: ``p0``, ``p1`` …"""
    names = count()
    return re.sub(r"\{\}", lambda _: f"{{p{next(names)}}}", template)


def match(template: str, path: str) -> dict[str, str] | None:
    """The values of the placeholders of a template in a path, by a regular expression."""
    found = re.fullmatch("([^/]+)".join(map(re.escape, template.split("{}"))), path)
    return None if found is None else {f"p{number}": value for number, value in enumerate(found.groups())}


def rank(template: str) -> list[tuple[bool, int, str]]:
    """How a template compares with others: by segments, fixed ones first, then those with more fixed text."""
    return [("{}" in segment, segment.count("{}") * 2 - len(segment), segment) for segment in template.split("/")]


@given(TEMPLATES, SENT)
def test_the_template_found_is_the_most_fixed_one_that_matches(templates: list[str], path: str) -> None:
    named = [number_placeholders(template) for template in templates]
    made, known = tree(*named)
    best = min((template for template in templates if match(template, path) is not None), key=rank, default=None)
    found = made.find(path)
    if best is None:
        assert found is None
    else:
        assert found is not None
        assert known[id(found[0])] == number_placeholders(best)
        assert found[1] == match(best, path)


@pytest.mark.parametrize("template", ["/" + "{a}" * 30 + "x", "/" + "{a}-" * 30 + "x", "/{a}.{b}.{c}.{d}.{e}.{f}!"])
def test_a_segment_with_many_placeholders_takes_linear_time(template: str) -> None:
    made, _ = tree(template)
    assert made.find("/" + "a.-" * 20_000) is None
