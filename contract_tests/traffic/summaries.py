"""The comparison for people: as text, JSON, Markdown and HTML, to be sent to a vendor."""

from __future__ import annotations

from typing import Any

import jinja2
import orjson

from ..printable import printable
from .compare import Comparison, Played

_MEANING = {
    "A": "nothing differs",
    "B": "values differ",
    "C": "shapes or media types differ",
    "D": "statuses differ",
    "F": "one side gave no answer",
}


def result(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON."""
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
    """The comparison as JSON text."""
    return orjson.dumps(result(comparison), option=orjson.OPT_INDENT_2).decode() + "\n"


def as_text(comparison: Comparison) -> str:
    """The comparison step by step, then by operation."""
    lines = [f"{comparison.document.title}: left {comparison.left}, right {comparison.right}", ""]
    for played in comparison.played:
        found, step = played.difference, played.step
        head = f"step {step.number} {step.operation.id}" + (f" ({step.note})" if step.note else "")
        if found is None:
            lines.append(f"  same  {head}: {played.left.exchange.status or played.left.broken}")
            continue
        lines.append(f"  !!    {head}: {found.path}  left {found.left}  right {found.right}")
        lines += [f"          {text}" for text in (f"clause {found.clause}" if found.clause else "", found.says) if text]
    lines += ["", f"Grade {comparison.grade()}: {_MEANING[comparison.grade()]}"]
    lines += [f"  {grade}  {operation}: {same} of {steps} steps the same" for operation, (grade, steps, same) in comparison.grades().items()]
    return "\n".join(map(printable, lines)) + "\n"


_ENVIRONMENT = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
_PLAIN = jinja2.Environment(autoescape=False, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - Markdown, for which cells are cleaned below


def as_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown."""
    return _MARKDOWN.render(found=result(comparison), meaning=_MEANING)


def as_html(comparison: Comparison) -> str:
    """The comparison as one self-contained page."""
    return _PAGE.render(found=result(comparison), meaning=_MEANING)


def _cell(text: str | None) -> str:
    return printable(" ".join(str(text or "").split())).replace("|", "\\|").replace("<", "&lt;")


_PLAIN.filters["cell"] = _cell
_MARKDOWN = _PLAIN.from_string("""# {{ found.title }}: two implementations compared

Left: {{ found.left }}
Right: {{ found.right }}

**Grade {{ found.grade }}**: {{ found.meaning }}. {{ found.steps - found.different }} of {{ found.steps }} steps gave the same answer.

| operation | grade | same | steps | |
|---|---|---|---|---|
{% for name, operation in found.operations.items() %}
| `{{ name }}` | {{ operation.grade }} | {{ operation.same }} | {{ operation.steps }} | {{ operation.meaning }} |
{% endfor %}
{% if found.differences %}

| step | operation | where | left | right | the page |
|---|---|---|---|---|---|
{% for difference in found.differences %}
{% set page = (difference.clause or "") ~ " " ~ difference.says %}
{% set sides = difference.left|cell ~ " | " ~ difference.right|cell %}
| {{ difference.step }} | `{{ difference.operation }}` | `{{ difference.path|cell }}` | {{ sides }} | {{ page|cell }} |
{% endfor %}
{% endif %}
""")
_PAGE = _ENVIRONMENT.from_string("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ found.title }}: two implementations compared</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; background: #fff; }
  h1 { font-size: 1.5rem; } table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
  th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d8dee6; overflow-wrap: anywhere; }
  @media (prefers-color-scheme: dark) { body { color: #e4e9f0; background: #14181e; } th, td { border-color: #333c48; } }
</style>
<h1>{{ found.title }}: two implementations compared</h1>
<p>Left {{ found.left }}, right {{ found.right }}</p>
<p><strong>Grade {{ found.grade }}</strong>: {{ found.meaning }}.
  {{ found.steps - found.different }} of {{ found.steps }} steps gave the same answer.</p>
<table>
  <tr><th>Operation</th><th>Grade</th><th>Same</th><th>Steps</th><th></th></tr>
  {% for name, operation in found.operations.items() %}
  <tr><td><code>{{ name }}</code></td><td>{{ operation.grade }}</td><td>{{ operation.same }}</td><td>{{ operation.steps }}</td>
    <td>{{ operation.meaning }}</td></tr>
  {% endfor %}
</table>
{% if found.differences %}
<table>
  <tr><th>Step</th><th>Operation</th><th>Where</th><th>Left</th><th>Right</th><th>The page</th></tr>
  {% for difference in found.differences %}
  <tr><td>{{ difference.step }}</td><td><code>{{ difference.operation }}</code></td><td><code>{{ difference.path }}</code></td>
    <td>{{ difference.left }}</td><td>{{ difference.right }}</td><td><code>{{ difference.clause or '' }}</code> {{ difference.says }}</td></tr>
  {% endfor %}
</table>
{% endif %}
</html>
""")
FORMATS = {"text": as_text, "json": as_json, "markdown": as_markdown, "html": as_html}
