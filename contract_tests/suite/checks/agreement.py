"""Two views of one record agree: what a list shows of it, and what its own read shows, of the newest record and of older ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..harness.findings import Verdict
from ..harness.sameness import same
from .observed import moment_of
from .records import Resource, calls
from .run import Run
from .session import NotExercised, guarded

AGREE = "a list and a read show a record alike"
OLD = (0, 9)
"""Places in a list of which the records are read, besides the newest."""


def check(run: Run) -> Iterator[Verdict]:
    for name, spec in run.model.resources.items():
        if "list" in spec and "read" in spec and run.wants(*calls(spec)):
            yield from guarded(AGREE, name, _agree(run, name))


def _agree(run: Run, name: str) -> Iterator[Verdict]:
    resource = Resource(run.session(f"agree {name}"), name)
    session, read, listing = resource.session, resource.part("read"), resource.part("list")
    made = resource.create()
    if made.listed is None:
        raise NotExercised(f"{listing['call']} does not list what was created")
    listed = resource.list()
    older = [] if "find" in resource.spec or run.is_quick else [listed[place] for place in OLD if place < len(listed)]
    tried = False
    for record in (made.listed, *older):
        if record is not made.listed:
            session.scope |= {"record": record, "sent": _as_sent(resource, record)}
        answer, shown = resource.read()
        if shown is None:
            if record is made.listed:
                raise NotExercised(f"{read['call']} does not show what was created: {answer}")
            continue
        tried = True
        differing = _differing(resource, record, shown)
        if differing:
            place = differing[0]
            text = f"{listing['call']} and {read['call']} show {', '.join(differing)} of the same record differently"
            clause = resource.clause("list") or resource.clause("read")
            yield session.broken(AGREE, str(listing["call"]), text, clause=clause, pointer=place, expected=shown[place], got=record[place])
            return
    if tried:
        yield session.held(AGREE, str(listing["call"]))


def _as_sent(resource: Resource, record: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the creation that would have made a listed record, as far as the list shows them."""
    shared = {name: resource.session.value(said) for name, said in resource.part("list").get("send", {}).items()}
    return {**shared, **{name: record[place] for name, place in resource.fields.items() if place in record}}


def _differing(resource: Resource, listed: Mapping[str, Any], shown: Mapping[str, Any]) -> list[str]:
    """Fields that both views have and show differently. What holds further fields may be shortened in a list."""
    loose = {*resource.session.model.volatile(), *resource.part("list").get("changes", ())}
    plain = (str, int, float, bool, type(None))
    return [
        name
        for name, value in listed.items()
        if name in shown
        and name not in loose
        and isinstance(value, plain)
        and isinstance(shown[name], plain)
        and not same(value, shown[name])
        and not _same_moment(value, shown[name])
    ]


def _same_moment(one: object, other: object) -> bool:
    first, second = moment_of(one), moment_of(other)
    return first is not None and first == second
