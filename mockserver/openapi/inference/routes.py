"""Paths as inference looks at them: segments, placeholders, the collection before an item."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache

from mockserver.openapi.inference.words import noun, singular, split

PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_SUFFIX = re.compile(r"\.(json|xml)$")
_KEYED = re.compile(r"^(\w+)\(\{[^{}]+\}\)$")
_VERSION = re.compile(r"^v?\d+(\.\d+)*$|^api$|^rest$", re.IGNORECASE)


@dataclass(frozen=True)
class Template:
    """A path template in parts. ``Users({id})`` of OData is two segments, an ending such as ``.json`` is left out, and so is ``:verb``."""

    path: str
    segments: tuple[str, ...]
    verb: str = ""
    """The custom method after a colon."""

    @property
    def is_item(self) -> bool:
        """Whether the path ends in a placeholder."""
        return bool(self.segments) and PLACEHOLDER.search(self.segments[-1]) is not None

    @property
    def shape(self) -> tuple[str, ...]:
        """The segments without the names of placeholders: what two spellings of one path have in common."""
        return tuple(PLACEHOLDER.sub("{}", segment) for segment in self.segments)

    @cached_property
    def placeholders(self) -> tuple[str, ...]:
        return tuple(name for segment in self.segments for name in PLACEHOLDER.findall(segment))

    @property
    def key(self) -> str:
        """The placeholder that ends the path; empty if it does not end in one."""
        return PLACEHOLDER.findall(self.segments[-1])[-1] if self.is_item else ""

    def before(self, count: int) -> tuple[str, ...]:
        """The shape without its last segments."""
        return self.shape[: len(self.shape) - count]

    @property
    def last_word(self) -> str:
        """The last fixed segment, empty if there is none."""
        return next((segment for segment in reversed(self.segments) if not PLACEHOLDER.search(segment) and not _VERSION.match(segment)), "")

    @property
    def noun(self) -> str:
        return noun(self.last_word)

    @property
    def is_plural(self) -> bool:
        words = split(self.last_word)
        return bool(words) and singular(words[-1]) != words[-1]


def without_version(shape: tuple[str, ...]) -> tuple[str, ...]:
    """A shape without the segments that name a version."""
    return tuple(segment for segment in shape if not _VERSION.match(segment))


@lru_cache(maxsize=4096)
def read_template(path: str) -> Template:
    """A path template in parts."""
    stem, _, verb = path.rpartition(":") if re.search(r"[^/{}]:[a-zA-Z]\w*$|\}:[a-zA-Z]\w*$", path) else (path, "", "")
    segments: list[str] = []
    for segment in stem.strip("/").split("/"):
        plain = _SUFFIX.sub("", segment)
        keyed = _KEYED.match(plain)
        if keyed:
            segments += [keyed.group(1), plain[len(keyed.group(1)) + 1 : -1]]
        elif plain:
            segments.append(plain)
    return Template(path, tuple(segments), verb)
