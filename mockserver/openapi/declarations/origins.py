"""Where a declaration was written: file and line, in an overlay or in the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.files import is_address
from mockserver.openapi.lines import find_line, read_nodes, step_into
from mockserver.openapi.overlays import steps_of


@dataclass(frozen=True)
class Origin:
    """A file, and the line in it; 0 if the line is not known."""

    file: str
    line: int
    is_overlay: bool

    def __str__(self) -> str:
        return f"{Path(self.file).name} line {self.line}" if self.line else Path(self.file).name


class Origins:
    """Finds the place at which a part of a document was written."""

    def __init__(self, document: Document) -> None:
        self._document = document

    @cached_property
    def _updates(self) -> list[tuple[str, tuple[str | int, ...] | None, Any]]:
        """The updates of the overlays, the last one first: the file, what the action changes if that is one place, and the node of the update."""
        found = []
        for file in self._document.overlays:
            actions = step_into(read_nodes(file), "actions")
            for action in actions.value if isinstance(actions, yaml.SequenceNode) else ():
                target = step_into(action, "target")
                found.append((file, steps_of(target.value) if isinstance(target, yaml.ScalarNode) else None, step_into(action, "update")))
        return found[::-1]

    @cached_property
    def _own(self) -> Any:
        return None if is_address(self._document.source) else read_nodes(self._document.source)

    def find(self, path: Sequence[str], least: int) -> Origin:
        """Where the value at a path was written, or what is nearest above it. ``least`` is how many steps of the path name the declaration."""
        best = Origin("", 0, is_overlay=True)
        reached = 0
        for file, steps, update in self._updates:
            for start in range(len(path)) if steps is None else ([len(steps)] if steps == tuple(path[: len(steps)]) else []):
                count, line = find_line(update, path[start:])
                if start < least <= start + count and start + count > reached:
                    reached, best = start + count, Origin(file, line, is_overlay=True)
        if reached:
            return best
        count, line = find_line(self._own, path)
        return Origin(self._document.source, line if count >= least else 0, is_overlay=False)
