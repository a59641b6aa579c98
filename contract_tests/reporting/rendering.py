"""Render the templates of reports.

Values are escaped in HTML, XML and SVG. Markdown has a filter for the cells of its tables. Texts for the terminal have no control characters.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from ..printable import printable

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold."""


def render(template: str, **values: Any) -> str:
    """The text of a template, named by its file without the ending ``.jinja``."""
    return _environment(is_text=template.endswith(".txt")).get_template(f"{template}.jinja").render(values)


@cache
def _environment(*, is_text: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=jinja2.select_autoescape(("html.jinja", "xml.jinja", "svg.jinja")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=(lambda value: printable(value) if isinstance(value, str) else value) if is_text else None,
    )
    environment.filters |= {
        "cell": as_cell,
        "count": lambda number, word: f"{number} {word}" + ("" if number == 1 else "s"),
        "pretty": lambda value: as_json(value).rstrip(),
        "xml": lambda text: _ILLEGAL.sub("\ufffd", text),
    }
    return environment


def as_cell(text: str | None, limit: int = 400) -> str:
    """A text that fits a cell of a Markdown table: one line, without markup, cut after ``limit`` characters."""
    flat = printable(" ".join((text or "").split())).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def as_json(value: Any) -> str:
    """JSON that is easy to read and to compare line by line."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n"
