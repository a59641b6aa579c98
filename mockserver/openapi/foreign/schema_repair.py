"""Makes every schema of a document one that the validators can compile: a keyword with a value that it cannot have is corrected or left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs

from mockserver.openapi.foreign.defects import Defects, describe
from mockserver.openapi.foreign.grammar import GRAMMAR, Path, children, walk

TYPES = ("object", "array", "string", "integer", "number", "boolean")
_SPELLINGS = {
    "int": ("integer", "int32"),
    "int32": ("integer", "int32"),
    "int64": ("integer", "int64"),
    "long": ("integer", "int64"),
    "float": ("number", "float"),
    "double": ("number", "double"),
    "decimal": ("number", None),
    "bool": ("boolean", None),
    "str": ("string", None),
    "text": ("string", None),
    "date": ("string", "date"),
    "datetime": ("string", "date-time"),
    "date-time": ("string", "date-time"),
    "uuid": ("string", "uuid"),
    "file": ("string", "binary"),
    "list": ("array", None),
    "dict": ("object", None),
    "map": ("object", None),
}
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains")
_MAPS = tuple(key for key, (how, _) in GRAMMAR["schema"].items() if how == "map")
_LISTS = tuple(key for key, (how, _) in GRAMMAR["schema"].items() if how == "list")
_OR_BOOLEAN = ("additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems")
_ANNOTATIONS = frozenset({"description", "title", "summary", "example", "examples", "deprecated", "default", "externalDocs", "xml", "$comment"})
_STRUCTURED = {*GRAMMAR["schema"], *_ANNOTATIONS, *_COUNTS} | set(
    "type enum const required dependentRequired dependencies discriminator pattern format minimum maximum exclusiveMinimum exclusiveMaximum"
    " multipleOf nullable readOnly writeOnly uniqueItems $ref".split()
)
"""Keywords whose value may be a mapping or a list, and those for which that is a defect."""
_IDENTIFIERS = ("$id", "$schema", "$anchor", "$vocabulary", "$dynamicAnchor", "$recursiveAnchor", "$comment")
_DYNAMIC = ("$dynamicRef", "$recursiveRef")
_BITS = {"int32": 32, "int64": 64}
_FLAGS = ("nullable", "readOnly", "writeOnly", "uniqueItems", "deprecated")
_DELIMITED = re.compile(r"/(.*)/[dgimsuvy]*", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_LONGEST_PATTERN = 5000
_MOST = 2**53
"""The largest number that every reader of JSON knows exactly."""
_LEFT_OUT = "left out; correct it"


def repair_schemas(raw: dict[str, Any], defects: Defects, *, is_2020: bool) -> None:
    """Repair every schema of a document in place. ``is_2020`` is set for documents whose schemas are of draft 2020-12."""
    for path, kind, node in walk("document", raw):
        if kind == "schema" and isinstance(node, dict):
            _Repair(node, path, defects, is_2020=is_2020).run()
        for steps, below, child in children(kind, node) if isinstance(node, dict) else ():
            if below == "schema" and not isinstance(child, dict):
                _replace(node, steps, child, (*path, *steps), defects)


def _replace(parent: Any, steps: Path, child: Any, path: Path, defects: Defects) -> None:
    """Put a schema where something else stands: true, false, nothing, or a mistake."""
    if isinstance(child, bool) and steps[0] in _OR_BOOLEAN and len(steps) == 1:
        return
    if child is not None and not isinstance(child, bool):
        defects.at(path, f"{describe(child)} is no schema", "read as a schema that allows everything; write a mapping")
    holder: Any = parent if len(steps) == 1 else parent[str(steps[0])]
    holder[steps[-1]] = {"not": {}} if child is False else {}


@lru_cache(maxsize=4096)
def compiles(pattern: str) -> bool:
    """Whether the engine of the validators, whose time is linear in the text, knows a pattern."""
    if len(pattern) > _LONGEST_PATTERN:
        return False
    try:
        jsonschema_rs.Draft4Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())
    except (ValueError, jsonschema_rs.ValidationError):
        return False
    return True


class _Repair:
    """Repairs one schema, not those inside it."""

    def __init__(self, node: dict[str, Any], path: Path, defects: Defects, *, is_2020: bool) -> None:
        self._node = node
        self._path = path
        self._defects = defects
        self._is_2020 = is_2020

    def run(self) -> None:
        node = self._node
        self._repair_names()
        if "$ref" in node:
            self._repair_reference()
        if "$ref" in node:
            return
        self._repair_flags()
        if "type" in node:
            self._repair_type()
        for key in [one for one in node if one in _REPAIRS]:
            _REPAIRS[key](self, key)
        self._repair_bounds()
        self._bound_by_format()
        if isinstance(node.get("items"), list):
            self._repair_items()
        if "const" in node and not self._is_2020:
            node.setdefault("enum", [node["const"]])
            del node["const"]

    def _bound_by_format(self) -> None:
        """Bound an integer of 32 or 64 bits: the validators compare the formats of texts only."""
        bits = _BITS.get(str(self._node.get("format")))
        if bits is None or self._node.get("type") not in ("integer", ["integer"], ["integer", "null"]):
            return
        if not {"minimum", "exclusiveMinimum"} & self._node.keys():
            self._node["minimum"] = -(2 ** (bits - 1))
        if not {"maximum", "exclusiveMaximum"} & self._node.keys():
            self._node["maximum"] = 2 ** (bits - 1) - 1

    def _drop(self, key: str, why: str) -> None:
        self._defects.at((*self._path, key), f"{key} {why}", _LEFT_OUT)
        del self._node[key]

    def _repair_names(self) -> None:
        """Leave out the names that a schema gives itself: references lead to components only."""
        node = self._node
        for key in _IDENTIFIERS:
            node.pop(key, None)
        for key in _DYNAMIC:
            if key in node:
                self._drop(key, f"{describe(node[key])} is a dynamic reference, which is not followed")
        if isinstance(node.get("id"), str):
            del node["id"]  # names a schema in draft 4
        for key in [one for one, value in node.items() if isinstance(value, dict | list) and one not in _STRUCTURED and not one.startswith("x-")]:
            del node[key]  # says nothing about values, and may hold anything

    def _repair_reference(self) -> None:
        """Keep what stands beside a reference, where it counts: with the reference in ``allOf``."""
        node = self._node
        beside = {key for key in node if key != "$ref" and key not in _ANNOTATIONS and not key.startswith("x-")}
        counts = beside if self._is_2020 else {key for key in beside & {"readOnly", "writeOnly"} if node[key] is True}
        for key in beside - counts:
            del node[key]  # OpenAPI 3.0 says that it does not count
        if counts:
            rest = {key: value for key, value in node.items() if key in counts or key in _ANNOTATIONS or key.startswith("x-")}
            reference = {"$ref": node["$ref"]}
            node.clear()
            nullable = rest.pop("nullable", None) is True
            branches = rest.pop("allOf", [])
            node |= rest
            if nullable:
                node["anyOf"] = [reference, {"type": "null"}]
                if branches:
                    node["allOf"] = branches
            else:
                node["allOf"] = [reference, *(branches if isinstance(branches, list) else [])]

    def _repair_flags(self) -> None:
        node = self._node
        for key in _FLAGS:
            if key in node and not isinstance(node[key], bool):
                if isinstance(node[key], str) and node[key].lower() in ("true", "false"):
                    node[key] = node[key].lower() == "true"
                else:
                    self._drop(key, f"is {describe(node[key])}, not true or false")

    # Types

    def _repair_type(self) -> None:
        node = self._node
        written = node["type"]
        named = [written] if isinstance(written, str) else written if isinstance(written, list) else []
        if len(named) == 1 and "," in str(named[0]):
            named = [part.strip() for part in str(named[0]).split(",")]
        known = list(dict.fromkeys(found for one in named if (found := self._known_type(one)) is not None))
        if len(known) < len(named) or not known:
            self._defects.at((*self._path, "type"), f"{describe(written)} is no type", "read as any type; write one of " + ", ".join(TYPES))
            del node["type"]
            return
        if not self._is_2020 and "null" in known:
            node["nullable"] = True
            known = [one for one in known if one != "null"]
        if not known:
            del node["type"]
            node["enum"] = [None]
            return
        node["type"] = known[0] if len(known) == 1 else known

    def _known_type(self, name: Any) -> str | None:
        if name is None:
            return "null"
        if not isinstance(name, str):
            return None
        lower = name.lower()
        if lower in TYPES or lower == "null":
            if lower != name:
                self._defects.at((*self._path, "type"), f"{name} is no type", f"read as {lower}; write it so")
            return lower
        if lower not in _SPELLINGS:
            return None
        kind, form = _SPELLINGS[lower]
        if form is not None:
            self._node.setdefault("format", form)
        self._defects.at((*self._path, "type"), f"{name} is no type", f"read as {kind}; write it so")
        return kind

    # Values of keywords

    def _repair_count(self, key: str) -> None:
        number = _as_number(self._node[key])
        if number is None or not 0 <= number <= _MOST or number != int(number):
            self._drop(key, f"is {describe(self._node[key])}, not a number of things")
        else:
            self._node[key] = int(number)

    def _repair_number(self, key: str) -> None:
        number = _as_number(self._node[key])
        if number is None or (key == "multipleOf" and number <= 0):
            self._drop(key, f"is {describe(self._node[key])}, not a number that it can be")
        else:
            self._node[key] = number

    def _repair_bounds(self) -> None:
        """Bring exclusive bounds into the form of the version: true or false in 3.0, a number since 3.1."""
        node = self._node
        for key, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            value = node.get(key)
            if value is None:
                node.pop(key, None)
            elif isinstance(value, bool):
                if self._is_2020:
                    del node[key]
                    if value and bound in node:
                        node[key] = node.pop(bound)
                elif bound not in node:
                    del node[key]
            elif (number := _as_number(value)) is None:
                self._drop(key, f"is {describe(value)}, neither a number nor true or false")
            elif self._is_2020:
                node[key] = number
            else:
                node[bound], node[key] = number, True

    def _repair_required(self, key: str) -> None:
        node = self._node
        value = node[key]
        if isinstance(value, list):
            names = list(dict.fromkeys(name for name in value if isinstance(name, str)))
            if len(names) < len(value):
                self._defects.at((*self._path, key), "required names a property twice, or something that is no name", "read without it; remove it")
            node[key] = names
        elif not isinstance(value, bool):
            self._defects.at((*self._path, key), f"required is {describe(value)}, not a list of names", _LEFT_OUT)
        else:
            self._defects.at((*self._path, key), "required is no list of names", "left out; name the property in the list of the schema around it")
        if not isinstance(value, list) or not node[key]:
            del node[key]

    def _repair_enum(self, key: str) -> None:
        value = self._node[key]
        if not isinstance(value, list) or not value:
            self._drop(key, "is no list of values, or an empty one")
            return
        kept: list[Any] = []
        seen: set[tuple[type, str]] = set()
        for one in value:
            mark = (float if isinstance(one, int) and not isinstance(one, bool) else type(one), str(float(one)) if _is_number(one) else repr(one))
            if mark not in seen:
                seen.add(mark)
                kept.append(one)
        self._node[key] = kept

    def _repair_pattern(self, key: str) -> None:
        pattern = self._node[key]
        if not isinstance(pattern, str):
            self._drop(key, f"is {describe(pattern)}, not a text")
            return
        delimited = _DELIMITED.fullmatch(pattern)
        if delimited is not None and compiles(delimited[1]):
            self._defects.at(
                (*self._path, key), f"the pattern {describe(pattern)} has the slashes of another language", "read without them; remove them"
            )
            self._node[key] = delimited[1]
        elif not compiles(pattern):
            self._drop(key, f"{describe(pattern)} cannot be read by an engine of regular expressions that takes linear time")

    def _repair_text(self, key: str) -> None:
        if not isinstance(self._node[key], str):
            self._drop(key, f"is {describe(self._node[key])}, not a text")

    def _repair_map(self, key: str) -> None:
        value = self._node[key]
        if value is None:
            del self._node[key]
        elif not isinstance(value, dict):
            self._drop(key, "is no mapping of schemas")
        elif key == "patternProperties":
            for pattern in [one for one in value if not compiles(one)]:
                self._defects.at((*self._path, key, pattern), f"the pattern {describe(pattern)} cannot be read", _LEFT_OUT)
                del value[pattern]

    def _repair_list(self, key: str) -> None:
        value = self._node[key]
        if isinstance(value, dict):
            self._defects.at((*self._path, key), f"{key} is no list of schemas", "read as a list of one; write a list")
            self._node[key] = [value]
        elif not isinstance(value, list) or not value:
            if value:
                self._defects.at((*self._path, key), f"{key} is no list of schemas", _LEFT_OUT)
            del self._node[key]

    def _repair_discriminator(self, key: str) -> None:
        value = self._node[key]
        if isinstance(value, str):
            self._node[key] = {"propertyName": value}
        elif not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            self._drop(key, "names no property")

    def _repair_dependencies(self, key: str) -> None:
        """Leave out what draft 4 has and OpenAPI never had; draft 2020-12 has ``dependentRequired`` for it."""
        if key != "dependentRequired" or not _is_map_of_names(self._node[key]):
            self._drop(key, "is not known in OpenAPI, or is no mapping of lists of names")

    def _repair_items(self) -> None:
        """Write several items, as JSON Schema before 2020-12 has them, as the version of the document does."""
        node = self._node
        items = node.pop("items")
        others = node.pop("additionalItems", None)
        if not self._is_2020:
            self._defects.at((*self._path, "items"), "items is a list", "read as any of its schemas; write one schema")
            node["items"] = {"anyOf": items} if items else {}
            return
        if others is not None:
            node["items"] = others if isinstance(others, dict) else {"not": {}} if others is False else {}
        if items:
            node["prefixItems"] = items


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_map_of_names(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in value.values())


def _as_number(value: Any) -> int | float | None:
    """A number, also one that is written as text."""
    if _is_number(value):
        number: int | float = value
        return number
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value) if "." in value else int(value)
    return None


def _list_repairs() -> Iterator[tuple[str, Callable[[_Repair, str], None]]]:
    yield from ((key, _Repair._repair_count) for key in _COUNTS)  # noqa: SLF001 - the class and its table are one
    yield from ((key, _Repair._repair_number) for key in ("minimum", "maximum", "multipleOf"))  # noqa: SLF001
    yield from ((key, _Repair._repair_map) for key in _MAPS)  # noqa: SLF001
    yield from ((key, _Repair._repair_list) for key in _LISTS)  # noqa: SLF001
    yield "required", _Repair._repair_required  # noqa: SLF001
    yield "enum", _Repair._repair_enum  # noqa: SLF001
    yield "pattern", _Repair._repair_pattern  # noqa: SLF001
    yield "format", _Repair._repair_text  # noqa: SLF001
    yield "discriminator", _Repair._repair_discriminator  # noqa: SLF001
    yield from ((key, _Repair._repair_dependencies) for key in ("dependencies", "dependentRequired"))  # noqa: SLF001


_REPAIRS = dict(_list_repairs())
