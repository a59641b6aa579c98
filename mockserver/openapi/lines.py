"""The line of a file at which a value of it stands."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

Key = str | int


def read_nodes(file: str | Path) -> Any:
    """The nodes of a YAML or JSON file, with their places; None if the file cannot be read."""
    try:
        return yaml.compose(Path(file).read_bytes(), Loader=yaml.CSafeLoader)
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return None


def find_line(node: Any, path: Sequence[Key]) -> tuple[int, int]:
    """How many steps of a path lead on from a node, and the line, from 1, of the last place that they lead to; 0 without a node."""
    if node is None:
        return 0, 0
    line: int = node.start_mark.line + 1
    for count, step in enumerate(path):
        entry = _step(node, step)
        if entry is None:
            return count, line
        line, node = entry
    return len(path), line


def step_into(node: Any, step: Key) -> Any:
    """The node that one step leads to, None if it leads nowhere."""
    entry = _step(node, step)
    return None if entry is None else entry[1]


def _step(node: Any, step: Key) -> tuple[int, Any] | None:
    """The line of an entry of a mapping or a sequence, and its node."""
    if isinstance(node, yaml.MappingNode):
        found = next((entry for entry in node.value if entry[0].value == str(step)), None)
        return None if found is None else (found[0].start_mark.line + 1, found[1])
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None
