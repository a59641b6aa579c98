"""Replies of the mock itself, as distinct from a vendor's: problem documents."""

from __future__ import annotations

from typing import Any

from mockserver.core.base.faults import LimitExceeded, StoreFailed
from mockserver.core.base.replies import Reply
from mockserver.openapi.problems import PROBLEM, problem

LIMIT = "X-Mock-Limit"
"""The header that names the limit of the mock which a refused request is beyond."""


def limit_reply(error: LimitExceeded) -> Reply:
    """The refusal of a request beyond a limit of the mock."""
    return Reply(error.status, problem(error.status, str(error), limit=error.limit.name), {LIMIT: error.limit.name}, PROBLEM)


def store_reply(error: StoreFailed) -> Reply:
    """The refusal of a request whose world the store cannot read or keep."""
    return Reply(error.status, problem(error.status, str(error), limit=error.kind), {LIMIT: error.kind}, PROBLEM)


def problem_reply(status: int, detail: str, *, title: str | None = None, **members: Any) -> Reply:
    """A problem document as a reply, with the arguments of :func:`mockserver.openapi.problems.problem`."""
    return Reply(status, problem(status, detail, title=title, **members), media_type=PROBLEM)
