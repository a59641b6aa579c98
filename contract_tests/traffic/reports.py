"""The audit for people: as text and as one page of HTML."""

from __future__ import annotations

import jinja2
import orjson

from ..printable import printable
from .audit import Audit

_KINDS = {
    "judged": "judged",
    "injected": "answered so on purpose, not judged",
    "unknown": "at paths or with methods that the document lacks",
    "unanswered": "without an answer",
    "foreign": "outside the API",
    "preflight": "CORS preflights",
    "document": "for the document itself",
}


def as_json(audit: Audit) -> str:
    """The audit as JSON."""
    return orjson.dumps(audit.result(), option=orjson.OPT_INDENT_2).decode() + "\n"


def as_text(audit: Audit) -> str:
    """The audit as text."""
    lines = [f"{audit.document.title}: {audit.total} exchanges, {_times(audit.violations, 'violation')}"]
    lines += [f"  {audit.kinds[kind]:>7} {text}" for kind, text in _KINDS.items() if audit.kinds[kind]]
    if audit.refused:
        lines.append(f"  {audit.refused:>7} of them broke the document and were refused with a 4xx, as they should be")
    lines += [f"  {count:>7} {reason}" for reason, count in audit.unjudged.items()]
    lines += [f"  {count:>7} unreadable: {reason}" for reason, count in audit.unreadable.items()]
    if audit.unreadable:
        lines.append(f"          the first unreadable entry is number {audit.first_unreadable}")
    if audit.stopped:
        lines.append(f"  This is the part that was judged before the audit stopped: {audit.stopped}")
    for group in audit.ordered():
        operation, side, place, pointer, keyword = group.key
        first = group.examples[0]
        lines += ["", f"{operation or '(no operation)'}: {side} {place} {pointer} breaks {keyword}, {_times(group.count, 'time')}".replace("  ", " ")]
        lines += [f"    entry {finding.entry}: {finding.text}" + (f"; value {finding.value}" if finding.value else "") for finding in group.examples]
        lines.append(f"    {first.schema}" + (f"  clause {first.clause}" if first.clause else ""))
        if first.says:
            lines.append(f"    The page: {first.says}")
    if audit.unknown:
        lines += ["", "Not in the document:"]
        lines += [f"  {method} {path} answered {status}, {_times(count, 'time')}" for (method, path, status), count in sorted(audit.unknown.items())]
    undocumented = audit.undocumented()
    if undocumented:
        lines += ["", "Undocumented statuses:"]
        lines += [f"  {operation}: {', '.join(statuses)}" for operation, statuses in undocumented.items()]
    lines += ["", "Seen of the document: " + ", ".join(f"{seen} of {all_} {name}" for name, (seen, all_) in audit.coverage().items())]
    missing = [operation for operation, seen in audit.seen.items() if not seen.calls]
    if missing:
        lines.append(f"  never called: {', '.join(missing)}")
    return "\n".join(map(printable, lines)) + "\n"


def _times(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def as_html(audit: Audit) -> str:
    """The audit as one page that needs nothing else."""
    return _PAGE.render(audit=audit.result(), kinds=_KINDS)


_PAGE = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Audit of {{ audit.title }}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c2430; background: #fff; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #d8dee6; }
  code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere; } .bad { color: #9c1f1f; } .good { color: #1b6b3a; } .dim { color: #5b6675; }
  @media (prefers-color-scheme: dark) { body { color: #e4e9f0; background: #14181e; } th, td { border-color: #333c48; } .bad { color: #ff8f8f; }
    .good { color: #7fd6a0; } .dim { color: #9aa7b6; } }
</style>
<h1>Audit of {{ audit.title }}</h1>
<p>{{ audit.exchanges }} exchanges,
  <strong class="{{ 'bad' if audit.violations else 'good' }}">{{ audit.violations }} violation{{ '' if audit.violations == 1 else 's' }}</strong>.
  {{ audit.refused }} broken requests were refused with a 4xx, as they should be.</p>
{% if audit.stopped %}<p class="bad">This is the part that was judged before the audit stopped: {{ audit.stopped }}</p>
{% endif %}
<ul>
  {% for kind, count in audit.kinds.items() %}<li>{{ count }} {{ kinds[kind] }}</li>
  {% endfor %}
  {% for reason, count in audit.unjudged.items() %}<li>{{ count }} not judged: {{ reason }}</li>
  {% endfor %}
  {% for reason, count in audit.unreadable.items() %}<li>{{ count }} unreadable: {{ reason }}</li>
  {% endfor %}
</ul>
{% if audit.findings %}
<h2>Findings</h2>
<table>
  <tr><th>Operation</th><th>Where</th><th>What</th><th>Times</th><th>Examples</th></tr>
  {% for group in audit.findings %}
  <tr>
    <td><code>{{ group.operation or '-' }}</code></td>
    <td>{{ group.side }} {{ group.place }} <code>{{ group.pointer }}</code></td>
    <td><code>{{ group.keyword }}</code><br><code class="dim">{{ group.schema }}</code>
      {% if group.clause %}<br><code>{{ group.clause }}</code>{% endif %}
      {% if group.says %}<br><span class="dim">{{ group.says }}</span>{% endif %}</td>
    <td>{{ group.count }}</td>
    <td>{% for example in group.examples %}<div>entry {{ example.entry }}: {{ example.text }} <code>{{ example.value }}</code></div>{% endfor %}</td>
  </tr>
  {% endfor %}
</table>
{% endif %}
{% if audit.unknown %}
<h2>Not in the document</h2>
<table>
  <tr><th>Method</th><th>Path</th><th>Status</th><th>Times</th></tr>
  {% for found in audit.unknown %}
  <tr><td>{{ found.method }}</td><td><code>{{ found.path }}</code></td><td>{{ found.status }}</td><td>{{ found.count }}</td></tr>
  {% endfor %}
</table>
{% endif %}
<h2>Seen of the document</h2>
<p>{% for name, share in audit.coverage.items() %}{{ share.seen }} of {{ share.documented }} {{ name }}{{ '' if loop.last else ', ' }}{% endfor %}</p>
<table>
  <tr><th>Operation</th><th>Calls</th><th>Statuses</th><th>Parameters</th></tr>
  {% for found in audit.operations %}
  {% set undocumented = audit.undocumented_statuses.get(found.operation, []) %}
  <tr>
    <td><code>{{ found.operation }}</code></td>
    <td>{{ found.calls }}</td>
    <td>{% for status, count in found.statuses.items() %}
      <span class="{{ 'bad' if status in undocumented else ('good' if count else 'dim') }}">{{ status }}</span> {{ count }} {% endfor %}</td>
    <td>{% for input in found.parameters %}
      <span class="{{ 'good' if input.sent else 'dim' }}">{{ input.name }}</span> {{ input.sent }} {% endfor %}</td>
  </tr>
  {% endfor %}
</table>
</html>
""")
FORMATS = {"text": as_text, "json": as_json, "html": as_html}
