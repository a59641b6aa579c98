"""Comparison of calls with what a test expects: which calls match, and which call is nearest if none does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mockserver.control.exchanges import Rendering, decode_request_body
from mockserver.core.base.faults import Fault, Malformed
from mockserver.core.operation.bodies import parse_urlencoded
from mockserver.core.operation.forms import gather

WEIGHTS = {"api": 20, "operation": 10, "method": 5, "path": 5}
"""The distance that a difference in a field adds; any other field adds 1."""


@dataclass(frozen=True)
class Mismatch:
    """A field of a call that differs from what is expected: ``body/amount``, ``headers/x-trace``, ``status``."""

    field: str
    expected: Any
    got: Any

    def to_json(self) -> dict[str, Any]:
        return {"field": self.field, "expected": self.expected, "got": self.got}


def status_is(status: int, wanted: str) -> bool:
    """Whether a status equals ``wanted``, or belongs to its class, such as ``4xx``."""
    return str(status) == wanted or (wanted.endswith("xx") and str(status)[0] == wanted[0])


def find_mismatches(expected: Mapping[str, Any], rendering: Rendering) -> list[Mismatch]:
    """Every field of a call that differs from what is expected; empty if the call matches. Fields that ``expected`` lacks match anything."""
    return list(_find_mismatches(expected, rendering))


def _find_mismatches(expected: Mapping[str, Any], rendering: Rendering) -> Iterator[Mismatch]:
    exchange, request = rendering.exchange, rendering.exchange.request
    operation = rendering.operation
    for name, got in (("api", rendering.api), ("operation", operation.id if operation is not None else None), ("method", request.method)):
        if name in expected and expected[name] != got:
            yield Mismatch(name, expected[name], got)
    if (
        "path" in expected
        and not fnmatchcase(request.path, expected["path"])
        and request.path.removeprefix(_base_path(rendering)) != expected["path"]
    ):
        yield Mismatch("path", expected["path"], request.path)
    if "status" in expected and not status_is(exchange.status, str(expected["status"])):
        yield Mismatch("status", expected["status"], exchange.status)
    if "code" in expected and expected["code"] != rendering.summary()["code"]:
        yield Mismatch("code", expected["code"], rendering.summary()["code"])
    for name, value in expected.get("headers", {}).items():
        if request.headers.get(name.lower()) != value:
            yield _mask(rendering, f"headers/{name}", value, request.headers.get(name.lower()))
    if "query" in expected:
        yield from (_mask(rendering, *found) for found in _compare(expected["query"], _read_query(rendering), "query"))
    if "body" in expected:
        yield from (_mask(rendering, *found) for found in _compare(expected["body"], _read_body(rendering), "body"))


def _base_path(rendering: Rendering) -> str:
    return rendering.control.vendors[rendering.api].document.base_path if rendering.api is not None else ""


def _mask(rendering: Rendering, field: str, expected: Any, got: Any) -> Mismatch:
    name = field.rpartition("/")[2]
    if field.startswith("headers/"):
        return Mismatch(field, rendering.mask.header(name, str(expected)), got if got is None else rendering.mask.header(name, got))
    return Mismatch(field, rendering.mask.value(expected, name), rendering.mask.value(got, name))


def _read_query(rendering: Rendering) -> Any:
    try:
        return gather(parse_urlencoded(rendering.exchange.request.query))
    except Malformed:
        return {}


def _read_body(rendering: Rendering) -> Any:
    """The body as the handler got it, with numbers of a form as numbers; as it was sent if the operation cannot read it."""
    if rendering.operation is not None:
        try:
            value, _ = rendering.operation.body.read(rendering.exchange.request)
        except Fault:
            pass
        else:
            return value
    return decode_request_body(rendering.exchange.request)


def _compare(expected: Any, got: Any, field: str) -> Iterator[tuple[str, Any, Any]]:
    """Path, expected and actual value of each difference. An object may have more members than expected, a list has to have as many items."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name, inner in expected.items():
            if name in got:
                yield from _compare(inner, got[name], f"{field}/{name}")
            else:
                yield f"{field}/{name}", inner, None
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for number, (inner, item) in enumerate(zip(expected, got, strict=True)):
            yield from _compare(inner, item, f"{field}/{number}")
    elif expected != got or isinstance(expected, bool) is not isinstance(got, bool):
        yield field, expected, got


def find_nearest(expected: Mapping[str, Any], renderings: Sequence[Rendering]) -> tuple[Rendering, list[Mismatch]] | None:
    """The call with the smallest distance, of several the latest, and its differences; None if there was no call."""
    best: tuple[int, Rendering, list[Mismatch]] | None = None
    for rendering in renderings:
        found = find_mismatches(expected, rendering)
        distance = sum(WEIGHTS.get(difference.field, 1) for difference in found)
        if found and (best is None or distance <= best[0]):
            best = (distance, rendering, found)
    return None if best is None else (best[1], best[2])


def find_first_missing(expected: Sequence[Mapping[str, Any]], renderings: Sequence[Rendering]) -> tuple[int, Sequence[Rendering]] | None:
    """The index of the first expected call that is missing, and the calls among which it should be; None if all were made in order."""
    left = renderings
    for number, wanted in enumerate(expected):
        found = next((index for index, rendering in enumerate(left) if not find_mismatches(wanted, rendering)), None)
        if found is None:
            return number, left
        left = left[found + 1 :]
    return None
