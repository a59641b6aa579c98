"""Media types as documents name them: exactly, with parameters, or as ranges such as ``application/*`` and ``application/*+json``."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import TypeVar

T = TypeVar("T")

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def find_media(declared: Mapping[str, T], media_type: str) -> T | None:
    """What is declared for a media type: the same one first, then the same one with other parameters, then a range that has it; None for none."""
    found = declared.get(media_type)
    if found is not None:
        return found
    sent = without_parameters(media_type)
    plain = {without_parameters(name): value for name, value in reversed(list(declared.items()))}
    if sent in plain:
        return plain[sent]
    ranges = sorted((name for name in plain if "*" in name and "[" not in name), key=lambda name: (name.count("*"), -len(name)))
    return next((plain[name] for name in ranges if fnmatchcase(sent, name)), None)


def without_parameters(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Whether a media type, or a range, is read as JSON."""
    plain = without_parameters(media_type)
    return plain.endswith(("/json", "+json")) or plain in ("*/*", "application/*", "text/json")


def is_text(media_type: str) -> bool:
    """Whether a media type is text that is no JSON."""
    plain = without_parameters(media_type)
    return plain.startswith("text/") or plain.endswith(("/xml", "+xml", "/yaml", "/x-yaml", "+yaml", "/javascript", "/csv", "/jwt"))
