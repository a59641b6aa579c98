"""Schemas of a document without ``allOf``: one object with the properties of all branches, as generators of clients understand it best.

A property that several branches describe keeps what all of them demand. A generator makes an intersection of the branches instead, and a property
that one of them has as an object without properties then takes no value at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mockserver.openapi.errors import DocumentBroken

Resolve = Callable[[Any], Any]
"""What a reference leads to; any other schema is returned as it is."""

NAMED = frozenset(
    """
    properties patternProperties dependentSchemas $defs definitions headers schemas responses parameters examples requestBodies securitySchemes links
    callbacks paths content variables scopes mapping encoding webhooks pathItems
    """.split()
)
"""Keys below which names stand that the author of the document chose."""
DATA = frozenset({"example", "default", "enum", "const", "value"})
"""Keys below which data stand."""
_WORDS = frozenset({"description", "title", "example", "examples", "default", "externalDocs", "deprecated", "xml"})
"""Keys that demand nothing. The last branch that has one gives it."""
_OF_ONE = frozenset({"example", "examples", "discriminator"})
"""Keys that are true of a branch, but may not be true of the whole."""
_LEAST = frozenset({"minimum", "minLength", "minItems", "minProperties"})
_MOST = frozenset({"maximum", "maxLength", "maxItems", "maxProperties"})
_CHOICES = ("anyOf", "oneOf")
_DEPTH = 20
"""Levels of schemas inside each other that are merged; one may contain itself."""
_MERGES = 1_000
"""Merges for one ``allOf``; two schemas that contain themselves in several properties would take ever more."""


_NULL: dict[str, Any] = {"type": "object", "nullable": True, "enum": [None]}
"""The schema of null, for which 3.0 has no type."""


class _Impossible(Exception):
    """No value fits two schemas."""


class _Kept(Exception):
    """Two schemas demand what one without ``allOf`` cannot say."""


def flatten(schema: Any, resolve: Resolve) -> Any:
    """A schema or a document in which every ``allOf`` that one schema can say is that one. References inside stay.

    Properties that are never there (``not: {}``) are left out.
    """
    return _drop_never(_Flattening(resolve).flatten(schema))


class _Flattening:
    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._level = 0
        self._merges = 0

    def flatten(self, node: Any, *, is_named: bool = False) -> Any:
        if isinstance(node, list):
            return [self.flatten(item) for item in node]
        if not isinstance(node, dict):
            return node
        if is_named:
            return {name: self.flatten(value) for name, value in node.items()}
        if isinstance(node.get("allOf"), list) and node["allOf"]:
            beside = {name: value for name, value in node.items() if name != "allOf"}
            self._merges = self._merges if self._level else 0
            try:
                whole: Any = beside
                for branch in reversed(node["allOf"]):
                    whole = self.merge(branch, whole)
            except (_Impossible, _Kept):
                return self._flatten_parts(node)
            return whole
        return self._fold(self._flatten_parts(node))

    def _flatten_parts(self, node: dict[str, Any]) -> dict[str, Any]:
        return {name: value if name in DATA else self.flatten(value, is_named=name in NAMED) for name, value in node.items()}

    def _fold(self, node: dict[str, Any]) -> dict[str, Any]:
        """A choice between one schema and null as that schema with ``nullable``."""
        key = next((key for key in _CHOICES if isinstance(node.get(key), list)), None)
        if key is None:
            return node
        whole = [branch for branch in node[key] if not _is_null(branch)]
        if len(whole) != 1 or len(node[key]) == 1:
            return node
        try:
            only = self._flat(whole[0])
        except _Kept:
            return node
        beside = {name: value for name, value in node.items() if name != key}
        return {**only, **beside, "nullable": True} if isinstance(only.get("type"), str) and not _demands(beside) else node

    def _flat(self, schema: Any) -> dict[str, Any]:
        """A schema itself, without references and ``allOf``. Raises _Kept if it cannot be said so."""
        try:
            found = self.flatten(self._resolve(schema))
        except DocumentBroken:
            raise _Kept from None
        if not isinstance(found, dict) or "allOf" in found or isinstance(found.get("type"), list):
            raise _Kept
        return found

    def merge(self, one: Any, other: Any) -> Any:
        """The schema of the values that fit both; words are those of the other one. Raises _Impossible and _Kept."""
        if takes_nothing(other):
            return other
        if one == other or not _demands(other):
            return one if not isinstance(other, dict) or "$ref" in one or one == other else {**one, **other}
        self._level += 1
        self._merges += 1
        try:
            if self._level > _DEPTH or self._merges > _MERGES:
                raise _Kept
            first, second = self._flat(one), self._flat(other)
            if _is_open(second, first):
                return one
            if _is_open(first, second):
                return other
            return self._merge(first, second)
        finally:
            self._level -= 1

    def _merge(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
        """The schema of the values that fit two schemas without references and ``allOf``. Raises _Impossible and _Kept."""
        for key in _CHOICES:
            for left, right in ((one, other), (other, one)):
                if key in left:
                    return self._distribute(key, left, right)
        if _is_null(one) or _is_null(other):
            return _merge_null(one, other)
        made: dict[str, Any] = {**{name: value for name, value in one.items() if name not in _OF_ONE}, **other}
        made.pop("nullable", None)
        try:
            made |= _merge_kinds(one, other)
        except _Impossible:
            return _merge_null(dict(_NULL), one if _takes_null(other) else other)
        for key in one.keys() & other.keys() - _WORDS - {"type", "nullable", "properties", "required", "items"}:
            made[key] = _merge_bounds(key, one[key], other[key])
        if "items" in one and "items" in other:
            made["items"] = self.merge(one["items"], other["items"])
        ours, theirs = one.get("properties", {}), other.get("properties", {})
        if ours or theirs:
            _check_closed(one, theirs.keys() - ours.keys())
            _check_closed(other, ours.keys() - theirs.keys())
            both = {name: self.merge(ours[name], theirs[name]) for name in ours if name in theirs}
            made["properties"] = {**ours, **theirs, **both}
        required = list(dict.fromkeys([*one.get("required", ()), *other.get("required", ())]))
        if required:
            made["required"] = required
        if required and made.get("maxProperties") == 0:
            return _merge_null(made, dict(_NULL))
        return made

    def _distribute(self, key: str, left: Mapping[str, Any], right: Mapping[str, Any]) -> dict[str, Any]:
        """A choice of which every branch also fits another schema; a branch that no value fits is left out."""
        beside = {name: value for name, value in left.items() if name != key}
        rest = self.merge(beside, right) if _demands(beside) else {**beside, **right}
        branches = []
        for branch in left[key]:
            try:
                branches.append(self.merge(branch, {name: value for name, value in rest.items() if name not in _WORDS}))
            except _Impossible:
                continue
        if not branches:
            raise _Impossible
        words = {name: rest[name] for name in rest.keys() & {"description"}}
        return branches[0] if len(branches) == 1 else self._fold({**words, key: branches})


def takes_nothing(schema: Any) -> bool:
    """Whether a schema says of a property that it is never there."""
    return isinstance(schema, dict) and schema.get("not") == {}


def _drop_never(node: Any, *, is_named: bool = False) -> Any:
    """A copy without the properties that are never there."""
    if isinstance(node, list):
        return [_drop_never(item) for item in node]
    if not isinstance(node, dict):
        return node
    if is_named:
        return {name: _drop_never(value) for name, value in node.items()}
    made = {name: value if name in DATA else _drop_never(value, is_named=name in NAMED) for name, value in node.items()}
    if isinstance(made.get("properties"), dict):
        made["properties"] = {name: value for name, value in made["properties"].items() if not takes_nothing(value)}
    return made


def _demands(schema: Any) -> bool:
    """Whether a schema demands anything of a value."""
    return isinstance(schema, dict) and bool(schema.keys() - _WORDS)


def _is_open(schema: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a schema demands no more than that the other's kind of value is an object."""
    keys = schema.keys() - _WORDS
    return (
        keys <= {"type", "nullable"}
        and schema.get("type") == "object" == other.get("type")
        and (bool(schema.get("nullable")) or not other.get("nullable"))
    )


