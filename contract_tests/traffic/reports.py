"""The audit for people: as text and as one page of HTML."""

from __future__ import annotations

import orjson

from ..reporting.rendering import render
from .audit import Audit

_KINDS = {
    "judged": "judged",
    "injected": "answered so on purpose, not judged",
    "limit": "refused beyond a limit of the mock, not judged",
    "unknown": "at paths or with methods that the document lacks",
    "unanswered": "without an answer",
    "foreign": "outside the API",
    "preflight": "CORS preflights",
    "document": "for the document itself",
}


def as_json(audit: Audit) -> str:
    return orjson.dumps(audit.result(), option=orjson.OPT_INDENT_2).decode() + "\n"


def as_text(audit: Audit) -> str:
    return render("audit.txt", audit=audit.result(), kinds=_KINDS, first_unreadable=audit.first_unreadable)


def as_html(audit: Audit) -> str:
    return render("audit.html", audit=audit.result(), kinds=_KINDS)


FORMATS = {"text": as_text, "json": as_json, "html": as_html}
