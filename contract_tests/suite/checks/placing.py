"""The places of records in a list: a change moves none, a record that is added while pages are read hides none, and filters work together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from ..harness.envelope import at
from ..harness.findings import Verdict
from ..harness.sameness import same
from .pages import MOST_PAGES, clause_of, every_item, items_of, read_list
from .records import Resource, calls
from .run import Run
from .session import CheckSession, NotExercised, guarded

MOVED = "a change moves no record in a list"
INSERTED = "a record that is added while pages are read hides no other"
TOGETHER = "two filters together show what both show"
PAGED = "a filter holds on every page"
SMALL = 2
"""Records of a page when a filter is read in pages."""
PAIRS = 6
"""Pairs of filters that are tried."""


def check(run: Run) -> Iterator[Verdict]:
    if run.is_quick:
        return
    for name, spec in run.model.resources.items():
        if not run.wants(*calls(spec)) or "list" not in spec:
            continue
        listing = run.model.operations[Resource(run.session(f"place {name}"), name).part("list")["call"]].spec.get("x-list", {})
        if "change" in spec and listing.get("order"):
            yield from guarded(MOVED, name, _moved(run, name, listing))
        if listing.get("page", {}).get("by", "number") == "number" and "page" in listing and str(listing.get("order", "")).endswith(" ascending"):
            yield from guarded(INSERTED, name, _inserted(run, name, listing))
    for name, operation in run.model.operations.items():
        declared = operation.spec.get("x-list", {})
        if run.wants(name) and declared.get("filters"):
            yield from guarded(TOGETHER, name, _together(run, name, declared))
            if "size" in declared.get("page", {}):
                yield from guarded(PAGED, name, _paged(run, name, declared))


def _moved(run: Run, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    """Two new records, of which the older is changed; the order of the list may follow neither."""
    resource = Resource(run.session(f"moved {name}"), name)
    session, part, listing = resource.session, resource.part("change"), resource.part("list")
    key, _, way = str(declared["order"]).partition(" ")
    if key in {*resource.fields.values(), *part.get("changes", ())}:
        return
    first = resource.create()
    record = dict(session.scope)
    resource.create()
    session.scope |= record
    before = [one.get(resource.identity) for one in resource.list()]
    change = str(part["call"])
    fields = session.model.fields(change)
    needed = {one: first.sent[one] for one, (_, _, needs) in fields.items() if needs and one in resource.fields and one in first.sent}
    named = {one: said for one, said in {**session.model.works(change).get("send", {}), **part.get("send", {})}.items() if one not in resource.fields}
    fresh = next((one for one in fields if one in resource.fields and one not in part.get("never", ()) and one not in named), None)
    sent = {**named, **needed, **({fresh: session.values.of(fields[fresh][1])} if fresh else {})}
    answer = session.call(change, {**part, "send": sent, "without": [one for one, found in fields.items() if not found[2] and one not in sent]})
    if answer.is_refusal:
        raise NotExercised(f"{change} was refused: {answer}")
    after = [one.get(resource.identity) for one in resource.list()]
    if before != after and sorted(map(str, before)) == sorted(map(str, after)):
        text = f"{change}: the change of a record moves it in {listing['call']}, whose order is {declared['order']}"
        clause = clause_of(declared, "order") or resource.clause("change")
        yield session.broken(MOVED, change, text, clause=clause, pointer=key, expected=f"{key} {way}", got=after[-8:])
    else:
        yield session.held(MOVED, change)


def _inserted(run: Run, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    """New records stand at the end, so pages that are read while one is added show each record once."""
    resource = Resource(run.session(f"inserted {name}"), name)
    session, call = resource.session, str(resource.part("list")["call"])
    page, identity = declared["page"], declared.get("identity", "id")
    before = [item.get(identity) for item in every_item(session, call, declared)[1]]
    size = page["fixed"] if "fixed" in page else max(SMALL, len(before) // 4)
    if len(before) <= size:
        return
    seen: list[Any] = []
    for number in range(MOST_PAGES):
        send = {page["parameter"]: page.get("first", 1) + number, **({page["size"]: size} if "size" in page else {})}
        items = items_of(read_list(session, call, declared, send), declared)
        seen += [item.get(identity) for item in items]
        if len(items) < size:
            break
        if number == 0:
            part = resource.part("create")
            added = session.call(part["call"], part)
            if added.is_refusal:
                raise NotExercised(f"{part['call']} was refused: {added}")
    lost = [one for one in before if one not in seen]
    if lost or len(set(map(str, seen))) != len(seen):
        text = f"{call}: pages that are read while a record is added leave out {len(lost)} and show {len(seen) - len(set(map(str, seen)))} twice"
        yield session.broken(INSERTED, call, text, clause=clause_of(declared, "visit"), expected=len(before), got=len(seen))
    else:
        yield session.held(INSERTED, call)


def _ids(session: CheckSession, name: str, declared: Mapping[str, Any], send: Mapping[str, Any]) -> list[str] | None:
    """The ids that a list shows, None if it is refused."""
    answer, items = every_item(session, name, declared, send)
    return None if answer.is_refusal else [str(at(item, f"/{declared.get('identity', 'id')}")) for item in items]


def _together(run: Run, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    session = run.session(f"together {name}")
    session.steps(declared.get("after", run.model.works(name).get("after", ())))
    pairs = [(one, other) for one, other in combinations(declared["filters"], 2) if not set(one["send"]) & set(other["send"])]
    tried = False
    for one, other in pairs[:: max(1, len(pairs) // PAIRS)][:PAIRS]:
        session.steps([*one.get("after", ()), *other.get("after", ())])
        first, second, both = (_ids(session, name, declared, send) for send in (one["send"], other["send"], {**one["send"], **other["send"]}))
        if first is None or second is None:
            continue
        tried = True
        if both is None or set(both) != set(first) & set(second):
            what = " and ".join(", ".join(filter_["send"]) for filter_ in (one, other))
            wanted = len(set(first) & set(second))
            text = f"{name} filtered by {what} shows {'a refusal' if both is None else len(both)}, where {wanted} records fit both"
            clause = one.get("clause") or other.get("clause")
            yield session.broken(TOGETHER, name, text, clause=clause, pointer=what, expected=wanted, got=None if both is None else len(both))
            return
    if tried:
        yield session.held(TOGETHER, name)


def _paged(run: Run, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    """The pages of a filtered list show together what the filtered list shows at once."""
    session = run.session(f"paged {name}")
    session.steps(declared.get("after", run.model.works(name).get("after", ())))
    tried = False
    for one in declared["filters"]:
        session.steps(one.get("after", ()))
        whole = _ids(session, name, declared, one["send"])
        if whole is None or len(whole) <= SMALL or len(whole) > SMALL * MOST_PAGES:
            continue
        tried = True
        pages = _ids(session, name, {**declared, "whole": {declared["page"]["size"]: SMALL}}, one["send"])
        if not same(pages, whole):
            what = ", ".join(one["send"])
            text = f"{name} filtered by {what}: pages of {SMALL} show {len(pages or ())} records, where the whole list shows {len(whole)}"
            clause = one.get("clause") or clause_of(declared, "visit")
            yield session.broken(PAGED, name, text, clause=clause, pointer=what, expected=len(whole), got=len(pages or ()))
            return
    if tried:
        yield session.held(PAGED, name)
