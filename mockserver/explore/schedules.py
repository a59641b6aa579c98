"""Which schedules are tried, and in which order: the most promising first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.explore import faults
from mockserver.explore.faults import FIXED, PlacedFault, make_fault
from mockserver.explore.model import ONCE, ONWARDS, CallPlace, ClientCall, ClientRun, FaultStep, Schedule

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FIRST = (faults.LOST_ANSWER, faults.GATEWAY_TIMEOUT, "status:503", "status:500", "status:429", faults.RESET_BEFORE)
"""Faults at writes that are tried before all others."""
_SECOND = (faults.BAD_GATEWAY, faults.TIMEOUT, "truncated", "malformed")
"""Faults at every operation that are tried next."""
_RETRIED = (faults.LOST_ANSWER, faults.RESET_BEFORE, "status:503", faults.BAD_GATEWAY, "malformed")
"""Faults at a call that is made only after another fault, besides its first documented refusal."""
_PAIRED = (faults.LOST_ANSWER, faults.RESET_BEFORE, "status:503", faults.BAD_GATEWAY, faults.GATEWAY_TIMEOUT, "status:429", faults.TIMEOUT_AFTER)
"""Faults that make a pair with another one."""
_ONWARDS = (
    "status:503", "status:429", faults.RESET_BEFORE, faults.BAD_GATEWAY, "status:500", faults.LOST_ANSWER, faults.REFUSED, "status:401",
    faults.GATEWAY_TIMEOUT, "malformed", faults.TIMEOUT,
)  # fmt: skip
"""Faults that are tried from a call on, too."""
_STORMS = ("status:503", "status:429", "status:401")
"""Faults that are tried early from the first call of an operation on: a client without a bound to its retries or logins makes a storm of calls."""


@dataclass(frozen=True, slots=True)
class CalledOperation:
    """What the server says of an operation: its method, documented statuses and refusals, and whether it offers means against repeated calls."""

    method: str
    statuses: tuple[int, ...] = ()
    errors: tuple[Mapping[str, Any], ...] = ()
    knows_repeats: bool = False
    page_size: str | None = None
    """The name of the query parameter that sets the size of a page."""
    page_default: int | None = None
    """How many records a page has if the client does not say it."""
    page_number: str | None = None
    """The name of the query parameter that chooses a page."""

    @property
    def is_write(self) -> bool:
        return self.method in WRITES


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What can happen between calls: services that can be down, by the slug of their vendor, lifetimes, and what another user can change.

    ``lifetimes`` map a duration to the number of the call that gave it. ``others`` are ``TABLE/ID/FIELD``, each with the number of the first call
    that reads or writes the record. ``pages`` are faults of a later page, each with the number of the first call of the list.
    """

    services: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lifetimes: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Planned:
    """A schedule with its rank; the smallest rank is tried first."""

    rank: tuple[int, ...]
    schedule: Schedule = field(compare=False)


def plan_singles(calls: Sequence[ClientCall], operations: Mapping[str, CalledOperation], surroundings: Surroundings) -> list[Planned]:
    """Every schedule of one fault at the calls of the baseline."""
    planned = []
    last = {call.place.operation: call.place.occurrence for call in calls}
    for number, call in enumerate(calls, 1):
        operation = operations.get(call.place.operation)
        if operation is None:
            continue
        place, middle = call.place, not (call.place.occurrence == 1 or call.place.occurrence == last[call.place.operation])
        for order, (fault, times) in enumerate(_list_faults(call, operation)):
            rank = _rank(fault, times, is_write=operation.is_write, is_first=place.occurrence == 1)
            planned.append(Planned((rank, int(middle), order, number), (FaultStep(place, fault.name, times),)))
        for order, name in enumerate(_list_events(call, number, surroundings)):
            planned.append(Planned((6, int(middle), order, number), (FaultStep(place, name),)))
        planned.extend(Planned((2, 0, 0, number), (FaultStep(place, name),)) for name, first in surroundings.pages.items() if number == first)
    return sorted(planned)


def _list_faults(call: ClientCall, operation: CalledOperation) -> Iterator[tuple[PlacedFault, Any]]:
    """What can happen at a call, each with whether it happens once or from there on."""
    chosen = [*_FIRST, *_SECOND, *(name for name in FIXED if name not in (*_FIRST, *_SECOND))]
    for name in chosen:
        if _is_possible(name, call, operation):
            yield FIXED[name], ONCE
    for name in _list_refusals(operation):
        yield make_fault(name), ONCE
    for name in _ONWARDS:
        if name in FIXED or int(name.partition(":")[2]) in operation.statuses:
            yield make_fault(name), ONWARDS


def _is_possible(name: str, call: ClientCall, operation: CalledOperation) -> bool:
    if name == faults.DELIVERED_TWICE:
        return operation.is_write and operation.knows_repeats
    if name in (faults.EMPTY_LIST, faults.SECOND_PAGE):
        return call.method == "GET" and _holds_list(call.answered) and (name == faults.EMPTY_LIST or _tells_of_more(call, operation))
    return True


