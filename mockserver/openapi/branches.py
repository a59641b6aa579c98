"""Errors behind ``anyOf`` and ``oneOf``: those of the branch that a value was meant for, or a text that names the branches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from mockserver.openapi.nearest import nearest

_LEVELS = 5
"""Branches of branches in which a meaning is looked for."""
_CHOICES = ("anyOf", "oneOf")
_DECIDING = frozenset({"type", "const", "enum"})
"""Keywords that tell branches apart, at the value itself or at a property of it."""


def find_meant(error: jsonschema_rs.ValidationError, level: int = 0) -> Iterator[jsonschema_rs.ValidationError]:
    """The errors of the branch that is nearest to the value, or the error itself if no branch is nearer than the others."""
    kind: Any = error.kind
    if kind.name not in _CHOICES or level >= _LEVELS:
        yield error
        return
    branches: list[list[jsonschema_rs.ValidationError]] = [list(found) for found in kind.context]
    ranked = sorted(branches, key=lambda found: _distance(error, found))
    is_clear = len(ranked) == 1 or (len(ranked) > 1 and _distance(error, ranked[0]) < _distance(error, ranked[1]))
    if not is_clear or not ranked[0] or _distance(error, ranked[0])[0]:
        yield error  # several branches hold, or none is nearer, or the value has the type of none
        return
    for inner in ranked[0]:
        yield from find_meant(inner, level + 1)


def _distance(error: jsonschema_rs.ValidationError, found: list[jsonschema_rs.ValidationError]) -> tuple[bool, int, int]:
    """How far a value is from a branch: it has another type, says by a property that it is of another branch, and the number of errors."""
    here = len(error.instance_path)
    names = [(one.kind.name, len(one.instance_path) - here) for one in found]
    return any(name == "type" and depth == 0 for name, depth in names), sum(name in _DECIDING - {"type"} for name, _ in names), len(found)


def describe_choice(error: jsonschema_rs.ValidationError) -> str | None:
    """What a value may be that fits none of several branches, in words: the types, or the keys of which one is needed. None for another error."""
    kind: Any = error.kind
    if kind.name not in _CHOICES:
        return None
    found = [one for branch in getattr(kind, "context", ()) for one in branch if list(one.instance_path) == list(error.instance_path)]
    if isinstance(error.instance, dict):
        needed = list(dict.fromkeys(str(one.kind.property) for one in found if one.kind.name == "required"))
        unknown = [name for one in found if one.kind.name == "additionalProperties" for name in one.kind.unexpected]
        everywhere = [name for name in dict.fromkeys(unknown) if unknown.count(name) == len(kind.context)]
        if not needed:
            return None
        texts = [f"{name} is no key here, {nearest(name, needed)}" for name in everywhere]
        return "; ".join([f"give one of {', '.join(needed)}", *texts])
    types = list(dict.fromkeys(name for one in found if one.kind.name == "type" for name in one.kind.types))
    return f"this has to be of one of the types {', '.join(types)}" if types else None
