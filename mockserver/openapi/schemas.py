"""Schemas of OpenAPI, translated to JSON Schema and compiled once: those of 3.0 to draft 4, from which they descend, later ones to draft 2020-12.

In draft 4 an integer is written without a fraction: ``1.0`` is none.

A :class:`Validator` answers ``is_valid`` for the common case at the price of one call into compiled code, and keeps *every* violation, with
JSON pointer, keyword and the vendor's code, if a value is invalid.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

import jsonschema_rs
import orjson

from mockserver.openapi.branches import describe_choice, find_meant
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken, Violation
from mockserver.openapi.nearest import nearest
from mockserver.openapi.pointers import join_pointer

_ROOT = "urn:document"
_UNSORTED = 1_000_000
_ANNOTATIONS = frozenset(
    {"example", "examples", "xml", "externalDocs", "discriminator", "deprecated", "readOnly", "writeOnly", "title", "description", "default"}
)


_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_COMBINING = frozenset({"allOf", "anyOf", "oneOf"})
_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_VALUES = frozenset({"enum", "const", "required", "dependentRequired", "type"})


Unrequired = Callable[[Mapping[str, Any]], Collection[str]]
"""Returns the properties of a schema that are not required, although it may list them as such."""


def translate(schema: Any, unrequired: Unrequired | None = None, above: Collection[str] = ()) -> Any:
    """A schema of OpenAPI as one of JSON Schema, without annotations and extensions.

    What ``unrequired`` names is left out of ``required``, and so is what it has named for a schema that combines this one with others: ``above``.
    """
    if isinstance(schema, list):
        return [translate(item, unrequired, above) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": str(schema["$ref"]).replace("#/", f"{_ROOT}#/", 1)}
    free = {*above, *unrequired(schema)} if unrequired is not None and (_COMBINING & schema.keys() or "required" in schema) else ()
    out = {
        key: _translate_value(key, value, unrequired, free) for key, value in schema.items() if key not in _ANNOTATIONS and not key.startswith("x-")
    }
    if free and isinstance(out.get("required"), list):
        out["required"] = [name for name in out["required"] if name not in free]
        if not out["required"]:
            del out["required"]  # draft 4 has no empty list there
    if schema.get("nullable") is not True:
        return out
    kind = out.get("type")
    if isinstance(kind, list):
        return {**out, "type": [*kind, *(["null"] if "null" not in kind else [])]}
    return {**out, "type": [kind, "null"]} if isinstance(kind, str) else {"anyOf": [out, {"type": "null"}]}


def _translate_value(key: str, value: Any, unrequired: Unrequired | None, free: Collection[str]) -> Any:
    if key in _MAPS:
        return {name: translate(inner, unrequired) for name, inner in value.items()}
    return value if key in _VALUES else translate(value, unrequired, free if key in _COMBINING else ())


def _is_uuid(text: str) -> bool:
    return _UUID.fullmatch(text) is not None


class Direction(StrEnum):
    """Which way a value goes: what is read-only is not required of a request, what is write-only not of an answer."""

    REQUEST = "readOnly"
    ANSWER = "writeOnly"


class Validator:
    """One compiled schema; its violations name the place of the value, such as ``body``."""

    def __init__(self, compiler: SchemaCompiler, schema: Any, compiled: jsonschema_rs.Validator) -> None:
        self._compiler = compiler
        self._schema = schema
        self.is_valid = compiled.is_valid
        self.iter_errors = compiled.iter_errors

    def violations(self, value: Any, place: str) -> list[Violation]:
        """Every violation of the schema by a value, in the order of the document; empty if there is none."""
        errors = self.iter_errors(value)
        if self._compiler.names_branches:  # vendors' documents give codes to the errors of the whole
            errors = (meant for error in errors for meant in find_meant(error))
        found = [self._violation(error, place, extra) for error in errors for extra in _properties_of(error)]
        found.sort(key=lambda violation: violation.rank)
        return found

    def _violation(self, error: jsonschema_rs.ValidationError, place: str, named: str | None) -> Violation:
        path: list[str | int] = list(error.instance_path)
        if named is not None:
            path.append(named)
        return self.violation(place, path, error.kind.name, self._explain(error, named) or _shorten(error))

    def _explain(self, error: jsonschema_rs.ValidationError, named: str | None) -> str | None:
        """A text that says what would be right, of documents whose readers write the requests by hand; None for any other error."""
        if not self._compiler.names_branches:
            return None
        if error.kind.name == "additionalProperties" and named is not None:
            known = self._compiler.list_properties(self._schema, list(error.instance_path))
            return f"{named[:80]!r} is no key here; {nearest(named, known)}" if known else None
        return describe_choice(error)

    def violation(self, place: str, path: Sequence[str | int], keyword: str, text: str) -> Violation:
        """A violation at a path into a value, with the codes that the document declares there."""
        declared, rank = self._compiler.locate(self._schema, path)
        codes: Mapping[str, str | list[str]] = declared.get("x-fault-codes", {})
        given = codes.get(keyword, [])
        order = list(codes).index(keyword) if keyword in codes else _UNSORTED
        return Violation(
            place=place,
            pointer=join_pointer(path),
            keyword=keyword,
            text=text,
            codes=(given,) if isinstance(given, str) else tuple(given),
            rank=(*rank, order),
            late=bool(declared.get("x-fault-late")),
        )


def _properties_of(error: jsonschema_rs.ValidationError) -> Sequence[str | None]:
    """The properties that an error of their object is about: the one that is missing, each one that is not allowed."""
    kind: Any = error.kind
    if kind.name == "required":
        return [kind.property]
    return list(kind.unexpected) if kind.name == "additionalProperties" else [None]


def _shorten(error: jsonschema_rs.ValidationError) -> str:
    """The message of an error, cut if the value that the client sent makes it long."""
    text = str(error.message)
    return text if len(text) <= 300 else text[:300] + " …"  # noqa: PLR2004 - about three lines


def _encode(schema: Any) -> bytes:
    """A schema as bytes, to compare it with others; it may hold whole numbers of any size."""
    try:
        return orjson.dumps(schema)
    except TypeError:
        return json.dumps(schema).encode()


class SchemaCompiler:
    """Compiles the schemas of one document; equal schemas are compiled once.

    ``direction`` matters for foreign documents only: hand-written ones say themselves what is required.
    """

    def __init__(self, document: Document, direction: Direction | None = None) -> None:
        self._document = document
        self._cache: dict[bytes, Validator] = {}
        self._direction = direction
        self._unrequired = self._list_unrequired if direction is not None and document.has_skeleton else None
        # Draft 4 does not know the format, which real documents of OpenAPI 3.0 have everywhere.
        self._formats = {"uuid": _is_uuid} if document.has_skeleton and not document.is_2020 else {}
        shared = {"components": {"schemas": {name: translate(schema, self._unrequired) for name, schema in document.schemas.items()}}}
        self._build: Callable[..., jsonschema_rs.Validator]
        self._build, draft = (
            (jsonschema_rs.Draft202012Validator, jsonschema_rs.Draft202012)
            if document.is_2020
            else (jsonschema_rs.Draft4Validator, jsonschema_rs.Draft4)
        )
        self._registry = jsonschema_rs.Registry([(_ROOT, shared)], draft=draft)

    def compile(self, schema: Any) -> Validator:
        """A validator for a schema of the document. Raises DocumentBroken."""
        key = _encode(schema)
        if key not in self._cache:
            try:
                compiled = self._build(
                    translate(schema, self._unrequired),
                    formats=self._formats,
                    registry=self._registry,
                    validate_formats=True,
                    pattern_options=jsonschema_rs.RegexOptions(),
                    offline=True,
                )
            except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
                raise DocumentBroken(f"{self._document.source}: a schema cannot be used: {error}") from None
            self._cache[key] = Validator(self, schema, compiled)
        return self._cache[key]

    def _list_unrequired(self, schema: Mapping[str, Any]) -> Collection[str]:
        try:
            properties = list(self._document.properties(schema))
        except RecursionError:  # a schema that combines itself has no properties of its own
            return ()
        return {name for name, inner in properties if self._document.resolve(inner).get(self._direction) is True}

    @property
    def names_branches(self) -> bool:
        """Whether errors name the branch and the key that were meant: in documents that give no codes to errors."""
        return self._document.has_skeleton or self._document.raw.get("x-names-keys") is True

    def list_properties(self, schema: Any, path: Sequence[str | int]) -> list[str]:
        """The names of the properties that a value at a path may have."""
        declared, _ = self.locate(schema, path)
        return [name for name, _ in self._document.properties(declared)]

    def clear(self) -> None:
        """Forget what was compiled; validators and their compiler refer to each other, so that nothing else would free them soon."""
        self._cache.clear()

    def locate(self, schema: Any, path: Sequence[str | int]) -> tuple[Mapping[str, Any], tuple[int, ...]]:
        """The schema of the document for a path into a value, and the rank of that schema in the order of the document."""
        rank: list[int] = []
        here: Mapping[str, Any] = self._document.resolve(schema)
        for part in path:
            step = next(self._steps(here, part), None)
            if step is None:
                return {}, (*rank, _UNSORTED)
            inner, position = step
            rank.append(position)
            here = self._document.resolve(inner)
        return here, tuple(rank)

    def _steps(self, schema: Mapping[str, Any], part: str | int) -> Iterator[tuple[Any, int]]:
        if isinstance(part, int):
            if part < len(schema.get("prefixItems", ())):
                yield schema["prefixItems"][part], part
            elif "items" in schema:
                yield schema["items"], part
        elif part in schema.get("properties", {}):
            yield schema["properties"][part], list(schema["properties"]).index(part)
        for combined in ("allOf", "anyOf", "oneOf"):
            for branch in schema.get(combined, ()):
                yield from self._steps(self._document.resolve(branch), part)
