"""Words of paths and properties: split, folded, singular."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_IRREGULAR = {
    "people": "person",
    "children": "child",
    "men": "man",
    "women": "woman",
    "feet": "foot",
    "mice": "mouse",
    "indices": "index",
    "vertices": "vertex",
    "matrices": "matrix",
    "criteria": "criterion",
    "leaves": "leaf",
    "lives": "life",
    "movies": "movie",
    "cookies": "cookie",
    "caches": "cache",
    "aliases": "alias",
    "statuses": "status",
    "buses": "bus",
    "bonuses": "bonus",
}
_UNCHANGED = frozenset(
    """
    status address access analysis news series species data media info settings details metadata process business class
    bus gas alias canvas
    """.split()
)


def split(name: str) -> list[str]:
    """The words of a name in lower case: ``petOwner_ids`` gives ``pet``, ``owner``, ``ids``."""
    return [word.lower() for word in _WORD.findall(name)]


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """A name without case and separators, to compare: ``Pet-Id`` and ``pet_id`` fold alike."""
    return "".join(split(name))


def singular(word: str) -> str:
    """The singular of an English noun in lower case; a word that is none already stays."""
    if word in _UNCHANGED or len(word) < 3:  # noqa: PLR2004 - "us", "is"
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:  # noqa: PLR2004 - "ties", "pies"
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zzes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def noun(segment: str) -> str:
    """The noun of a path segment: ``user-accounts`` gives ``user_account``."""
    words = split(segment)
    return "_".join([*words[:-1], singular(words[-1])]) if words else ""
