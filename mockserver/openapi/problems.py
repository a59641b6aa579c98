"""Problem documents (RFC 9457): the media type ``application/problem+json``, which tells a client what went wrong."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

PROBLEM = "application/problem+json"
NO_TYPE = "about:blank"
"""The type of a problem that has no registered one."""


def problem(status: int, detail: str, *, title: str | None = None, **members: Any) -> dict[str, Any]:
    """The body of a problem of no registered type.

    Without ``title`` it has the reason phrase of ``status``, which then has to be a registered one. ``members`` are extension members.
    """
    title = HTTPStatus(status).phrase if title is None else title
    return {"type": NO_TYPE, "title": title, "status": status, "detail": detail, **members}
