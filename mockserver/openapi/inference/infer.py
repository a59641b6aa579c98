"""From a document to its model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mockserver.openapi.declarations.correct import correct
from mockserver.openapi.documents import Document
from mockserver.openapi.inference.calls import CallFinder
from mockserver.openapi.inference.families import Survey
from mockserver.openapi.inference.model import Family, Model
from mockserver.openapi.inference.roles import RoleFinder
from mockserver.openapi.inference.settling import settle
from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.inference.words import fold, split


def infer(document: Document) -> Model:
    """The resource families of a document and the role of each operation, as inferred and as declared. The same document gives the same model.

    Raises DocumentBroken for a declaration that cannot be right.
    """
    return correct(document, infer_undeclared(document))


def infer_undeclared(document: Document) -> Model:
    """The model of a document without its declarations."""
    survey = Survey(document)
    settle(survey)
    roles = RoleFinder(survey, CallFinder(survey).find()).find()
    played = {role.family for role in roles.values()} | {family.mirrors for family in survey.families.values()}
    families = {
        name: family
        for name, family in survey.families.items()
        if name in played or any(scope.parent == name for one in roles.values() for scope in one.scopes)
    }
    return Model({name: replace(family, references=_references(survey.shapes, family, families)) for name, family in families.items()}, roles)


def _references(shapes: Shapes, family: Family, families: dict[str, Family]) -> dict[str, str]:
    """The properties of a record that hold the key of another record, with the family of that record."""
    by_noun: dict[str, list[str]] = {}
    for other in families.values():
        if not other.is_singleton and (other.item or other.identity is not None) and not other.mirrors:
            by_noun.setdefault(fold(other.noun), []).append(other.name)
    found: dict[str, str] = {}
    for name, schema in shapes.of(family.schema).properties.items():
        if name == family.identity:
            continue
        noun = _referred(shapes, name, schema)
        named = by_noun.get(noun, []) if noun else []
        if len(named) == 1:
            found[name] = named[0]
    return found


def _referred(shapes: Shapes, name: str, schema: Any) -> str:
    """The noun that a property such as ``trip_id`` refers to; empty if it refers to nothing."""
    words, shape = split(name), shapes.of(schema)
    if shape.is_object or len(words) < 2 or words[-1] not in ("id", "uuid", "key", "sid", "gid", "ids"):  # noqa: PLR2004 - the noun and "id"
        return ""
    return "".join(words[:-1])
