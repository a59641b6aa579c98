"""The counts of calls: exact, bounded in number, and without worlds."""

from __future__ import annotations

from random import Random
from typing import Any, cast

import pytest

from mockserver.core.base.replies import Reply
from mockserver.core.engine.meter import BATCH, EDGES, Meter
from mockserver.core.operation.compiled import Operation
from mockserver.openapi import limits
from mockserver.openapi.limits import Limit


class Named:
    """As much of an operation as the meter reads."""

    id = "read"
    name = "shop.read"


OPERATION = cast("Operation", Named())


def observe(
    meter: Meter, seconds: float = 0.0, status: int = 200, headers: dict[str, str] | None = None, operation: Operation | None = OPERATION
) -> None:
    meter.observe("shop", operation, Reply(status, {}, headers or {}), seconds, None)


def test_each_call_falls_into_the_bucket_of_its_time() -> None:
    meter, chance = Meter(), Random(3)
    taken = [chance.choice([*EDGES, chance.random() * 12, 1e-6]) for _ in range(3 * BATCH + 7)]
    for seconds in taken:
        observe(meter, seconds)
    series = meter.calls()["shop", "read", "200"]
    for number, edge in enumerate(EDGES):
        assert sum(series.buckets[: number + 1]) == sum(seconds <= edge for seconds in taken)
    assert sum(series.buckets) == len(taken)
    assert series.seconds == pytest.approx(sum(taken))


def test_calls_that_reach_no_operation_are_counted_for_their_api() -> None:
    meter = Meter()
    observe(meter, status=404, operation=None)
    assert list(meter.calls()) == [("shop", "", "404")]


def test_refusals_are_counted_by_the_limit_that_they_name() -> None:
    meter = Meter()
    observe(meter, status=503, headers={"X-Mock-Limit": "worlds"})
    observe(meter, status=503)
    assert dict(meter.refusals) == {"worlds": 1}


def test_more_statuses_than_the_limit_are_counted_by_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "METRIC_SERIES", Limit("metric-series", 3, "series", "Series.", "By class."))
    meter = Meter()
    for status in range(200, 300):
        observe(meter, status=status)
    counted: dict[Any, int] = {key[2]: sum(series.buckets) for key, series in meter.calls().items()}
    assert counted == {"200": 1, "201": 1, "202": 1, "2xx": 97}
