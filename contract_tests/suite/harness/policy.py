"""The request policy of a run: which requests may be sent, when, and what they may cost.

Every request passes it, whether a contract test, a behaviour check or Schemathesis sends it. So the promises of a run (read only, dry run, a rate, a
time budget, no other host) do not depend on the sender::

    PolicyError
    ├── RequestRefused   this request must not be sent; the run goes on
    └── Stopped          nothing more is sent in this run
        ├── OutOfTime
        └── OutOfRequests
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

from mockserver.openapi import limits

from .findings import Exchange
from .pacing import MAX_ATTEMPTS, MAX_PAUSE, UNAVAILABLE, Pace, TargetTime, asked_pause

READING = frozenset({"GET", "HEAD", "OPTIONS"})
NOT_IMPLEMENTED = 501
"""The one server error that says nothing about the health of the server: the operation does not exist yet."""
MAX_NETWORK_FAILURES = 3
"""Calls in a row without an answer after which the target counts as gone."""


class PolicyError(Exception):
    """The policy did not let a request through."""


class RequestRefused(PolicyError):
    """A request that this run must not send."""


class Stopped(PolicyError):
    """The run ended early; nothing more is sent."""


class OutOfTime(Stopped):
    """The time budget is spent."""


class OutOfRequests(Stopped):
    """The number of requests that the run may send is reached."""


@dataclass(frozen=True)
class Limits:
    """What a run may cost: seconds per answer and in total, bytes per answer, requests per second, server errors in a row.

    ``rate`` and ``rates`` are requests per second, for each operation and for the ones named; None is without limit. ``requests`` bounds those of the
    whole run, ``requests_per_operation`` those to one operation, ``creations`` the successful POSTs to one operation that changes something.
    ``parallel`` allows calls at once.
    """

    timeout: float = 10.0
    budget: float = 300.0
    max_bytes: int = limits.ANSWER.value
    rate: float | None = None
    rates: Mapping[str, float] = field(default_factory=dict)
    server_errors: int = 20
    parallel: bool = False
    requests: int | None = None
    requests_per_operation: int | None = None
    creations: int | None = None


@dataclass(frozen=True)
class AllowedOperation:
    """A request that a dry run would have sent."""

    method: str
    url: str
    operation: str | None


class RequestPolicy:
    """Admits requests, and counts them; may be used from several threads.

    ``operation_of`` names the operation of a method and a URL, None if there is none; ``origins`` are the origins that may be called;
    ``documents`` tells whether a status is documented for an operation, ``creates`` whether its POST makes something new.
    """

    def __init__(
        self,
        origins: frozenset[str],
        operation_of: Callable[[str, str], str | None],
        limits: Limits,
        *,
        read_only: bool = False,
        dry_run: bool = False,
        excluded: frozenset[str] = frozenset(),
        documents: Callable[[str, int], bool] = lambda _operation, _status: False,
        creates: Callable[[str], bool] = lambda _operation: True,
    ) -> None:
        self.origins = origins
        self.operation_of = operation_of
        self.limits = limits
        self.read_only = read_only
        self.dry_run = dry_run
        self.excluded = excluded
        self.documents = documents
        self.creates = creates
        self.pace = Pace(limits.rate, limits.rates)
        self.target_time = TargetTime()
        self.allowance = limits.budget  # seconds of the target's time
        self.deadline = math.inf  # on the monotonic clock, whatever the run does
        self.stopped: Stopped | None = None
        self.sent = 0
        self.refused: dict[str, int] = {}
        self.listed: list[AllowedOperation] = []
        self.closed: dict[str, str] = {}
        self.sent_to: Counter[str] = Counter()
        self.created: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._failures = 0
        self._errors: dict[str, int] = {}

    @property
    def remaining(self) -> float:
        """Seconds that are left of the budget, which counts the target's time, or until the deadline; never negative."""
        return max(0.0, min(self.deadline - time.monotonic(), self.allowance - self.target_time.seconds))

    def admit(self, method: str, url: str) -> str | None:
        """The operation of a request that may be sent now, after waiting for its turn.

        Raises:
            RequestRefused: it must not be sent in this run.
            Stopped: nothing is sent any more.
        """
        name = self._check(method.upper(), url)
        if self.dry_run:
            with self._lock:
                self.listed.append(AllowedOperation(method.upper(), url, name))
            return name
        self._wait(name)
        with self._lock:
            self.sent += 1
            self.sent_to[name or ""] += 1
        return name

    def _check(self, method: str, url: str) -> str | None:
        if self.stopped is not None:
            raise self.stopped
        if not self.remaining:
            self._stop_out_of_time()
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        name = self.operation_of(method, url)
        if origin not in self.origins:
            self._refuse(f"{origin} is not the target")
        if self.read_only and method not in READING:
            self._refuse(f"{method} may change something, and this run only reads")
        if name in self.excluded:
            self._refuse(f"{name} is excluded by the target file")
        if name in self.closed:
            self._refuse(self.closed[name])
        self._keep_numbers(method, name)
        return name

    def _keep_numbers(self, method: str, name: str | None) -> None:
        """Keep the numbers of requests and of created records that the target file allows."""
        limits = self.limits
        if limits.requests is not None and self.sent >= limits.requests:
            raise self.stop(OutOfRequests(f"the {limits.requests} requests that [limits] allows are sent"))
        if name is None:
            return
        if limits.requests_per_operation is not None and self.sent_to[name] >= limits.requests_per_operation:
            self._refuse(f"{name} was called {limits.requests_per_operation} times, as often as [limits] allows")
        if limits.creations is not None and method == "POST" and self.created[name] >= limits.creations:
            self._refuse(f"{name} has made {limits.creations} records, as many as [limits] allows")

    def leave_out(self, limit: str) -> None:
        """Count an answer by which a mock refused a call beyond a limit of its own: no vendor gave it, so it is not judged. Raises RequestRefused."""
        self._refuse(f"the mock refused it beyond its limit {limit}")

    def _refuse(self, reason: str) -> NoReturn:
        with self._lock:
            self.refused[reason] = self.refused.get(reason, 0) + 1
        raise RequestRefused(reason)

    def _stop_out_of_time(self) -> NoReturn:
        raise self.stop(OutOfTime(f"the time budget of {self.limits.budget:g} s is spent"))

    def stop(self, reason: Stopped) -> Stopped:
        """Let nothing more through, from any thread. Returns the reason that stands: the first one."""
        self.stopped = self.stopped or reason
        return self.stopped

    def _wait(self, name: str | None) -> None:
        """Wait for the turn of an operation; requests to no operation share one."""
        self._sleep(self.pace.turn(name or ""))

    def _sleep(self, delay: float) -> None:
        """Wait; this is the target's time, because the target or its owner asked for it."""
        if delay <= 0:
            return
        with self.target_time.waiting():
            time.sleep(min(delay, self.remaining))
        if not self.remaining:
            self._stop_out_of_time()

    def must_repeat(self, exchange: Exchange, attempt: int) -> bool:
        """Whether the target asked to send a request again later; True after the pause that it asked for. ``attempt`` counts from 0.

        A request that itself asks for a status by ``Prefer`` is not repeated.

        Raises:
            RequestRefused: the target asks for it again and again, or for a pause that is too long.
        """
        pause = asked_pause(exchange.status, exchange.response_headers, attempt)
        if pause is None or any(name.lower() == "prefer" for name in exchange.request_headers):
            self.pace.speed_up()
            return False
        name = exchange.operation or exchange.method
        if pause <= min(MAX_PAUSE, self.remaining) and attempt + 1 < MAX_ATTEMPTS:
            self.pace.slow_down(pause)
            self._sleep(pause)
            return True
        if exchange.status == UNAVAILABLE and self.documents(name, exchange.status):
            return False  # what the page describes may be what the test is about
        asked = f"{name} answered {exchange.status} and asked to wait {pause:g} s, after {attempt} pauses"
        return self._refuse(f"{asked}; give a rate under [limits] of the target file")

    def answer_timeout(self) -> float:
        """Seconds that the next answer may take."""
        return max(0.05, min(self.limits.timeout, self.remaining))

    def count_answer(self, exchange: Exchange) -> None:
        """Count an answer; too many server errors in a row close an operation."""
        with self._lock:
            self._failures = 0
            name = exchange.operation
            if name is not None:
                self.created[name] += exchange.method == "POST" and 200 <= exchange.status < 300 and self.creates(name)
                failed = exchange.status >= 500 and exchange.status != NOT_IMPLEMENTED
                self._errors[name] = self._errors.get(name, 0) + 1 if failed else 0
                if self._errors[name] >= self.limits.server_errors:
                    self.closed[name] = f"{name} answered {self._errors[name]} times in a row with a server error and is left alone"

    def count_failure(self, reason: str) -> None:
        """Count a call without an answer; a few in a row end the run.

        Raises:
            Stopped: this was one too many, or the time is up.
        """
        with self._lock:
            self._failures += 1
            gone = self._failures >= MAX_NETWORK_FAILURES
        if not self.remaining:
            self._stop_out_of_time()
        if gone:
            raise self.stop(Stopped(f"the target gave no answer {MAX_NETWORK_FAILURES} times in a row: {reason}"))
