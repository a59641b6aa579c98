"""Values for schemas of any document: every keyword may be there, schemas may refer to themselves, and examples may know more than keywords."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from mockserver.openapi.documents import Document

from .edges import LONGEST, MOST_ITEMS
from .values import MOST, Values

DEEPEST = 5
"""Objects and lists, one inside the other, below which only what is required is made."""
BOTTOM = 12
"""The same, below which nothing is made."""
MOST_VALUES = 1_500
"""Values inside one value after which only what is required is made, and nothing is tried twice."""
_FORMATS: Mapping[str, Callable[[str], str]] = {
    "time": lambda _: "12:00:00Z",
    "duration": lambda _: "P1D",
    "ipv4": lambda word: f"10.{ord(word[0]) % 200}.{ord(word[1]) % 200}.{ord(word[2]) % 200}",
    "ipv6": lambda word: f"2001:db8::{ord(word[0]):x}{ord(word[1]):x}",
    "hostname": lambda word: f"{word}.example.com",
    "idn-hostname": lambda word: f"{word}.example.com",
    "idn-email": lambda word: f"{word}@example.com",
    "url": lambda word: f"https://{word}.example.com/",
    "uri-reference": lambda word: f"/{word}",
    "iri": lambda word: f"https://{word}.example.com/",
    "byte": lambda word: base64.b64encode(word.encode()).decode(),
    "base64": lambda word: base64.b64encode(word.encode()).decode(),
}


class AnyValues(Values):
    """A source of values whose results are tried against their schema; the same seed gives the same values."""

    def __init__(self, document: Document, seed: int | str, salt: str, fits: Callable[[Any, Any], bool]) -> None:
        super().__init__(document, seed, salt)
        self._fits_schema = fits
        self._depth = self._made = 0
        self._by_example = False

    @contextmanager
    def by_examples(self) -> Iterator[None]:
        """Take the examples of schemas for a while, where there are some: they keep rules that no keyword says."""
        self._by_example = True
        try:
            yield
        finally:
            self._by_example = False

    def of(self, schema: Any, *, full: bool = False) -> Any:
        """A value of a schema; if none that fits is found, the first that was made."""
        merged = self._document.merge_all_of(schema)
        if self._depth > BOTTOM:
            return None
        if not self._depth:
            self._made = 0
        self._made += 1
        self._depth += 1
        try:
            first: Any = None
            for number, value in enumerate(self._candidates(merged, full=full and self._depth <= DEEPEST and self._made < MOST_VALUES)):
                if self._made >= MOST_VALUES or self._fits_schema(schema, value):
                    return value
                first = value if number == 0 else first
            return first
        finally:
            self._depth -= 1

    def _candidates(self, schema: Mapping[str, Any], *, full: bool) -> Iterator[Any]:
        """Values that may fit, the likeliest first."""
        if self._by_example:
            yield from _examples(schema)
        if "const" in schema or "enum" in schema:
            yield super().of(dict(schema), full=full)
            return
        for key in ("oneOf", "anyOf"):
            for branch in schema.get(key, ()):
                one = self._document.merge_all_of(branch)
                if one.get("type") != "null":
                    both = {name: inner for name, inner in schema.items() if name not in ("oneOf", "anyOf")}
                    yield self.of({"allOf": [both, one]} if "properties" in both else {**both, **one}, full=full)
        if not {"oneOf", "anyOf"} & schema.keys() or "properties" in schema:
            kind = schema.get("type", "object" if "properties" in schema else "array" if "items" in schema else "string")
            yield getattr(self, f"_{kind}", self._string)(schema, full)
            if full and self._depth == 1:  # further in, each further try would double the tries around it
                yield getattr(self, f"_{kind}", self._string)(schema, False)  # noqa: FBT003 - one shape for all kinds
        yield from _examples(schema)

    def _null(self, _schema: Any, _full: bool) -> None:  # noqa: FBT001 - likewise
        return None

    def _integer(self, schema: Any, full: bool) -> int:  # noqa: FBT001
        return int(self._number(schema, full, whole=True))

    def _number(self, schema: Any, full: bool, *, whole: bool = False) -> float:  # noqa: ARG002, FBT001
        low, high = _bounds(schema)
        step = Decimal(str(schema.get("multipleOf") or (1 if whole else "0.01")))
        steps = (-(-low // step), high // step)
        value = self._chance.randint(int(steps[0]), max(int(steps[0]), int(steps[1]))) * step
        return int(value) if value == int(value) and (whole or step >= 1) else float(value)

    def _array(self, schema: Any, full: bool) -> list[Any]:  # noqa: FBT001
        least = min(int(schema.get("minItems", 0)), MOST_ITEMS)
        return [self.of(schema.get("items", {}), full=full) for _ in range(max(least, 1 if full or self._depth < DEEPEST else 0))]

    def _object(self, schema: Any, full: bool) -> dict[str, Any]:  # noqa: FBT001
        wanted = {name: inner for name, inner in schema.get("properties", {}).items() if not self._document.merge_all_of(inner).get("readOnly")}
        return super()._object({**schema, "properties": wanted}, full)

    def _string(self, schema: Any, full: bool) -> str:  # noqa: FBT001
        if int(schema.get("minLength", 0)) > LONGEST:
            return ""
        made = _FORMATS.get(schema.get("format", ""))
        return made(self.word(6)) if made is not None and "pattern" not in schema else super()._string(schema, full)


def _examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    """The values that a schema shows of itself."""
    if "example" in schema:
        yield schema["example"]
    examples = schema.get("examples")
    yield from examples if isinstance(examples, list) else ()
    if schema.get("default") is not None:
        yield schema["default"]


def _bounds(schema: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    """The least and the largest number of a schema. Without a lower bound numbers are above zero, as most are that count or measure."""
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if isinstance(above, bool):
        above = low if above else None
    if isinstance(below, bool):
        below = high if below else None
    least = max((Decimal(str(one)) for one in (low, None if above is None else above + 1) if one is not None), default=Decimal(1))
    if least <= 0 and (high is None or high >= 1):
        least = Decimal(1)
    limits = (high, None if below is None else below - 1, float(least) + MOST)
    most = min(Decimal(str(one)) for one in limits if one is not None)
    return (least, most) if least <= most else (most, most)
