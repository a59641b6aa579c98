"""Path templates as a tree of segments. Finding a path takes time by its length, not by the number of templates.

A placeholder may be a part of a segment, as in ``/v{version}``, ``/{name}.json`` and ``/{id}:cancel``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


class _Node(Generic[T]):
    """The segments that may follow: fixed ones by their text, and those with placeholders, the ones with more fixed text first."""

    __slots__ = ("fixed", "names", "patterns", "value")

    def __init__(self) -> None:
        self.fixed: dict[str, _Node[T]] = {}
        self.patterns: list[tuple[str, tuple[str, ...] | None, _Node[T]]] = []
        self.names: tuple[str, ...] = ()
        self.value: T | None = None


class PathTree(Generic[T]):
    """Values by path template. A fixed segment is preferred to one with placeholders; a placeholder is never empty and never holds a slash."""

    def __init__(self) -> None:
        self._root: _Node[T] = _Node()

    def get_or_make(self, template: str, make: type[T]) -> T:
        """The value at a template; made if there is none."""
        node, names = self._root, []
        for segment in template.split("/")[1:]:
            found = _PLACEHOLDER.findall(segment)
            names += found
            node = self._add_pattern(node, segment) if found else node.fixed.setdefault(segment, _Node())
        if node.value is None:
            node.value, node.names = make(), tuple(names)
        return node.value

    @staticmethod
    def _add_pattern(node: _Node[T], segment: str) -> _Node[T]:
        shape = _PLACEHOLDER.sub("{}", segment)
        for existing, _, following in node.patterns:
            if existing == shape:
                return following
        made: _Node[T] = _Node()
        node.patterns.append((shape, None if shape == "{}" else tuple(shape.split("{}")), made))
        # Those with more fixed text first.
        node.patterns.sort(key=lambda entry: (entry[0].count("{}") * 2 - len(entry[0]), entry[0]))
        return made

    def find(self, path: str) -> tuple[T, dict[str, str]] | None:
        """The value at the template that a path matches, and the values of its placeholders; None if no template matches."""
        found = _descend(self._root, path.split("/"), 1, ())
        if found is None:
            return None
        value, names, held = found
        return value, dict(zip(names, held, strict=True))


def _descend(node: _Node[T], segments: Sequence[str], at: int, held: tuple[str, ...]) -> tuple[T, tuple[str, ...], tuple[str, ...]] | None:
    """The first match below a node, with names and values of its placeholders; backtracks if a choice leads to no match."""
    while at < len(segments):
        segment = segments[at]
        fixed = node.fixed.get(segment)
        at += 1
        if fixed is not None:
            if not node.patterns:
                node = fixed
                continue
            found = _descend(fixed, segments, at, held)
            if found is not None:
                return found
        # A single placeholder and nothing to backtrack to: go on without recursion.
        if fixed is None and segment and len(node.patterns) == 1 and node.patterns[0][1] is None:
            node, held = node.patterns[0][2], (*held, segment)
            continue
        for _, fixed_texts, following in node.patterns if segment else ():
            values = (segment,) if fixed_texts is None else _match(fixed_texts, segment)
            if values is not None:
                found = _descend(following, segments, at, (*held, *values))
                if found is not None:
                    return found
        return None
    return None if node.value is None else (node.value, node.names, held)


def _match(fixed: Sequence[str], segment: str) -> tuple[str, ...] | None:
    """The values of the placeholders between fixed texts, none of them empty, the first ones as long as possible; None if the segment does not match.

    The fixed texts are looked for from behind, so the time is linear in the segment, however many placeholders there are.
    """
    first, *others = fixed
    if not segment.startswith(first):
        return None
    end = len(segment)
    values: list[str] = []
    for number, text in enumerate(reversed(others)):
        if number == 0:
            start = end - len(text) if segment.endswith(text) else -1
        else:
            start = segment.rfind(text, len(first), end - 1)
            values.append(segment[start + len(text) : end])
        if start < len(first) or (values and not values[-1]):
            return None
        end = start
    values.append(segment[len(first) : end])
    return tuple(reversed(values)) if values[-1] else None