def _is_null(schema: Any) -> bool:
    """Whether a schema takes null alone."""
    return isinstance(schema, dict) and schema.get("enum") == [None]


def _merge_null(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of null, if two schemas take it. Raises _Impossible."""
    if not (_takes_null(one) and _takes_null(other)):
        raise _Impossible
    return dict(one if _is_null(one) else other)


def _takes_null(schema: Mapping[str, Any]) -> bool:
    return "type" not in schema or bool(schema.get("nullable"))


def _merge_kinds(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """``type`` and ``nullable`` of the values that fit two schemas."""
    kinds = {schema["type"] for schema in (one, other) if "type" in schema}
    if kinds == {"integer", "number"}:
        kinds = {"integer"}
    if len(kinds) > 1:
        raise _Impossible
    made: dict[str, Any] = {"type": kinds.pop()} if kinds else {}
    if _takes_null(one) and _takes_null(other) and made:
        made["nullable"] = True
    return made


def _merge_bounds(key: str, one: Any, other: Any) -> Any:
    """What two schemas demand together by one key. Raises _Impossible and _Kept."""
    if one == other:
        return one
    if key == "enum":
        both = [value for value in one if value in other]
        if not both:
            raise _Impossible
        return both
    if key in _LEAST or key in _MOST:
        return max(one, other) if key in _LEAST else min(one, other)
    if key == "uniqueItems" or key in ("readOnly", "writeOnly"):
        return one or other
    if key in ("pattern", "format") or key.startswith("x-"):
        return other  # the later branch says what is sent, the earlier one what any implementation may send
    raise _Kept


def _check_closed(schema: Mapping[str, Any], more: set[str]) -> None:
    """Raise _Kept if a schema has a word about properties that only another one names."""
    if more and schema.get("additionalProperties", True) not in (True, {}):
        raise _Kept
