"""Generates bodies from schemas; the same random generator state gives the same body."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from random import Random  # noqa: TID251 - a type only; callers pass a seeded generator
from typing import Any

import rstr

from mockserver.openapi.documents import Document
from mockserver.openapi.flattening import takes_nothing

DEPTH = 8
"""Levels of nesting below which optional parts are left out."""
END = 10
"""Levels below which nothing is made: a list that has to hold a list of its own kind has no end, and each level may double the schema."""
BRANCHING = 4
"""Levels of nesting below which the smallest of several schemas is taken, so that recursive schemas end."""
_FAR = 1_000_000
"""How far below zero a bound says something of the number itself."""
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR = 365 * 24 * 3600
_WORDS = "alfa bravo coral delta enero faro gira hoja isla jade kilo luna mesa nube onda pino quinta rosa sol tarde uva valle yate zona".split()


def invent(document: Document, schema: Any, chance: Random, depth: int = 0) -> Any:
    """A value of a schema. It satisfies the schema unless keywords contradict one another, or demand values without end: check it."""
    if depth > END:
        return None
    schema = document.resolve(schema)
    if "const" in schema or "enum" in schema:
        return schema["const"] if "const" in schema else chance.choice(schema["enum"])
    if "allOf" in schema:
        return invent(document, document.merge_all_of(schema), chance, depth)
    for combined in ("oneOf", "anyOf"):
        if combined in schema:
            return invent(document, _choose(document, schema, combined, chance, depth), chance, depth)
    if schema.get("nullable") and chance.random() < (1 if depth > DEPTH else 0.1):
        return None
    return _of_type(document, schema, chance, depth)


def _choose(document: Document, schema: Mapping[str, Any], combined: str, chance: Random, depth: int) -> Any:
    """One of several schemas, with what holds beside them. Nested deep, it is the smallest, so that recursive schemas end."""
    rest = {key: value for key, value in schema.items() if key not in (combined, "discriminator", "nullable", "description", "title", "example")}
    branches = [
        one for one in schema[combined] if document.resolve(one).get("type", rest.get("type")) == rest.get("type", document.resolve(one).get("type"))
    ]
    branches = branches or schema[combined]
    branch = chance.choice(branches) if depth < BRANCHING else min(map(document.resolve, branches), key=_size)
    return {"allOf": [branch, rest]} if rest else branch


def _of_type(document: Document, schema: Mapping[str, Any], chance: Random, depth: int) -> Any:
    kind = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else "string")
    if isinstance(kind, list):  # since OpenAPI 3.1
        kind = next((one for one in kind if one != "null"), "null")
    if kind in ("object", "array"):
        return (_object if kind == "object" else _array)(document, schema, chance, depth)
    if kind == "null":
        return None
    return {"integer": _integer, "number": _number, "boolean": _boolean}.get(kind, _text)(schema, chance)


def _size(schema: Any) -> int:
    return len(str(schema))


def _object(document: Document, schema: Mapping[str, Any], chance: Random, depth: int) -> dict[str, Any]:
    required = set(schema.get("required", ()))
    room = schema.get("maxProperties", len(schema.get("properties", {})))
    made = {
        name: invent(document, inner, chance, depth + 1)
        for name, inner in list(schema.get("properties", {}).items())[:room]
        if (name in required or (depth < DEPTH and chance.random() < 0.8))  # noqa: PLR2004 - most of what may be there is
        and not _is_never(document, inner)
    }
    made |= {name: _text({}, chance) for name in schema.get("required", ()) if name not in made}
    others = schema.get("additionalProperties", True)
    for word in _WORDS[: max(0, schema.get("minProperties", 0) - len(made))] if others is not False else ():
        made[word] = invent(document, others if isinstance(others, dict) else {}, chance, depth + 1)
    return made


def _is_never(document: Document, schema: Any) -> bool:
    """Whether a property with this schema must be left out: ``not: {}`` refuses every value, as ``false`` does."""
    schema = document.resolve(schema)
    parts = [schema, *map(document.resolve, schema.get("allOf", ()))] if isinstance(schema, Mapping) else [schema]
    return any(part is False or takes_nothing(part) for part in parts)


def _array(document: Document, schema: Mapping[str, Any], chance: Random, depth: int) -> list[Any]:
    least = schema.get("minItems", 0) if depth < DEPTH else min(schema.get("minItems", 0), 1)
    most = max(least, min(schema.get("maxItems", 3), 3)) if depth < DEPTH else least
    return [invent(document, schema.get("items", {}), chance, depth + 1) for _ in range(chance.randint(least, most))]


def _bounds(schema: Mapping[str, Any], lowest: float, span: float) -> tuple[float, float]:
    most = schema.get("maximum", _number_or(schema.get("exclusiveMaximum"), None))
    low = schema.get("minimum", _number_or(schema.get("exclusiveMinimum"), lowest if most is None else min(lowest, most)))
    if low < -_FAR and (most is None or most > lowest):
        low = lowest  # the bound of a type, such as 64 bits, and none of what the number means
    return low, low + span if most is None else min(most, low + span)


def _number_or(bound: Any, otherwise: Any) -> Any:
    """An exclusive bound, which is a number since OpenAPI 3.1 and a flag before."""
    return otherwise if isinstance(bound, bool) or bound is None else bound


def _is_exclusive(schema: Mapping[str, Any], key: str) -> bool:
    return schema.get(key) not in (None, False)


def _integer(schema: Mapping[str, Any], chance: Random) -> int:
    low, high = (int(bound) for bound in _bounds(schema, 1, 100_000))
    step = int(schema.get("multipleOf", 1))
    number = chance.randint(low + _is_exclusive(schema, "exclusiveMinimum"), high - _is_exclusive(schema, "exclusiveMaximum"))
    return -(-number // step) * step


def _number(schema: Mapping[str, Any], chance: Random) -> float:
    low, high = _bounds(schema, 0, 10_000)
    return round(chance.uniform(low, high), 2)


def _boolean(_schema: Mapping[str, Any], chance: Random) -> bool:
    return chance.random() < 0.5  # noqa: PLR2004 - a coin


def _text(schema: Mapping[str, Any], chance: Random) -> str:
    kind = schema.get("format", "")
    if "pattern" in schema:
        moments = _spellings(_moment(chance)) if kind == "date-time" else ()
        fitting = next((text for text in moments if re.search(schema["pattern"], text)), None)
        return fitting or str(rstr.Rstr(chance).xeger(schema["pattern"]))
    if kind in _FORMATS:
        return _FORMATS[kind](chance)
    least: int = schema.get("minLength", 0)
    most: int = schema.get("maxLength", max(40, least))
    text = " ".join(chance.choice(_WORDS) for _ in range(chance.randint(1, 4)))[:most].strip()
    return text + "x" * (least - len(text))


def _spellings(moment: datetime) -> Iterator[str]:
    """A moment at every offset, to the second, the thousandth and the millionth, with ``Z`` and with ``+00:00``."""
    for hours in (0, *range(-12, 15)):
        for precision in ("seconds", "milliseconds", "microseconds"):
            text = moment.astimezone(timezone(timedelta(hours=hours))).isoformat(timespec=precision)
            yield text.replace("+00:00", "Z")
            yield text


def _moment(chance: Random) -> datetime:
    return _EPOCH + timedelta(seconds=chance.randrange(_YEAR))


_FORMATS: dict[str, Callable[[Random], str]] = {
    "date-time": lambda chance: _moment(chance).isoformat().replace("+00:00", "Z"),
    "date": lambda chance: _moment(chance).date().isoformat(),
    "time": lambda chance: _moment(chance).time().isoformat() + "Z",
    "email": lambda chance: f"{chance.choice(_WORDS)}.{chance.choice(_WORDS)}@example.com",
    "uri": lambda chance: f"https://example.com/{chance.choice(_WORDS)}",
    "url": lambda chance: f"https://example.com/{chance.choice(_WORDS)}",
    "uuid": lambda chance: f"{(h := f'{chance.getrandbits(128):032x}')[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:]}",
    "byte": lambda chance: base64.b64encode(chance.randbytes(6)).decode(),
    "ipv4": lambda chance: f"192.0.2.{chance.randrange(256)}",
    "hostname": lambda chance: f"{chance.choice(_WORDS)}.example.com",
}
