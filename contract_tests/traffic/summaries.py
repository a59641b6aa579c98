"""The comparison for people: as text, JSON, Markdown and HTML, to be sent to a vendor."""

from __future__ import annotations

from typing import Any

import orjson

from ..reporting.rendering import render
from .compare import Comparison, Played

_MEANING = {
    "A": "nothing differs",
    "B": "values differ",
    "C": "shapes or media types differ",
    "D": "statuses differ",
    "F": "one side gave no answer",
}


def result(comparison: Comparison) -> dict[str, Any]:
    return {
        "api": comparison.document.slug,
        "title": comparison.document.title,
        "left": comparison.left,
        "right": comparison.right,
        "grade": comparison.grade(),
        "meaning": _MEANING[comparison.grade()],
        "steps": len(comparison.played),
        "different": len(comparison.differences),
        "operations": {
            operation: {"grade": grade, "meaning": _MEANING[grade], "steps": steps, "same": same}
            for operation, (grade, steps, same) in comparison.grades().items()
        },
        "differences": [_difference(played) for played in comparison.differences],
    }


def _difference(played: Played) -> dict[str, Any]:
    found = played.difference
    assert found is not None
    return {
        "step": played.step.number,
        "operation": played.step.operation.id,
        "note": played.step.note or None,
        "kind": found.kind,
        "path": found.path,
        "left": found.left,
        "right": found.right,
        "clause": found.clause,
        "says": found.says,
    }


def as_json(comparison: Comparison) -> str:
    return orjson.dumps(result(comparison), option=orjson.OPT_INDENT_2).decode() + "\n"


def as_text(comparison: Comparison) -> str:
    """The comparison step by step, then by operation."""
    return render("comparison.txt", found=result(comparison), played=comparison.played)


def as_markdown(comparison: Comparison) -> str:
    return render("comparison.md", found=result(comparison))


def as_html(comparison: Comparison) -> str:
    return render("comparison.html", found=result(comparison))


FORMATS = {"text": as_text, "json": as_json, "markdown": as_markdown, "html": as_html}
