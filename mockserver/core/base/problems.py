"""Replies of the mock itself, as distinct from a vendor's: problem documents."""

from __future__ import annotations

from typing import Any

from mockserver.core.base.replies import Reply
from mockserver.openapi.problems import PROBLEM, problem


def problem_reply(status: int, detail: str, *, title: str | None = None, **members: Any) -> Reply:
    """A problem document as a reply, with the arguments of :func:`mockserver.openapi.problems.problem`."""
    return Reply(status, problem(status, detail, title=title, **members), media_type=PROBLEM)
