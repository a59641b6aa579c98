"""The names that schemas give themselves: ``$id``, ``$anchor`` and ``$dynamicAnchor`` of JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

from mockserver.openapi.foreign.grammar import Path

_ANCHORS = ("$anchor", "$dynamicAnchor")


class Identifiers:
    """The names in the files that were read so far. A schema with an ``$id`` is a resource: names and references inside it count from there."""

    def __init__(self) -> None:
        self._files: dict[str, _Named] = {}

    def add(self, uri: str, content: Any) -> None:
        """Note the names in the content of a file."""
        if uri not in self._files:
            self._files[uri] = _Named(content)

    def find_resource(self, named: str, uri: str, path: Path) -> tuple[str, Path] | None:
        """The schema with the ``$id`` that a reference names, which stands at ``path`` of a file; without a name the schema around it, or None."""
        around, base = self._files[uri].find_around(path)
        if not named:
            return (uri, around) if base else None
        wanted = urljoin(base, named)
        return next(((file, one.resources[wanted]) for file, one in self._files.items() if wanted in one.resources), None)

    def find_anchor(self, name: str, uri: str, resource: Path) -> Path | None:
        """The path to the schema with an anchor in a resource, or else anywhere in its file; None without one."""
        anchors = self._files[uri].anchors.get(name, {})
        return anchors[resource] if resource in anchors else next(iter(anchors.values()), None)

    def is_unique(self, anchor: str) -> bool:
        """Whether one schema only has a dynamic anchor, so that a dynamic reference to it leads to the same schema from everywhere."""
        return sum(one.dynamic.count(anchor) for one in self._files.values()) == 1


class _Named:
    """The names in one file: the paths to its resources by identifier, and to its anchors by name and resource."""

    def __init__(self, content: Any) -> None:
        self.resources: dict[str, Path] = {}
        self.anchors: dict[str, dict[Path, Path]] = {}
        self.dynamic: list[str] = []
        self._bases: dict[Path, str] = {}
        for path, node in _mappings(content):
            if isinstance(node.get("$id"), str):
                base = self._bases[path] = urljoin(self.find_around(path)[1], node["$id"].removesuffix("#"))
                self.resources.setdefault(base, path)
            for key in _ANCHORS:
                if isinstance(node.get(key), str):
                    self.anchors.setdefault(node[key], {}).setdefault(self.find_around(path)[0], path)
            if isinstance(node.get("$dynamicAnchor"), str):
                self.dynamic.append(node["$dynamicAnchor"])

    def find_around(self, path: Path) -> tuple[Path, str]:
        """The path to the innermost resource around a place, and its identifier; both empty without one."""
        if self._bases:
            for length in range(len(path), -1, -1):
                if path[:length] in self._bases:
                    return path[:length], self._bases[path[:length]]
        return (), ""


def _mappings(content: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every mapping of a file with its path, the outer ones first."""
    waiting: list[tuple[Path, Any]] = [((), content)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            yield path, node
            waiting.extend(((*path, key), value) for key, value in reversed(node.items()) if isinstance(value, dict | list))
        elif isinstance(node, list):
            waiting.extend(((*path, index), value) for index, value in enumerate(node) if isinstance(value, dict | list))
