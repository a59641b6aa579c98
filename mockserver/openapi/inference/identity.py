"""Which property of a record is its key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mockserver.openapi.inference.model import Confidence
from mockserver.openapi.inference.shapes import Shape, Shapes
from mockserver.openapi.inference.words import fold, singular, split
from mockserver.openapi.operations import OperationSpec

_LAST_WORDS = frozenset(
    """
    id uuid guid gid sid key code slug name number token login username email identifier ref reference handle hash tag
    symbol domain ip
    """.split()
)
_ENDINGS = ("id", "uuid", "key", "sid", "code", "name")
_COMMON = ("id", "uuid", "guid", "gid", "sid", "_id")
_NAMES = ("key", "slug", "code", "number", "name", "login", "username", "handle", "token", "email", "title", "symbol", "tag", "domain")
_DATES = frozenset("year month day date week hour page limit offset from to start end".split())


def find_identity(shapes: Shapes, record: Any, placeholder: str, noun: str) -> tuple[str, Confidence, str] | None:
    """The property that is the key of a record, with the confidence and the reason; None if none is found.

    ``placeholder`` is the name in the path that stands for the key, ``noun`` the noun of the family.
    """
    shape = shapes.of(record)
    scalars = {name: inner for name, inner in shape.properties.items() if _is_key(shapes.of(inner))}
    folded: dict[str, str] = {}
    for name in scalars:
        folded.setdefault(fold(name), name)
    if fold(placeholder) in folded:
        name = folded[fold(placeholder)]
        return name, Confidence.CERTAIN, f"the property {name} has the name of the placeholder"
    if split(placeholder)[-1:] and split(placeholder)[-1] in _DATES:
        return None
    return _usual_key(folded, placeholder, noun) or _likely_key(shapes, scalars, folded, placeholder, noun)


def _usual_key(folded: Mapping[str, str], placeholder: str, noun: str) -> tuple[str, Confidence, str] | None:
    """A key by a name that keys have: what the placeholder ends in, ``id`` and the like, or the noun with such an ending."""
    words, nouns = split(placeholder), split(noun)
    last = words[-1] if words else ""
    ended = ("".join([*nouns, last]), "".join([*nouns[-1:], last]), last) if last in _LAST_WORDS else ()
    own = tuple("".join([*part, end]) for part in (nouns, nouns[-1:]) if part for end in _ENDINGS)
    rest = ("".join(words[len(nouns) :]),) if nouns and words[: len(nouns)] == nouns and len(words) > len(nouns) else ()
    either = tuple("".join([*part, word]) for word in words if word != "or" for part in (nouns, ())) if "or" in words else ()
    ways = (
        (either, "is one of those that the placeholder names"),
        (ended, "is what the placeholder ends in"),
        (rest, f"is what the placeholder says of a {noun}"),
        (_COMMON, "is the usual key"),
        (own, f"is the key of a {noun}"),
    )
    for names, reason in ways:
        found = next((folded[name] for name in names if name in folded), None)
        if found is not None:
            return found, Confidence.CERTAIN, f"the property {found} {reason}"
    return None


def _likely_key(
    shapes: Shapes, scalars: Mapping[str, Any], folded: Mapping[str, str], placeholder: str, noun: str
) -> tuple[str, Confidence, str] | None:
    """A key that names, types or numbers suggest."""
    words, own = split(placeholder), {singular(word) for word in split(noun)}
    last = words[-1] if words else ""
    names = last in ("", *own) or len(words) == 1 or last in _LAST_WORDS
    candidates = (
        (folded.get(fold(noun)), "has the name of the family"),
        (
            next((name for name, inner in scalars.items() if _is_read_only(shapes, inner) and "uuid" in shapes.of(inner).formats), None),
            "is a UUID that the server sets",
        ),
        (_only([name for name in scalars if split(name)[-1:] == ["id"] and set(split(name)[:-1]) & own]), f"is the only id of a {noun}"),
        (next((folded[name] for name in _NAMES if name in folded and (names or last == name)), None), "names the record"),
        (_only([name for name in scalars if len(words) > 1 and split(name)[-len(words) :] == words]), "ends in the name of the placeholder"),
    )
    return next(((name, Confidence.LIKELY, f"the property {name} {reason}") for name, reason in candidates if name is not None), None)


def key_schema(shapes: Shapes, operations: Iterable[OperationSpec], placeholder: str) -> Mapping[str, Any]:
    """The schema of a placeholder; empty if no operation of its path describes it."""
    for operation in operations:
        for parameter in operation.parameters:
            if parameter.get("in") == "path" and parameter.get("name") == placeholder:
                found: Mapping[str, Any] = shapes.resolve(parameter.get("schema", {}))
                return found
    return {}


def find_aliases(shapes: Shapes, record: Any, placeholder: str, identity: str | None) -> tuple[str, ...]:
    """The other properties that may stand for the key, as in ``{id_or_slug}``."""
    words = split(placeholder)
    if "or" not in words:
        return ()
    return tuple(name for name in shapes.of(record).properties if name != identity and (fold(name) in words or split(name)[-1:] == words[-1:]))


def _only(names: list[str]) -> str | None:
    return names[0] if len(names) == 1 else None


def _is_key(shape: Shape) -> bool:
    return (bool(shape.kinds & {"string", "integer"}) or (shape.is_open and not shape.enum)) and not shape.is_object and not shape.is_list


def _is_read_only(shapes: Shapes, schema: Any) -> bool:
    return bool(shapes.resolve(schema).get("readOnly"))
