"""Where each operation stands in the files of its document, for reports that point at a line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mockserver.openapi.documents import Document

FOLDER = "specs"


def find_lines(document: Document) -> dict[str, dict[str, Any]]:
    """By operation the file, relative to the checkout, and the line of its ``operationId``; nothing of a file that cannot be read."""
    found: dict[str, dict[str, Any]] = {}
    for source in (document.source, *document.parts):
        try:
            lines = Path(source).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        for number, line in enumerate(lines, 1):
            match = re.match(r"""\s*["']?operationId["']?\s*:\s*["']?(\w+)""", line)
            if match:
                found.setdefault(match[1], {"file": _relative(source), "line": number})
    return found


def _relative(source: str) -> str:
    parts = Path(source).parts
    return Path(*parts[parts.index(FOLDER) :]).as_posix() if FOLDER in parts else Path(source).name
