"""Unique values: a second record with the same value is refused with the documented error, and the first stays unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mockserver.openapi.provenance import is_assumed

from ..harness.envelope import are_assumed, in_words
from ..harness.findings import Verdict
from .records import Resource
from .run import Run
from .session import guarded

LAW = "what is unique is given once"


def check(run: Run) -> Iterator[Verdict]:
    for name, spec in run.model.resources.items():
        create = spec.get("create", "")
        for field, declared in spec.get("unique", {}).items():
            found = {"code": declared} if isinstance(declared, str) else declared
            operation = create if isinstance(create, str) else create["call"]
            if run.wants(operation):
                yield from guarded(LAW, operation, _unique(run, name, operation, field, found))


def _unique(run: Run, name: str, create: str, field: str, declared: dict[str, Any]) -> Iterator[Verdict]:
    session = run.session(f"unique {name} {field}")
    resource = Resource(session, name)
    made = resource.create(full=False)
    value = made.sent[field]
    clause = declared.get("clause", run.model.operations[create].errors.get(declared["code"], {}).get("clause"))
    verdicts = []
    for taken in (value, str(value).upper()) if declared.get("ignores") == "case" else (value,):
        before = resource.list()
        answer = session.call(create, {**resource.part("create"), "send": {**resource.part("create").get("send", {}), field: taken}})
        if not answer.is_refusal and run.model.readings.is_open(create, declared["code"]):
            continue
        session.assumed = taken != value and is_assumed(declared, "ignores")
        found = run.model.reader.differences(create, declared["code"], answer)
        if found:
            text = f"{create}: a {field} that is taken was to be refused with {declared['code']}, but {in_words(found)}"
            verdicts.append(
                session.broken(
                    LAW, create, text, clause=clause, pointer=f"/{field}", expected=declared["code"], got=str(answer), assumed=are_assumed(found)
                )
            )
        elif before != resource.list():
            text = f"{create}: refused for a {field} that is taken, and still changed the list"
            verdicts.append(session.broken(LAW, create, text, clause=clause, pointer=f"/{field}"))
    yield from verdicts or [session.held(LAW, create)]
