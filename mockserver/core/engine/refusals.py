"""Replies to errors: a vendor's fault in the vendor's format, a bug of the mock as a plain problem document."""

from __future__ import annotations

import logging
from typing import Any

from mockserver.core.base.faults import Fault, HandlerCrashed, LimitExceeded, MockBug, NotServed, ResponseOffSpec, StoreFailed, TooLarge
from mockserver.core.base.problems import limit_reply, problem_reply, store_reply
from mockserver.core.base.replies import Reply
from mockserver.core.operation.compiled import Operation

log = logging.getLogger("mockserver")


def refuse(operation: Operation, error: Exception) -> tuple[Reply, Exception]:
    """The reply to an error of an operation, and the error that it reports.

    A Fault is rendered by the vendor, and its reply is checked like any other. A limit of the mock, also that of a body of the control plane, is a
    plain problem that names it. Anything else is a bug of the mock. It is logged and answered with a plain 500.
    """
    reply, reported = _render(operation, error)
    _release_frames(reported)
    return reply, reported


def _render(operation: Operation, error: Exception) -> tuple[Reply, Exception]:
    if isinstance(error, TooLarge) and operation.api.is_control:
        error = LimitExceeded(operation.body.bound, error.status, "send a shorter body")
    if isinstance(error, Fault):
        try:
            reply = operation.api.render_fault(error, operation.fault_context)
            operation.responses.check(reply)
        except MockBug as bug:
            return _render_bug(bug), bug
        return reply, error
    if isinstance(error, LimitExceeded):
        return limit_reply(error), error
    if isinstance(error, StoreFailed):
        return store_reply(error), error
    if isinstance(error, NotServed):
        return problem_reply(error.status, str(error), title="The mock cannot answer", operation=operation.name), error
    if not isinstance(error, MockBug):
        log.error("%s crashed", operation.name, exc_info=error)
        error = HandlerCrashed(operation.name, f"{type(error).__name__}: {error}")
    return _render_bug(error), error


def _render_bug(bug: MockBug) -> Reply:
    """The plain 500 for a bug of the mock. It never has a vendor's format, so that it cannot be taken for a documented answer."""
    log.error("%s", bug)
    members: dict[str, Any] = {"operation": bug.operation}
    if isinstance(bug, ResponseOffSpec):
        members["violations"] = [{"pointer": violation.pointer, "keyword": violation.keyword, "text": violation.text} for violation in bug.violations]
    return problem_reply(500, str(bug), title="The mock is at fault", **members)


def render_unsatisfiable(operation: Operation, text: str) -> Reply:
    """The mock's own 400 for a preference that the document cannot satisfy."""
    return problem_reply(400, text, title="The document has no such answer", operation=operation.name)


def _release_frames(error: BaseException | None) -> None:
    """Drop the tracebacks of an error and of its causes.

    The frames hold the error in a local variable. This cycle would keep transactions and worlds alive until the next collection of garbage.
    """
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__