def _holds_list(answered: Any) -> bool:
    values = [answered, *(answered.values() if isinstance(answered, dict) else ())]
    return any(isinstance(value, list) and value and all(isinstance(item, dict) for item in value) for value in values)


_MORE = ("total", "count", "next", "pages", "more", "last")


def _tells_of_more(call: ClientCall, operation: CalledOperation) -> bool:
    """Whether a client can know that half of a page is not all: the answer has a total or a link, and the client has asked for no size of page."""
    answered = call.answered
    if not isinstance(answered, dict) or operation.page_size is None or f"{operation.page_size}=" in str(call.exchange["query"]):
        return False
    names = [*answered, *(name for value in answered.values() if isinstance(value, dict) for name in value)]
    return any(part in name.lower() for name in names for part in _MORE)


def _list_refusals(operation: CalledOperation) -> list[str]:
    """Documented refusals: of each status the first code, then the other codes; statuses without a code by number."""
    seen: set[int] = set()
    first: list[str] = []
    others: list[str] = []
    for error in operation.errors:
        (others if error["status"] in seen else first).append(faults.name_refusal(error))
        seen.add(error["status"])
    bare = [f"status:{status}" for status in operation.statuses if status >= 400 and status not in seen and f"status:{status}" not in FIXED]  # noqa: PLR2004
    return [*bare, *first, *others]


def _list_events(call: ClientCall, number: int, surroundings: Surroundings) -> Iterator[str]:
    """What can happen just before a call."""
    for duration, given in surroundings.lifetimes.items():
        if number > given:
            yield f"jump:{duration}"
    for service in surroundings.services.get(call.place.operation.partition(".")[0], ()):
        yield f"down:{service}"
    for changed, first in surroundings.others.items():
        if number == first:
            yield f"other:{changed}"


def _rank(fault: PlacedFault, times: str, *, is_write: bool, is_first: bool) -> int:
    """The tier of a fault: 0 is tried first. ``is_first`` says whether it is placed at the first call of its operation."""
    if times == ONWARDS:
        return 1 if is_first and fault.name in _STORMS else 7 if fault.is_slow else 4
    # A client without a time-out is known to hang only after long; others are tried meanwhile.
    if (is_write and (fault.name in _FIRST or fault.name.startswith("status:"))) or (is_first and fault.name == faults.TIMEOUT):
        return 0
    if fault.name in _SECOND:
        return 1
    if fault.is_slow:
        return 5
    return 2 if is_write and fault.family == "refusal" else 3


def plan_retries(run: ClientRun, baseline: ClientRun, operations: Mapping[str, CalledOperation]) -> list[Planned]:
    """Schedules with one more fault, at the calls that a client makes only because of the faults of a run."""
    known = {call.place for call in baseline.calls}
    new = [call for call in run.calls if call.place not in known][:2]
    return [
        Planned((3 + len(run.schedule), 0, order, number), (*run.schedule, FaultStep(call.place, name)))
        for number, call in enumerate(new)
        if call.place.operation in operations
        for order, name in enumerate((*_RETRIED, *_list_refusals(operations[call.place.operation])[:1]))
    ]


def plan_pairs(run: ClientRun, operations: Mapping[str, CalledOperation]) -> list[Planned]:
    """Schedules with one more fault, at a call that comes after those of a run."""
    taken = {step.place for step in run.schedule}
    last = max((number for number, call in enumerate(run.calls) if call.place in taken), default=-1)
    planned = []
    for number, call in enumerate(run.calls[last + 1 :]):
        operation = operations.get(call.place.operation)
        if operation is None:
            continue
        for order, name in enumerate(_PAIRED):
            rank = (8 if operation.is_write and order < len(_RETRIED) else 9, len(run.schedule), order, number)
            planned.append(Planned(rank, (*run.schedule, FaultStep(call.place, name))))
    return planned


def find_key(schedule: Iterable[FaultStep]) -> frozenset[FaultStep]:
    """What identifies a schedule: its steps, in whatever order."""
    return frozenset(schedule)


def number_calls(exchanges: Iterable[Mapping[str, Any]]) -> tuple[ClientCall, ...]:
    """The calls of an outcome with their places. Calls that reach no operation are counted by their path."""
    counts: dict[str, int] = {}
    calls = []
    for found in exchanges:
        exchange = found["exchange"]
        name = f"{exchange['api']}.{exchange['operation']}" if exchange["operation"] else f"{exchange['method']} {exchange['path']}"
        counts[name] = counts.get(name, 0) + 1
        calls.append(ClientCall(CallPlace(name, counts[name]), exchange, found["sent"], found["answered"], tuple(found["changes"])))
    return tuple(calls)
