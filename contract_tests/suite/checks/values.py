"""Values made from schemas: seeded, and fresh each time, so that none is refused as a duplicate."""

from __future__ import annotations

import random
import string
from collections.abc import Mapping
from datetime import date, timedelta
from re import _constants, _parser  # type: ignore[attr-defined, unused-ignore]  # the parser of the standard library is the one that knows its patterns
from typing import Any

from mockserver.openapi.documents import Document

LETTERS = string.ascii_lowercase
PRINTABLE = string.ascii_letters + string.digits
MOST = 999_983
"""The upper bound of numbers if the schema has no lower one: larger values may be refused because of the state, not the schema."""
WIDE = 100_000
"""Whole numbers of a range so wide may be those that make records differ."""
KINDS = 4
"""A set of so few characters in a pattern makes kinds differ, not records."""
REPEATS = 6
TRIES = 50


class Values:
    """A source of values. The same seed gives the same values.

    ``salt`` sets runs apart that share a target: it changes letters and digits of texts and wide whole numbers, that make records differ, and
    nothing else. So the same seed tries the same lengths, amounts, choices and dates whatever the salt is.
    """

    def __init__(self, document: Document, seed: int | str, salt: str = "") -> None:
        self._document = document
        self._chance = random.Random(seed)
        self._names = random.Random(f"{seed}/{salt}")

    def of(self, schema: Any, *, full: bool = False) -> Any:
        """A value of a schema, not null if another value is possible; with ``full`` every optional field is set."""
        schema = self._document.merge_all_of(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._chance.choice([value for value in schema["enum"] if value is not None] or [None])
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.of(schema[key][0], full=full)
        kind = schema.get("type", "object" if "properties" in schema else "string")
        made: Any = getattr(self, f"_{kind}")(schema, full)
        return made

    def _boolean(self, _schema: Any, _full: bool) -> bool:  # noqa: FBT001 - one shape for all kinds
        return True  # the default is mostly no

    def _integer(self, schema: Any, _full: bool) -> int:  # noqa: FBT001
        low, high = (int(bound) for bound in _range(schema))
        return (self._names if high - low >= WIDE else self._chance).randint(low, high)

    def _number(self, schema: Any, _full: bool) -> float:  # noqa: FBT001
        low, high = _range(schema)
        return round(self._chance.uniform(float(low), float(high)), 2)

    def _array(self, schema: Any, full: bool) -> list[Any]:  # noqa: FBT001
        return [self.of(schema.get("items", {}), full=full) for _ in range(max(1, int(schema.get("minItems", 1))))]

    def _object(self, schema: Any, full: bool) -> dict[str, Any]:  # noqa: FBT001
        wanted = schema.get("properties", {})
        chosen = [name for name in wanted if full or name in schema.get("required", ())]
        chosen += [name for name in wanted if name not in chosen][: max(0, int(schema.get("minProperties", 0)) - len(chosen))]
        return {name: self.of(wanted[name], full=full) for name in chosen}

    def _string(self, schema: Any, _full: bool) -> str:  # noqa: FBT001, PLR0911 - one line for each format
        low, high = int(schema.get("minLength", 0)), int(schema.get("maxLength", 40))
        form = schema.get("format")
        if form == "date":
            return (date(1950, 1, 1) + timedelta(days=self._chance.randrange(20_000))).isoformat()
        if form == "date-time":
            return f"{date(2027, 1, 1) + timedelta(days=self._chance.randrange(900))}T12:00:00Z"
        if form == "email":
            return f"{self.word(12)}@example.com"
        if form == "uri":
            return f"https://{self.word(8)}.example.com/{self.word(6)}"
        if form == "uuid":
            digits = "".join(self._names.choices("0123456789abcdef", k=32))
            return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
        if "pattern" in schema and not self._fits(schema["pattern"], "Aa1" + self.word(5)):
            for _ in range(TRIES):
                made = self.matching(schema["pattern"])
                if low <= len(made) <= max(high, low):
                    return made
        return self.word(max(low, min(12, high)))

    @staticmethod
    def _fits(pattern: str, text: str) -> bool:
        return _compiled(pattern).search(text) is not None

    def word(self, length: int) -> str:
        return "".join(self._names.choices(LETTERS, k=length))

    def matching(self, pattern: str) -> str:
        """A text that matches a pattern as a whole."""
        return "".join(self._draw(op, argument) for op, argument in _parser.parse(pattern))

    def _draw(self, op: Any, argument: Any) -> str:  # noqa: PLR0911 - one line for each kind of node
        c = _constants
        if op == c.LITERAL:
            return chr(argument)
        if op == c.ANY:
            return self._names.choice(PRINTABLE)
        if op == c.NOT_LITERAL:
            return self._names.choice([letter for letter in PRINTABLE if ord(letter) != argument])
        if op == c.IN:
            members = _members(argument)
            return (self._names if len(members) > KINDS else self._chance).choice(members)
        if op == c.BRANCH:
            return "".join(self._draw(*part) for part in self._chance.choice(argument[1]))
        if op == c.SUBPATTERN:
            return "".join(self._draw(*part) for part in argument[-1])
        if op in (c.MAX_REPEAT, c.MIN_REPEAT):
            low, high, part = argument
            return "".join(self._draw(*inner) for _ in range(self._chance.randint(low, min(int(high), low + REPEATS))) for inner in part)
        return ""


def _compiled(pattern: str) -> Any:
    import re  # noqa: PLC0415 - beside its private parts above

    return re.compile(pattern)


def _members(argument: Any) -> str:
    found = ""
    negated = False
    for op, value in argument:
        if op == _constants.NEGATE:
            negated = True
        elif op == _constants.LITERAL:
            found += chr(value)
        elif op == _constants.RANGE:
            found += "".join(map(chr, range(value[0], min(value[1], value[0] + 200) + 1)))
        elif op == _constants.CATEGORY:
            found += {_constants.CATEGORY_DIGIT: string.digits, _constants.CATEGORY_SPACE: " "}.get(value, PRINTABLE)
    return "".join(letter for letter in PRINTABLE if letter not in found) if negated else found


def _range(schema: Mapping[str, Any]) -> tuple[float, float]:
    low = schema.get("minimum", 1)
    low = max(low, 1) if low <= 1 else low
    high = min(schema.get("maximum", MOST), low + MOST)
    return (low, high) if low <= high else (high, high)
