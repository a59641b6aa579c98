"""Lists: pages visit each record once, and size, order and filters hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise, zip_longest
from typing import Any

from mockserver.openapi.readings import ANY

from ..harness import LONGEST
from ..harness.envelope import Answer, at, records
from ..harness.findings import Verdict
from ..harness.sameness import number, same
from .run import Run
from .session import CheckSession, NotExercised, guarded

VISIT = "pages visit each record once"
SIZE = "a page is as large as asked"
ORDER = "a list keeps its order"
FILTER = "a filter shows what fits and nothing else"
COUNT = "counts beside a list agree with it"
MOST_PAGES = 60
LARGEST = 100
"""Records of the largest page that is asked for on a walk."""
SIZES = (1, 2, 7)
HUGE = 2**31
"""A size that no page has. It may be refused, or mean as many records as a page can hold."""
SMALL = 10
"""Records that a page can hold at least."""


def check(run: Run) -> Iterator[Verdict]:
    for name, operation in run.model.operations.items():
        declared = operation.spec.get("x-list")
        if declared and run.wants(name):
            yield from guarded(VISIT, name, _list(run, name, declared))


def every_page(session: CheckSession, name: str, recipe: Mapping[str, Any], *, role: str = "") -> Iterator[Answer]:
    """The answer of a list, and those of the following pages while pages are full. The list declares how it is paged.

    A page equal to the one before it is the last: the target ignores the parameter.
    """
    declared = session.model.operations[name].spec.get("x-list", {})
    page = declared.get("page", {})
    size = recipe.get("send", {}).get(page.get("size"))
    cursor: Any = page.get("first", 1)
    send = dict(recipe.get("send", {}))
    before: list[dict[str, Any]] = []
    for _ in range(LONGEST):
        answer = session.call(name, {**recipe, "send": send}, role=role)
        yield answer
        items = records(answer.body, declared.get("at", ""))
        if answer.is_refusal or size is None or "parameter" not in page or len(items) < size or items == before:
            return
        before = items
        cursor = _following(page, cursor, answer, items)
        if cursor in (None, "", False):
            return
        send[page["parameter"]] = cursor


def _sized(session: CheckSession, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    """The size of a list of which no next page is declared."""
    schema = session.model.fields(name).get(declared["size"], ("", {}, False))[1]
    for size in (one for one in SIZES if session.model.fits(schema, one)):
        items = items_of(read_list(session, name, declared, {declared["size"]: size}), declared)
        if len(items) > size:
            text = f"{name}: a page of {size} holds {len(items)}"
            yield session.broken(SIZE, name, text, expected=size, got=len(items))
            return
    yield session.held(SIZE, name)


def _following(page: Mapping[str, Any], cursor: Any, answer: Answer, items: list[dict[str, Any]]) -> Any:
    """The parameter of the next page: a number, the records before it, or what the answer says."""
    steps = {"number": 1, "offset": len(items)}
    by = page.get("by", "number")
    return (cursor or 0) + steps[by] if by in steps else at(answer.body, page["next"])


def _list(run: Run, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    session = run.session(f"pages {name}")
    session.ask(declared)
    session.steps(declared.get("after", run.model.works(name).get("after", ())))
    yield from _whole(session, name, declared)
    if "page" in declared:
        yield from guarded(VISIT, name, _pages(run, session, name, declared))
    elif "size" in declared:
        yield from guarded(SIZE, name, _sized(session, name, declared))
    for one in declared.get("filters", ()):
        yield from guarded(FILTER, name, _filter(session, name, declared, one))


def items_of(answer: Answer, declared: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = records(answer.body, declared.get("at", ""))
    return [] if answer.is_refusal else found


def clause_of(declared: Mapping[str, Any], part: str) -> str | None:
    found: str | None = declared.get("clauses", {}).get(part)
    return found


def read_list(session: CheckSession, name: str, declared: Mapping[str, Any], send: Mapping[str, Any]) -> Answer:
    return session.call(name, {"after": [], "send": {**declared.get("send", {}), **send}})


def every_item(
    session: CheckSession, name: str, declared: Mapping[str, Any], send: Mapping[str, Any] | None = None
) -> tuple[Answer, list[dict[str, Any]]]:
    """The first page of the largest size, and the records of all pages; at a mock there is only one page."""
    recipe = {"after": [], "send": {**declared.get("send", {}), **declared.get("whole", {}), **(send or {})}}
    pages = list(every_page(session, name, recipe))
    return pages[0], [item for page in pages for item in items_of(page, declared)]


def _whole(session: CheckSession, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    answer, items = every_item(session, name, declared)
    if answer.is_refusal and session.origin is not None:
        raise NotExercised(f"{name} was refused: {answer}")
    yield from _ordered(session, name, declared, items)
    identity = declared.get("identity", "id")
    ids = [item.get(identity) for item in items]
    if len(set(map(str, ids))) != len(ids):
        yield session.broken(VISIT, name, f"{name} shows a record twice", clause=clause_of(declared, "visit"), got=ids)
    found = list(session.judged(COUNT, name, declared.get("holds", ()), session.names(**answer.names, items=items), clause_of(declared, "count")))
    yield from found or [session.held(COUNT, name)]


def _ordered(session: CheckSession, name: str, declared: Mapping[str, Any], items: list[dict[str, Any]]) -> Iterator[Verdict]:
    order = declared.get("order")
    if not order:
        return
    key, _, way = str(order).partition(" ")
    values = [number(at(item, f"/{key}")) for item in items]
    accepted = session.model.readings.orders(name)
    wrong = _out_of_order(values, way)
    if wrong and ANY not in accepted and all(_out_of_order(values, other) for other in accepted):
        text = f"{name} is not in the order {order}"
        yield session.broken(ORDER, name, text, clause=clause_of(declared, "order"), pointer=key, expected=order, got=str(wrong[0]))
    else:
        yield session.held(ORDER, name)


def _out_of_order(values: list[Any], way: str) -> list[tuple[Any, Any]]:
    """The neighbours that are not ``ascending``, or ``descending``."""
    return [(one, other) for one, other in pairwise(values) if (one < other if way == "descending" else one > other)]


def _pages(run: Run, session: CheckSession, name: str, declared: Mapping[str, Any]) -> Iterator[Verdict]:
    page = declared["page"]
    whole = [item.get(declared.get("identity", "id")) for item in every_item(session, name, declared)[1]]
    if not declared.get("whole") and "size" not in page:
        whole = []
    sizes = [page["fixed"]] if "fixed" in page else [max(page.get("walk", 7), min(LARGEST, 2 * len(whole) // MOST_PAGES))]
    for size in sizes:
        seen: list[Any] = []
        short = False
        cursor: Any = page.get("first", 1)
        for _ in range(MOST_PAGES):
            send = {page["parameter"]: cursor} if cursor is not None else {}
            if "size" in page:
                send[page["size"]] = size
            answer = read_list(session, name, declared, send)
            items = items_of(answer, declared)
            for formula in session.judged(
                COUNT, name, page.get("holds", ()), session.names(**answer.names, items=items, all=whole), clause_of(declared, "count")
            ):
                yield formula
                return
            if short and items:
                text = f"{name}: a page that is not full is followed by another"
                yield session.broken(VISIT, name, text, clause=clause_of(declared, "visit"))
                return
            short = len(items) < size
            if len(items) > size:
                text = f"{name}: a page of {size} holds {len(items)}"
                yield session.broken(SIZE, name, text, clause=clause_of(declared, "size"), expected=size, got=len(items))
                return
            seen += [item.get(declared.get("identity", "id")) for item in items]
            cursor = _following(page, cursor, answer, items)
            if cursor in (None, "", False) or (page.get("by", "number") != "cursor" and not items):
                break
        yield from visited(session, name, declared, seen, whole)
    if "size" in page and not run.is_quick:
        schema = session.model.fields(name).get(page["size"], ("", {}, False))[1]
        for size in (one for one in SIZES if session.origin is None or session.model.fits(schema, one)):
            items = items_of(read_list(session, name, declared, {page["size"]: size}), declared)
            if len(items) != min(size, len(whole)) and whole:
                text = f"{name}: a page of {size} holds {len(items)}"
                yield session.broken(SIZE, name, text, clause=clause_of(declared, "size"), expected=size, got=len(items))
                return
        answer = read_list(session, name, declared, {page["size"]: HUGE})
        items = items_of(answer, declared)
        if not answer.is_refusal and len(items) < min(len(whole), SMALL):
            text = f"{name}: a page of {HUGE} holds {len(items)}, where there are {len(whole)}"
            yield session.broken(SIZE, name, text, clause=clause_of(declared, "size"), expected="a refusal, or a full page", got=len(items))
            return
        yield session.held(SIZE, name)


def visited(session: CheckSession, name: str, declared: Mapping[str, Any], seen: list[Any], whole: list[Any]) -> Iterator[Verdict]:
    """The verdict on all pages together, compared with the whole list if that can be requested."""
    expected = session.value(declared["total"]) if "total" in declared else len(whole) or None
    twice = len(seen) - len({str(one) for one in seen})
    other = next((pair for pair in zip_longest(seen, whole) if pair[0] != pair[1]), None) if whole else None
    if twice or (expected is not None and not same(len(seen), expected)):
        text = f"{name}: its pages show {len(seen)} records, {twice} of them twice, where there are {expected}"
        yield session.broken(VISIT, name, text, clause=clause_of(declared, "visit"), expected=expected, got=len(seen))
    elif other:
        text = f"{name}: its pages show {other[0]!r} where the whole list shows {other[1]!r}"
        yield session.broken(VISIT, name, text, clause=clause_of(declared, "visit"), expected=other[1], got=other[0])
    else:
        yield session.held(VISIT, name)


def _filter(session: CheckSession, name: str, declared: Mapping[str, Any], one: Mapping[str, Any]) -> Iterator[Verdict]:
    session.assumed = bool(one.get("assumed"))
    session.steps(one.get("after", ()))
    _, everything = every_item(session, name, declared)
    answer, items = every_item(session, name, declared, one["send"])
    if answer.is_refusal and session.origin is not None:
        raise NotExercised(f"{name} filtered by {', '.join(one['send'])} was refused: {answer}")
    names = session.names(**answer.names, items=items, all=everything)
    verdicts = list(session.judged(FILTER, name, one.get("holds", ()), names, one.get("clause")))
    if "field" in one:
        wanted = session.value(one.get("equals", next(iter(one["send"].values()))))
        fits = [item for item in everything if same(str(at(item, f"/{one['field']}")), str(wanted))]
        if session.origin is not None and not fits:
            raise NotExercised(f"{name} shows no record by which it could be filtered")
        if items != fits or not fits:
            text = f"{name} filtered by {', '.join(one['send'])} shows {len(items)} records, where {len(fits)} fit"
            verdicts.append(session.broken(FILTER, name, text, clause=one.get("clause"), pointer=one["field"], expected=len(fits), got=len(items)))
    yield from verdicts or [session.held(FILTER, name)]
