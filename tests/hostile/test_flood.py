"""A small flood of each kind: worlds in use stay, worlds of others are made, and none of a day is refused."""

from __future__ import annotations

import sys

import pytest

from benchmarks.flood import Result, accept_many, refuse_many, spend_a_day

CAPACITY = 100


def check(result: Result) -> None:
    assert result.is_kept, result.rows


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="processes are pinned to cores as on Linux")
def test_refused_calls_to_thousands_of_worlds_leave_the_worlds_of_others_as_they_are() -> None:
    check(refuse_many(2_000))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has other loopback addresses than 127.0.0.1 without being set up for them")
def test_accepted_calls_from_another_address_leave_room_for_others() -> None:
    check(accept_many(2 * CAPACITY, CAPACITY))


def test_a_day_of_parallel_tests_is_never_refused() -> None:
    check(spend_a_day(3 * CAPACITY, CAPACITY // 2, CAPACITY))


def test_without_an_hour_between_them_the_worlds_of_one_client_are_refused() -> None:
    assert not spend_a_day(2 * CAPACITY, 2 * CAPACITY, CAPACITY).is_kept
