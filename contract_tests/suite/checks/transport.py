"""Undeclared methods, media types and bodies that cannot be read are refused as HTTP and the document say."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.openapi.provenance import ASSUMED

from ..harness.findings import Verdict
from .run import Run
from .session import guarded

METHOD = "an undeclared method is refused"
MEDIA = "a media type that is not declared is refused"
READABLE = "a body that cannot be read is refused"
METHODS = ("PUT", "PATCH", "DELETE", "POST")
NOT_ALLOWED = 405
UNSUPPORTED = 415


def check(run: Run) -> Iterator[Verdict]:
    """Each path with the methods that it does not have, each body in a wrong shape."""
    seen: set[str] = set()
    for name in run.working:
        operation = run.model.operations[name]
        if operation.path not in seen:
            seen.add(operation.path)
            yield from guarded(METHOD, name, _methods(run, name, set(run.model.document.methods_at(operation.path))))
        if run.model.body(name)[0]:
            yield from guarded(MEDIA, name, _bodies(run, name))


def _methods(run: Run, name: str, declared: set[str]) -> Iterator[Verdict]:
    session = run.session(f"methods {name}")
    operation = run.model.operations[name]
    sent = session.prepare(name, run.model.works(name))
    path = operation.path
    for field, (place, _, _) in run.model.fields(name).items():
        if place == "path":
            path = path.replace(f"{{{field}}}", str(sent.get(field, "1")))
    found = []
    for method in METHODS:
        others = (other for other in run.model.operations.values() if other.method == method and other.path != operation.path)
        if method in declared or any(other.pattern.match(path) for other in others):
            continue
        answer = session.request(name, method, path)
        allowed = {part.strip().upper() for part in answer.response.headers.get("allow", "").split(",")}
        refused = answer.status in (NOT_ALLOWED, 404, 501) or (answer.is_refusal and (answer.status in (401, 403) or not run.model.strict))
        if not refused:
            text = f"{method} {operation.path}, which is not declared, is answered with {answer.status}"
            found.append(session.broken(METHOD, name, text, pointer=method, expected=NOT_ALLOWED, got=str(answer), assumed=True))
        elif answer.status == NOT_ALLOWED and not declared <= allowed:
            text = f"{method} {operation.path} is refused with 405 and an Allow header that does not name {', '.join(sorted(declared))}"
            missing = sorted(allowed - {""})
            found.append(session.broken(METHOD, name, text, pointer="Allow", expected=sorted(declared), got=missing, assumed=True))
    yield from found or [session.held(METHOD, name)]


def _bodies(run: Run, name: str) -> Iterator[Verdict]:
    session = run.session(f"bodies {name}")
    sent = session.prepare(name, run.model.works(name))
    role = run.model.works(name).get("role", "")
    responses = run.model.operations[name].spec["responses"]
    if str(UNSUPPORTED) in responses:
        raw = {"content": b"<a/>", "headers": {"content-type": "application/xml"}}
        answer = session.dispatch(name, sent, role=role, raw=raw)
        allowed = answer.status in run.model.envelope.get("any-status", ()) or not run.model.strict
        if answer.status != UNSUPPORTED and not (allowed and answer.is_refusal):
            text = f"{name} takes a body of application/xml with {answer.status}"
            assumed = (run.model.operations[name].response(UNSUPPORTED) or {}).get("x-provenance") == ASSUMED
            yield session.broken(MEDIA, name, text, pointer="content-type", expected=UNSUPPORTED, got=str(answer), assumed=assumed)
        else:
            yield session.held(MEDIA, name)
    media_type, _ = run.model.body(name)
    if media_type == "application/json":
        raw = {"content": b'{"a": ', "headers": {"content-type": media_type}}
        answer = session.dispatch(name, sent, role=role, raw=raw)
        if answer.is_refusal:
            yield session.held(READABLE, name)
        else:
            yield session.broken(READABLE, name, f"{name} takes a body that is no JSON", pointer="body", expected="a refusal", got=str(answer))
