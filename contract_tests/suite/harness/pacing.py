"""The pace of a run: rates that the target file sets, pauses that the target asks for, and the time that was spent on the target."""

from __future__ import annotations

import datetime as dt
import email.utils
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

TOO_MANY, UNAVAILABLE = 429, 503
MAX_PAUSE = 60.0
"""Seconds of a single pause that the target may ask for; a request that would have to wait longer is given up."""
MAX_ATTEMPTS = 6
"""Times that a request is sent at most if the target answers that it came too early."""
FIRST_BACKOFF = 1.0
"""Seconds of the first pause if the target names none; each further one is twice as long."""
SLOWER, FASTER = 1.5, 0.9
"""Factors of the interval between requests: after an answer 429, and after RECOVERY answers without one."""
RECOVERY = 50


class TargetTime:
    """The seconds in which at least one request was waiting for the target; may be used from several threads.

    The time of the suite itself does not count, so that a busy machine does not change what is judged.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = 0
        self._since = 0.0
        self._spent = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time of the block."""
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if not self._waiting:
                    self._spent += time.monotonic() - self._since

    @property
    def seconds(self) -> float:
        with self._lock:
            return self._spent + (time.monotonic() - self._since if self._waiting else 0.0)


@dataclass(frozen=True)
class Pauses:
    """How often a target asked for fewer requests, and the seconds that the run waited for it."""

    answers: int
    seconds: float


class Pace:
    """When a request may be sent; may be used from several threads.

    ``rate`` and ``rates`` are requests per second, for each operation and for the ones named. A target that answers 429 slows down all operations,
    because its limit usually belongs to the credential.
    """

    def __init__(self, rate: float | None, rates: Mapping[str, float]) -> None:
        self._rate, self._rates = rate, rates
        self._lock = threading.Lock()
        self._next: dict[str, float] = {}
        self._next_of_all = 0.0
        self._interval = 0.0
        self._since_slowed = 0
        self._recent: deque[float] = deque(maxlen=RECOVERY)
        self._asked, self._waited = 0, 0.0

    @property
    def pauses(self) -> Pauses:
        with self._lock:
            return Pauses(self._asked, self._waited)

    def turn(self, name: str) -> float:
        """Take the next turn of an operation: the seconds until then."""
        rate = self._rates.get(name, self._rate)
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next_of_all, self._next.get(name, 0.0) if rate is not None else 0.0)
            if rate is not None:
                self._next[name] = turn + 1 / rate
            if self._interval:
                self._next_of_all = turn + self._interval
            self._recent.append(turn)
        return turn - now

    def slow_down(self, pause: float) -> None:
        """Send nothing for some seconds, and less from then on."""
        with self._lock:
            now = time.monotonic()
            last_second = sum(now - 1 <= one <= now for one in self._recent)
            self._interval = max(self._interval * SLOWER, SLOWER / max(1, last_second))
            self._interval = min(self._interval, max(1.0, pause))
            self._next_of_all = max(self._next_of_all, now + pause)
            self._since_slowed = 0
            self._asked += 1
            self._waited += pause

    def speed_up(self) -> None:
        """Count an answer that asked for nothing; after a number of them the run becomes faster again."""
        if not self._interval:
            return
        with self._lock:
            self._since_slowed += 1
            if self._since_slowed >= RECOVERY:
                self._since_slowed, self._interval = 0, self._interval * FASTER


def asked_pause(status: int, headers: Mapping[str, str], attempt: int) -> float | None:
    """The seconds that an answer asks to wait before the request is sent again; None if it asks for nothing. ``attempt`` counts from 0."""
    value = next((value.strip() for name, value in headers.items() if name.lower() == "retry-after"), "")
    if status != TOO_MANY and not (status == UNAVAILABLE and value):
        return None
    said = _seconds(value)
    return FIRST_BACKOFF * 2**attempt if said is None else said


def _seconds(value: str) -> float | None:
    """The seconds of a Retry-After header, which has a number or a date; None if it has neither."""
    if value.isdecimal() and value.isascii():
        return float(value[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    now = dt.datetime.now(moment.tzinfo)  # noqa: TID251 - a date in a header is a moment of the wall clock
    return max(0.0, (moment - now).total_seconds())
