"""Invalid requests: bodies that are larger than the document allows, and bytes that are not text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import limits

from ..harness.envelope import Answer
from ..harness.findings import Verdict
from ..harness.target import not_observable
from .model import WORKS, BehaviourModel
from .run import Run
from .session import CheckSession, guarded

SIZE = "a body that is too large is refused"
FAILS = "no request makes the server fail"
TOO_LARGE = 413
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
NO_TEXT = "%FF"
"""A byte with which no text in UTF-8 begins."""


def check(run: Run) -> Iterator[Verdict]:
    """Each body one byte too long, and each place of a request filled with what cannot be read."""
    for name, operation in run.model.operations.items():
        if not run.wants(name):
            continue
        if run.model.body(name)[0] and str(TOO_LARGE) in operation.statuses:
            yield from guarded(SIZE, name, _too_large(run, name))
        if WORKS in run.model.operations[name].recipes:
            yield from guarded(FAILS, name, _unreadable(run, name))


def _too_large(run: Run, name: str) -> Iterator[Verdict]:
    refusal, most = run.model.operations[name].response(TOO_LARGE) or {}, limit(run.model, name)
    if refusal.get("x-provenance") == "assumed" and not run.api.target.strict:
        not_observable(f"that a body may have {most} bytes is true of the mock; nobody has said what is true of this target")
    session = run.session(f"size {name}")
    works = run.model.works(name)
    media_type, _ = run.model.body(name)
    answer = session.dispatch(name, session.prepare(name, works), role=works.get("role", ""), raw=_filled(media_type, most + 1))
    if answer.status == TOO_LARGE or (answer.status in run.model.envelope.get("any-status", ()) and answer.is_refusal):
        yield session.held(SIZE, name)
    else:
        text = f"{name} answers a body of more than {most} bytes with {answer.status}"
        yield session.broken(SIZE, name, text, pointer="body", expected=TOO_LARGE, got=str(answer))


def limit(model: BehaviourModel, name: str) -> int:
    """Bytes that the body of an operation may have."""
    declared = model.operations[name].request_body
    return int(declared.get("x-max-bytes", (limits.FILES_BODY if MULTIPART in declared["content"] else limits.BODY).value))


def _filled(media_type: str, size: int) -> dict[str, Any]:
    """A body of this size that is valid otherwise."""
    if media_type == MULTIPART:
        return {"files": {"filler": (None, "1" * size)}}
    content = b"filler=" + b"1" * size if media_type == FORM else b" " * size + b"{}"
    return {"content": content, "headers": {"content-type": media_type}}


def _unreadable(run: Run, name: str) -> Iterator[Verdict]:
    """Refused or ignored, but nothing fails."""
    session = run.session(f"bytes {name}")
    failed = [answer for answer in _tried(run, session, name) if answer.status >= 500 and str(answer.status) not in ("501", "503")]
    if failed:
        got = failed[0]
        text = f"{name} answers bytes that are no text with {got.status}"
        yield session.broken(FAILS, name, text, pointer=str(got.status), expected="no failure", got=str(got))
    else:
        yield session.held(FAILS, name)


def _tried(run: Run, session: CheckSession, name: str) -> Iterator[Answer]:
    """The answers to a call whose path, query or form holds bytes that are no text."""
    works = run.model.works(name)
    role = works.get("role", "")
    sent = session.prepare(name, works)
    places: Mapping[str, list[str]] = {
        place: [field for field, (where, _, _) in run.model.fields(name).items() if where == place] for place in ("path", "query")
    }
    for field in places["path"][:1]:
        yield session.dispatch(name, {**sent, field: "%00"}, role=role)
    operation = run.model.operations[name]
    if not places["path"]:
        for field in places["query"][:1]:
            yield session.request(name, operation.method, f"{operation.path}?{field}={NO_TEXT}", role=role)
    if run.model.body(name)[0] == FORM:
        raw = {"content": f"{NO_TEXT}={NO_TEXT}".encode(), "headers": {"content-type": FORM}}
        yield session.dispatch(name, sent, role=role, raw=raw)
