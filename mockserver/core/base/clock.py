"""The clock of a world. The only module that reads the wall clock."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from whenever import Instant, ItemizedDelta

ZERO = timedelta(0)
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
FIRST_BORN = datetime(1980, 1, 1, tzinfo=UTC)
LAST_BORN = datetime(3000, 1, 1, tzinfo=UTC)
"""Seeded records lie years before and after the birth date of their world, and vendors have bounds for theirs."""


def wall_clock() -> datetime:
    """The real time, UTC."""
    return datetime.now(UTC)


def stopwatch() -> float:
    """Seconds of a clock that only runs forward, for measuring how long something took."""
    return time.perf_counter()


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC with ``Z``; with microseconds only if there are some."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_moment(text: str) -> datetime:
    """A moment from ISO 8601 with an offset or ``Z``. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no offset; end it with Z for UTC")
    return _check_bounds(moment.astimezone(UTC))


def parse_born(text: str) -> datetime:
    """The birth date of a world from ISO 8601 with an offset or ``Z``. Raises ValueError, also for a year for which records cannot be made."""
    born = parse_moment(text)
    if not FIRST_BORN <= born < LAST_BORN:
        raise ValueError(f"{iso(born)} is outside the years {FIRST_BORN.year} to {LAST_BORN.year - 1}, for which records can be made")
    return born


def parse_duration(text: str) -> ItemizedDelta:
    """An ISO 8601 duration such as ``P1M`` or ``PT90S``. Raises ValueError."""
    return ItemizedDelta(text)


def later(moment: datetime, duration: ItemizedDelta) -> datetime:
    """A moment moved by a duration; months and years follow the calendar, in UTC. Raises ValueError outside 1970 to 9000."""
    return _check_bounds(Instant(moment).to_tz("UTC").add(duration).to_stdlib().astimezone(UTC))


def _check_bounds(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"{iso(moment)} is outside the years 1970 to 8999")
    return moment


@dataclass(frozen=True, slots=True)
class Clock:
    """The time of a world: the real time, the real time shifted, or one frozen moment."""

    frozen_at: datetime | None = None
    shift: timedelta = ZERO

    @property
    def mode(self) -> str:
        """``real``, ``shifted`` or ``frozen``."""
        if self.frozen_at is not None:
            return "frozen"
        return "shifted" if self.shift else "real"

    def now(self, wall: datetime) -> datetime:
        """The world's time at a moment of real time."""
        return self.frozen_at if self.frozen_at is not None else wall + self.shift

    def freeze(self, moment: datetime) -> Clock:
        """A clock that stands still at a moment. Raises ValueError outside 1970 to 9000."""
        return replace(self, frozen_at=_check_bounds(moment))

    def advance(self, duration: ItemizedDelta, wall: datetime) -> Clock:
        """A clock moved forward by a duration: a frozen one stays frozen, a running one runs on. Raises ValueError outside 1970 to 9000."""
        now = self.now(wall)
        moved = later(now, duration)
        if self.frozen_at is not None:
            return replace(self, frozen_at=moved)
        return replace(self, shift=self.shift + (moved - now))
