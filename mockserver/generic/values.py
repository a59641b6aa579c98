"""Values that fit a schema: kept if they are known, made if they are not.

:meth:`ValueMaker.make` makes a value, by name, format, example and bounds. :meth:`ValueMaker.fit` keeps of a known value what its schema allows,
and makes the rest. Both draw from one generator that the caller seeds, so the same seed gives the same bytes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from faker import Faker

from mockserver.generic.words import make_number, make_text
from mockserver.openapi.digits import EXACT, read_digits
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.examples import invent
from mockserver.openapi.inference.shapes import Shapes
from mockserver.openapi.pointers import find_value, split_pointer
from mockserver.openapi.schemas import Direction, SchemaCompiler, Validator

DEPTH = 6
"""Levels of nesting below which optional parts are left out."""
PARTS = 20_000
"""Parts of what is made between two calls of ``seed`` and ``make``, after which nothing more is made."""
BOTTOM = 12
"""Levels of nesting below which nothing is made, whatever the schema demands."""
SHALLOW = 2
"""Levels of nesting below which optional objects are left out: a record, a part of it, and scalars in that."""
TRIES = 6
"""How often a value is made anew if it does not fit its schema."""
_ITEMS = 2
_VALIDATORS = 5000
"""Schemas whose validators are found by their identity; then all are forgotten, because some schemas are made while values are made."""
_GROUPS, _REPETITIONS = 2, 1000
"""Repeated groups of a pattern, and repetitions of one part of it, up to which a text is made of it."""
LEAST, MOST = -(2**63), 2**64 - 1
"""The whole numbers that can be stored and sent."""
MISSING: Any = object()
"""Stands for a value that is not there."""


class ValueMaker:
    """Makes and fits values of the schemas of one document."""

    def __init__(self, document: Document, shapes: Shapes, locale: str = "en_US") -> None:
        self.document = document
        self.shapes = shapes
        self._compiler = SchemaCompiler(document, Direction.ANSWER)
        self._validators: dict[int, tuple[Any, Validator | None]] = {}
        """By the identity of a schema, the schema itself, which must live as long as its identity is known, and its validator."""
        self._fake = Faker(locale)
        self._parts = 0

    def seed(self, *parts: object) -> None:
        """Make what follows depend on these values only."""
        self._fake.seed_instance(" ".join(map(str, parts)))
        self._parts = 0

    @property
    def fake(self) -> Faker:
        return self._fake

    # Validity

    def is_valid(self, schema: Any, value: Any) -> bool:
        """Whether a value satisfies a schema; what cannot be compiled is satisfied by anything."""
        validator = self.validator(schema)
        return validator is None or validator.is_valid(value)

    def validator(self, schema: Any) -> Validator | None:
        known = self._validators.get(id(schema))
        if known is not None:
            return known[1]
        if len(self._validators) >= _VALIDATORS:
            self._validators.clear()
        found = self._compile(schema)
        self._validators[id(schema)] = schema, found
        return found

    def _compile(self, schema: Any) -> Validator | None:
        try:
            return self._compiler.compile(schema)
        except DocumentBroken:
            return None

    def is_closed(self, schema: Any) -> bool:
        """Whether a schema allows no properties but its own."""
        resolved = self.shapes.resolve(schema)
        return (
            resolved.get("additionalProperties") is False
            or resolved.get("unevaluatedProperties") is False
            or any(map(self.is_closed, resolved.get("allOf") or ()))
        )

    # Making

    def make(self, schema: Any, name: str = "", noun: str = "", depth: int = 0, *, full: bool = True) -> Any:
        """A value of a schema. ``name`` is the property that holds it, ``noun`` the noun of the record; ``full`` makes optional properties too."""
        value = None
        for _ in range(TRIES):
            value = self._make(schema, name, noun, depth, full=full)
            if depth or self.is_valid(schema, value):
                return value
        return self._repair(schema, value, name, noun)

    def _invent(self, schema: Any) -> Any:
        """A value from the keywords of a schema alone; an empty text if they contradict each other, or if a pattern would make too long a text."""
        pattern = schema.get("pattern") if isinstance(schema, dict) else None
        if isinstance(pattern, str) and not _is_modest(pattern):
            return ""
        try:
            return invent(self.document, schema, self._fake.random)
        except (ValueError, TypeError, OverflowError, RecursionError, DocumentBroken, re.error):
            return ""

    def _repair(self, schema: Any, value: Any, name: str, noun: str) -> Any:
        """A value that still does not fit is replaced, place by place, by what its schema says alone; else made without optional parts."""
        fitted = self._fit(schema, value, name, noun, 0)
        if self.is_valid(schema, fitted):
            return fitted
        for _ in range(TRIES):
            bare = self._make(schema, name, noun, DEPTH, full=False)
            if self.is_valid(schema, bare):
                return bare
        for _ in range(TRIES):
            invented = self._invent(schema)
            if self.is_valid(schema, invented):
                return invented
        return fitted

    def _make(self, schema: Any, name: str, noun: str, depth: int, *, full: bool) -> Any:
        self._parts += 1
        if depth > BOTTOM or self._parts > PARTS:
            return None  # the schema demands a value without end, or one that is too large
        schema = self.shapes.resolve(schema)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._fake.random_element([one for one in schema["enum"] if one is not None] or schema["enum"])
        for combined in ("oneOf", "anyOf"):
            branches = [one for one in schema.get(combined) or () if self.shapes.resolve(one).get("type") != "null"]
            if branches and "properties" not in schema:
                return self._make_branch(schema, branches, name, noun, depth, full=full)
        return self._make_by_type(schema, name, noun, depth, full=full)

    def _make_by_type(self, schema: Mapping[str, Any], name: str, noun: str, depth: int, *, full: bool) -> Any:
        shape = self.shapes.of(schema)
        if shape.is_list:
            return self._make_list(schema, shape.items, name, noun, depth, full=full)
        if shape.is_object:
            return self._make_object(schema, noun, depth, full=full)
        if shape.is_open and not shape.enum:
            return schema.get("example", schema.get("default", {} if not name else self._fake.word()))
        return self._make_scalar(schema, shape.kinds, name, noun)

    def _make_branch(self, schema: Mapping[str, Any], branches: list[Any], name: str, noun: str, depth: int, *, full: bool) -> Any:
        """A value of one of several branches. Nested deep, the branch with the fewest required properties, so that recursion ends."""
        if depth >= DEPTH:
            branches = sorted(branches, key=lambda one: len(self.shapes.of(one).required))
        branch = branches[0]
        rest = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf", "discriminator")}
        value = self._make(branch, name, noun, depth + 1, full=full)
        if rest.get("allOf") or rest.get("required"):
            more = self._make(rest, name, noun, depth + 1, full=full)
            value = {**more, **value} if isinstance(more, dict) and isinstance(value, dict) else value
        discriminator = schema.get("discriminator")
        if isinstance(discriminator, dict) and isinstance(value, dict) and discriminator.get("propertyName"):
            value[discriminator["propertyName"]] = self._discriminates(discriminator, branch, value.get(discriminator["propertyName"]))
        return value

    def _discriminates(self, discriminator: Mapping[str, Any], branch: Any, value: Any) -> Any:
        mapped = {target: key for key, target in (discriminator.get("mapping") or {}).items()}
        reference = branch.get("$ref", "") if isinstance(branch, dict) else ""
        declared = self.shapes.resolve(self.shapes.of(branch).properties.get(discriminator["propertyName"], {}))
        if "const" in declared or declared.get("enum"):
            return value
        return mapped.get(reference) or mapped.get(reference.rpartition("/")[2]) or reference.rpartition("/")[2] or value

    def _make_list(self, schema: Mapping[str, Any], items: Any, name: str, noun: str, depth: int, *, full: bool) -> list[Any]:
        merged = self._merged(schema)
        least, most = merged.get("minItems", 0), merged.get("maxItems", _ITEMS)
        fixed = merged.get("prefixItems")
        if isinstance(fixed, list):
            return [self._make(one, name, noun, depth + 1, full=full) for one in fixed]
        count = max(least, min(most, _ITEMS if full and depth < DEPTH - 2 else least))
        if items is None:
            return [self._fake.word() for _ in range(least)]
        made: list[Any] = []
        for _ in range(count * TRIES):
            if len(made) >= count:
                break
            one = self._make(items, name, noun, depth + 1, full=full)
            if not merged.get("uniqueItems") or one not in made:
                made.append(one)
        return made

    def _merged(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if not isinstance(schema.get("allOf"), list):
            return schema
        try:
            return self.document.merge_all_of(schema)
        except (DocumentBroken, RecursionError, AttributeError, TypeError):
            return schema

    def _make_object(self, schema: Mapping[str, Any], noun: str, depth: int, *, full: bool) -> dict[str, Any]:
        shape = self.shapes.of(schema)
        made: dict[str, Any] = {}
        for name, inner in shape.properties.items():
            if name not in shape.required and (not full or depth >= DEPTH - 2 or self._is_skipped(inner, depth)):
                continue
            made[name] = self._make(inner, name, noun, depth + 1, full=full)
        made |= {name: self._fake.word() for name in sorted(shape.required) if name not in made}
        merged = self._merged(schema)
        others, least = merged.get("additionalProperties"), merged.get("minProperties", 0)
        wanted = max(least - len(made), 1 if isinstance(others, dict) and not shape.properties and full and depth < DEPTH - 2 else 0)
        for _ in range(wanted):
            made[f"{self._fake.word()}{len(made) or ''}"] = self._make(
                others if isinstance(others, dict) else {"type": "string"}, "value", noun, depth + 1, full=full
            )
        return made

    def _is_skipped(self, schema: Any, depth: int) -> bool:
        """Optional properties that are left out: write-only ones, and deep objects, which may contain themselves."""
        schema = self.shapes.resolve(schema)
        shape = self.shapes.of(schema)
        return bool(schema.get("writeOnly")) or (
            depth >= SHALLOW and (shape.is_object or (shape.is_list and shape.items is not None and self.shapes.of(shape.items).is_object))
        )

    def _make_scalar(self, schema: Mapping[str, Any], kinds: set[str], name: str, noun: str) -> Any:
        schema = self._merged(schema)
        plain = {key: value for key, value in schema.items() if key not in ("allOf", "oneOf", "anyOf", "nullable")}
        if "string" in kinds:
            return self._make_text({**plain, "type": "string"}, name, noun)
        if "boolean" in kinds:
            return self._fake.boolean()
        kind = "integer" if "integer" in kinds else "number"
        number = make_number(self._fake, name, example=schema.get("example"))
        if number is not None:
            value = number if kind == "integer" or self._fake.boolean() else number + self._fake.random_int(0, 99) / 100
            if self.is_valid({**plain, "type": kind}, value):
                return value
        return self._invent({**plain, "type": kind})

    def _make_text(self, plain: Mapping[str, Any], name: str, noun: str) -> Any:
        if "pattern" not in plain and plain.get("format") in (None, "string", "email", "uri", "url", "hostname", "text"):
            named = make_text(self._fake, name, noun)
            if named is None and isinstance(plain.get("example"), str) and plain["example"]:
                named = self.imitate(plain["example"])
            if named is None and not {"minLength", "maxLength", "format"} & plain.keys():
                named = self._fake.sentence(nb_words=3).rstrip(".")
            if isinstance(named, str) and self.is_valid(dict(plain), named):
                return named
        value: Any = ""
        for _ in range(TRIES):
            value = self._invent(dict(plain))
            if self.is_valid(dict(plain), value):
                return value
        example = plain.get("example", plain.get("default"))
        return example if example is not None and self.is_valid(dict(plain), example) else value

    def imitate(self, example: str) -> str:
        """A text like an example: words stay, digits and mixed tokens become others of the same kind."""
        if len(example) > 200 or not re.search(r"\d", example):  # noqa: PLR2004 - a sentence is kept
            return example
        return "".join(self._like(part) if re.search(r"\d", part) else part for part in re.split(r"([^A-Za-z0-9]+)", example))

    def _like(self, token: str) -> str:
        draw = self._fake.random
        hexadecimal = re.fullmatch(r"[0-9a-f]+", token) is not None and not token.isdigit()
        made = []
        for letter in token:
            if letter.isdigit():
                made.append(draw.choice("0123456789abcdef" if hexadecimal else "0123456789"))
            elif hexadecimal:
                made.append(draw.choice("0123456789abcdef"))
            else:
                made.append(draw.choice("ABCDEFGHJKLMNPQRSTUVWXYZ" if letter.isupper() else "abcdefghjkmnpqrstuvwxyz") if len(token) > 4 else letter)  # noqa: PLR2004 - a short token is a word with a number
        return "".join(made)

    # Fitting

    def fit(self, schema: Any, value: Any, name: str = "", noun: str = "") -> Any:
        """A value that satisfies a schema and keeps of ``value`` what it can. MISSING is made from the schema."""
        if value is not MISSING and self.is_valid(schema, value):
            return value
        fitted = self._fit(schema, value, name, noun, 0)
        if self.is_valid(schema, fitted):
            return fitted
        return self._last_resort(schema, fitted, name, noun)

    def _last_resort(self, schema: Any, value: Any, name: str, noun: str) -> Any:
        """Replace the places at which a validator still finds a fault, the outermost last."""
        validator = self.validator(schema)
        for _ in range(TRIES):
            if validator is None or validator.is_valid(value):
                return value
            paths = sorted({tuple(error.instance_path) for error in validator.iter_errors(value)}, key=len, reverse=True)
            for path in paths:
                value = self._without(value, path)
            value = self._fit(schema, value, name, noun, 0)
        return value if self.is_valid(schema, value) else self.make(schema, name, noun, full=False)

    def _without(self, value: Any, path: tuple[Any, ...]) -> Any:
        if not path:
            return MISSING if not isinstance(value, dict) else value
        head, rest = path[0], path[1:]
        if isinstance(value, dict) and head in value:
            inner = self._without(value[head], rest) if rest else MISSING
            kept = {key: one for key, one in value.items() if key != head}
            return kept if inner is MISSING else {**value, head: inner}
        if isinstance(value, list) and isinstance(head, int) and head < len(value):
            inner = self._without(value[head], rest) if rest else MISSING
            return [one for number, one in enumerate(value) if number != head] if inner is MISSING else [*value[:head], inner, *value[head + 1 :]]
        return value

    def _fit(self, schema: Any, value: Any, name: str, noun: str, depth: int) -> Any:
        if value is MISSING or depth > DEPTH + 4:
            return self._make(schema, name, noun, min(depth, DEPTH), full=False)
        schema = self.shapes.resolve(schema)
        if self.is_valid(schema, value):
            return value
        for combined in ("oneOf", "anyOf"):
            branches = [one for one in schema.get(combined) or () if self.shapes.resolve(one).get("type") != "null"]
            if branches and "properties" not in schema:
                return self._fit_branch(schema, branches, value, name, noun, depth)
        fitted = self._fit_by_type(schema, value, name, noun, depth)
        return self._make(schema, name, noun, min(depth, DEPTH), full=False) if fitted is MISSING else fitted

    def _fit_by_type(self, schema: Mapping[str, Any], value: Any, name: str, noun: str, depth: int) -> Any:
        """The value with its parts fitted, or as the type of its schema; MISSING if nothing of it can be kept."""
        shape = self.shapes.of(schema)
        if shape.is_object and isinstance(value, dict):
            return self._fit_object(schema, value, noun, depth)
        if shape.is_list and isinstance(value, list):
            kept = value if shape.items is None else [self._fit(shape.items, one, name, noun, depth + 1) for one in value]
            return kept[: self._merged(schema).get("maxItems")]
        if shape.is_list and isinstance(value, str | int | float) and self.is_valid(shape.items, value):
            return [value]  # a list that may be sent as its only item
        if value is None and _allows_null(schema):
            return None
        converted = _convert(shape.kinds, value)
        return converted if converted is not MISSING and self.is_valid(schema, converted) else MISSING

    def _fit_branch(self, schema: Mapping[str, Any], branches: list[Any], value: Any, name: str, noun: str, depth: int) -> Any:
        best = self._closest(branches, value)
        fitted = self._fit(best, value, name, noun, depth + 1)
        discriminator = schema.get("discriminator")
        if isinstance(discriminator, dict) and isinstance(fitted, dict) and discriminator.get("propertyName") in self.shapes.of(best).properties:
            told = self._discriminates(discriminator, best, fitted.get(discriminator["propertyName"]))
            fitted = {**fitted, discriminator["propertyName"]: told}
        return fitted

    def _closest(self, branches: list[Any], value: Any) -> Any:
        """The branch that a value was meant for: one that it satisfies, else the one that shares most properties and has the right type."""

        def score(branch: Any) -> tuple[bool, bool, int, int]:
            shape = self.shapes.of(branch)
            right = (
                (shape.is_object and isinstance(value, dict))
                or (shape.is_list and isinstance(value, list))
                or (shape.is_scalar and not isinstance(value, dict | list))
            )
            shared = len(shape.properties.keys() & value.keys()) if isinstance(value, dict) else 0
            missing = len(shape.required - value.keys()) if isinstance(value, dict) else 0
            return self.is_valid(branch, value), right, shared, -missing

        return max(branches, key=score)

    def _fit_object(self, schema: Mapping[str, Any], value: Mapping[str, Any], noun: str, depth: int) -> dict[str, Any]:
        shape = self.shapes.of(schema)
        others = self._merged(schema).get("additionalProperties", True)
        kept: dict[str, Any] = {}
        for name, inner in value.items():
            if name in shape.properties:
                kept[name] = self._fit(shape.properties[name], inner, name, noun, depth + 1)
            elif isinstance(others, dict):
                kept[name] = self._fit(others, inner, name, noun, depth + 1)
            elif others is not False:
                kept[name] = inner
        for name in sorted(shape.required - kept.keys()):
            kept[name] = self._make(shape.properties.get(name, {"type": "string"}), name, noun, min(depth + 1, DEPTH), full=False)
        return kept


def _is_modest(pattern: str) -> bool:
    """Whether the texts of a pattern are short: few repeated groups, and no large number of repetitions."""
    repeated = len(re.findall(r"\)[*+{]", pattern))
    return repeated <= _GROUPS and all(int(number) <= _REPETITIONS for number in re.findall(r"\{(?:\d*,)?(\d{1,9})", pattern))


def _allows_null(schema: Mapping[str, Any]) -> bool:
    kind = schema.get("type")
    return schema.get("nullable") is True or kind == "null" or (isinstance(kind, list) and "null" in kind)


def _convert(kinds: set[str], value: Any) -> Any:
    """A scalar as another type that says the same, MISSING if there is none."""
    if "string" in kinds and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and kinds & {"integer", "number"}:
        try:
            return _writable(int(value) if "integer" in kinds or value.lstrip("-").isdigit() else float(value))
        except ValueError:
            return MISSING
    if "integer" in kinds and isinstance(value, float) and value.is_integer():
        return _writable(int(value))
    return MISSING


def _writable(number: float) -> Any:
    """A number, MISSING if an answer cannot hold it: a whole one of more than 64 bits, or one that is not finite."""
    return number if (-(2**63) <= number < 2**64 if isinstance(number, int) else math.isfinite(number)) else MISSING


def type_key(kinds: set[str], key: str) -> int | str:
    """A key, which paths and tables hold as text, as the type that its property has.

    Text that is no whole number of 64 bits stays text, and so does a number written otherwise than JSON writes it, such as ``07``: it is no other
    name of the record 7.
    """
    digits = read_digits(key.removeprefix("-"), EXACT) if "integer" in kinds else None
    if digits is None:
        return key
    number = -digits if key.startswith("-") else digits
    return number if str(number) == key else key


def at(value: Any, pointer: str) -> Any:
    """The value at a JSON pointer, MISSING if there is none."""
    return find_value(value, pointer, MISSING)


def put(pointer: str, value: Any) -> Any:
    """A value with objects around it, so that it stands at a pointer."""
    for part in reversed(list(split_pointer(pointer))):
        value = {part: value}
    return value


def has_long_number(value: Any) -> bool:
    """Whether a value of JSON holds a whole number of more than 64 bits."""
    waiting = [value]
    for one in waiting:  # grows while it is gone through
        kind = type(one)
        if kind is dict:
            waiting.extend(one.values())
        elif kind is list:
            waiting.extend(one)
        elif kind is int and not LEAST <= one <= MOST:
            return True
    return False
