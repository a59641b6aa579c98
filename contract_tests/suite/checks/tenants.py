"""Another tenant can neither read, list, write, delete nor refer to a record of its owner."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.envelope import at
from ..harness.findings import Verdict
from ..harness.sameness import same
from .records import Resource, calls
from .refusals import snapshot
from .run import Run
from .session import guarded

LAW = "another tenant has no part in it"


def check(run: Run) -> Iterator[Verdict]:
    """Each call that names something of the owner's, made by another; each resource, read and changed by another."""
    other = run.model.tenants.get("other")
    if not other or other not in run.api.target.credentials:
        return
    for name in run.working:
        operation = run.model.operations[name]
        if operation.security and not operation.spec.get("x-shared"):
            yield from guarded(LAW, name, _called(run, name, run.model.works(name), other))
    for name, spec in run.model.resources.items():
        if run.wants(*calls(spec)):
            yield from guarded(LAW, name, _resource(run, name, other))


def _called(run: Run, name: str, works: Mapping[str, Any], other: str) -> Iterator[Verdict]:
    """The owner's working call, made by another tenant, is refused or answered without the owner's data, and changes nothing for the owner."""
    session = run.session(f"tenant {name}")
    clause = run.model.tenants.get("clauses", {}).get(name)
    mine = session.call(name, works)
    session = run.session(f"tenant {name}")
    sent = session.prepare(name, works)
    before = {} if run.model.operations[name].is_safe else snapshot(session)
    theirs = session.dispatch(name, sent, role=other)
    verdicts = []
    if _refers(works) and not theirs.is_refusal and not run.model.operations[name].is_safe:
        text = f"{name}: somebody else's call with the owner's ids is not refused"
        verdicts.append(session.broken(LAW, name, text, clause=clause, expected="a refusal", got=str(theirs)))
    if run.model.operations[name].is_safe and not theirs.is_refusal:
        pointer = run.model.tenants.get("reads", {}).get(name)
        if pointer is not None:
            shared = _shared(at(mine.body, pointer), at(theirs.body, pointer))
            if shared:
                text = f"{name}: somebody else is shown what is the owner's"
                verdicts.append(session.broken(LAW, name, text, clause=clause, pointer=pointer, expected=None, got=shared))
    if before and before != (after := snapshot(session)):
        different = next(read for read in before if before[read] != after.get(read))
        text = f"{name}, called by somebody else, changed what the owner's {different} shows"
        verdicts.append(session.broken(LAW, name, text, clause=clause, pointer=different, expected=before[different], got=after.get(different)))
    yield from verdicts or [session.held(LAW, name)]


def _refers(works: Mapping[str, Any]) -> bool:
    return '"$' in json.dumps(works.get("send", {}))


def _shared(mine: Any, theirs: Any) -> Any:
    """The common content of two answers: common items of two lists, or the whole if both are equal."""
    if isinstance(mine, list) and isinstance(theirs, list):
        shown = {json.dumps(item, sort_keys=True) for item in mine}
        return [item for item in theirs if json.dumps(item, sort_keys=True) in shown]
    return theirs if theirs and same(mine, theirs) else None


def _resource(run: Run, name: str, other: str) -> Iterator[Verdict]:
    """A new record: the other tenant can neither list, read, change nor delete it."""
    session = run.session(f"tenant of {name}")
    resource = Resource(session, name)
    if not resource.part("create") or not (resource.part("list") or resource.part("read")) or resource.spec.get("owner") is None:
        return
    made = resource.create()
    creation = resource.part("create")["call"]
    clause = resource.clause("owner")
    verdicts = []
    if resource.part("list"):
        own = (made.listed or {}).get(resource.identity)
        if any(same(record.get(resource.identity), own) and not resource.differences(made.sent, record) for record in resource.list(other)):
            text = f"{resource.part('list')['call']}: somebody else's list shows what the owner created"
            verdicts.append(session.broken(LAW, resource.part("list")["call"], text, clause=clause or resource.clause("list"), got=own))
    if resource.part("read"):
        answer, shown = resource.read(other)
        if shown is not None and not resource.differences(made.sent, shown):
            text = f"{resource.part('read')['call']}: somebody else can read what the owner created"
            verdicts.append(session.broken(LAW, resource.part("read")["call"], text, clause=clause or resource.clause("read"), got=str(answer)))
    before = resource.shown(made)
    for part in ("change", "delete"):
        if resource.part(part):
            call = resource.part(part)["call"]
            recipe = {**resource.part(part), "send": {**_resent(run, call, resource, made.sent), **resource.part(part).get("send", {})}}
            answer = session.call(call, recipe, role=other)
            if not answer.is_refusal:
                text = f"{call}: somebody else's {part} of what the owner created is not refused"
                verdicts.append(session.broken(LAW, call, text, clause=resource.clause("foreign") or clause, expected="a refusal", got=str(answer)))
            if not same(before, resource.shown(made)):
                verdicts.append(session.broken(LAW, call, f"{call}: somebody else's {part} took effect", clause=resource.clause("foreign") or clause))
    yield from verdicts or [session.held(LAW, creation)]


def _resent(run: Run, call: str, resource: Resource, sent: Mapping[str, Any]) -> dict[str, Any]:
    return {field: sent[field] for field in run.model.fields(call) if field in resource.fields and field in sent}
