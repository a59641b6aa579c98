"""Schemas of OpenAPI, translated to JSON Schema and compiled once: those of 3.0 to draft 4, from which they descend, later ones to draft 2020-12.

In draft 4 an integer is written without a fraction: ``1.0`` is none.

A :class:`Validator` answers ``is_valid`` for the common case at the price of one call into compiled code, and keeps *every* violation, with
JSON pointer, keyword and the vendor's code, if a value is invalid.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs
import orjson

from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken, Violation
from mockserver.openapi.pointers import join_pointer

_ROOT = "urn:document"
_UNSORTED = 1_000_000
_ANNOTATIONS = frozenset(
    {"example", "examples", "xml", "externalDocs", "discriminator", "deprecated", "readOnly", "writeOnly", "title", "description", "default"}
)


_MAPS = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"})
_VALUES = frozenset({"enum", "const", "required", "dependentRequired", "type"})


def translate(schema: Any) -> Any:
    """A schema of OpenAPI as one of JSON Schema, without annotations and extensions."""
    if isinstance(schema, list):
        return [translate(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": str(schema["$ref"]).replace("#/", f"{_ROOT}#/", 1)}
    out = {key: _translate_value(key, value) for key, value in schema.items() if key not in _ANNOTATIONS and not key.startswith("x-")}
    if schema.get("nullable") is not True:
        return out
    kind = out.get("type")
    if isinstance(kind, list):
        return {**out, "type": [*kind, *(["null"] if "null" not in kind else [])]}
    return {**out, "type": [kind, "null"]} if isinstance(kind, str) else {"anyOf": [out, {"type": "null"}]}


def _translate_value(key: str, value: Any) -> Any:
    if key in _MAPS:
        return {name: translate(inner) for name, inner in value.items()}
    return value if key in _VALUES else translate(value)


class Validator:
    """One compiled schema; its violations name the place of the value, such as ``body``."""

    def __init__(self, compiler: SchemaCompiler, schema: Any, compiled: jsonschema_rs.Validator) -> None:
        self._compiler = compiler
        self._schema = schema
        self.is_valid = compiled.is_valid
        self.iter_errors = compiled.iter_errors

    def violations(self, value: Any, place: str) -> list[Violation]:
        """Every violation of the schema by a value, in the order of the document; empty if there is none."""
        found = [self._violation(error, place, extra) for error in self.iter_errors(value) for extra in _properties_of(error)]
        found.sort(key=lambda violation: violation.rank)
        return found

    def _violation(self, error: jsonschema_rs.ValidationError, place: str, named: str | None) -> Violation:
        path: list[str | int] = list(error.instance_path)
        if named is not None:
            path.append(named)
        return self.violation(place, path, error.kind.name, _shorten(error))

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
    """Compiles the schemas of one document; equal schemas are compiled once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._cache: dict[bytes, Validator] = {}
        shared = {"components": {"schemas": {name: translate(schema) for name, schema in document.schemas.items()}}}
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
                    translate(schema),
                    registry=self._registry,
                    validate_formats=True,
                    pattern_options=jsonschema_rs.RegexOptions(),
                    offline=True,
                )
            except (ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
                raise DocumentBroken(f"{self._document.source}: a schema cannot be used: {error}") from None
            self._cache[key] = Validator(self, schema, compiled)
        return self._cache[key]

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
