"""A run from the first call to the report, as a stream of events.

Phases work in threads of their own. Everything else, the findings store and the report included, belongs to the thread that iterates over the run. So
a target that holds a phase in a call cannot keep the run from being reported: when the time is up, the phase is left behind.
"""

from __future__ import annotations

import datetime as dt
import math
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

import httpx

from ..harness import Target
from ..harness.policy import OutOfTime, Stopped
from ..harness.resolved import resolve_as
from ..harness.roles import REFUSED, WRONG_ON_PURPOSE, TriedRole
from ..harness.transports import describe_error, open_connections
from .after import accept, clean_up, confirm
from .alike import add_alike
from .behaviour import run_behaviour
from .cause import Cause
from .clauses import run_clauses
from .creations import MOST, creating, describe_plan, describe_result
from .credentials import try_roles, without_refused
from .events import ConfirmationStarted, DryRunFinished, Event, NoteMade, Phase, PhaseFinished, PhaseStarted, RunFinished, RunStarted
from .findings_store import FindingsStore
from .fuzz import run_fuzz
from .joining import join
from .masking import TargetMask
from .options import CannotRun, RunPlan
from .places import join_places
from .reach import make_policy, reach
from .related import join_related
from .report.compare import compare
from .report.model import Facts, build
from .session import VerifySession

Work = Callable[[], object]

TRYING, CLOSING, REPORTING = 0.65, 0.8, 0.9
"""Parts of the time budget after which no new request is tried, nothing more is confirmed, and a phase that still works is left behind."""
POLL = 0.25
"""Seconds after which a waiting run looks whether its time is up."""
GRACE = 2.0
"""Seconds that phases have to end after an interruption."""
INTERRUPTED = "the run was interrupted"


class _LeftBehind(Exception):
    """A phase did not end in time."""


class VerifyRun:
    """One run of a plan. Iterate over it once, in one thread; ``store`` has taken in every event that was yielded.

    Iterating raises CannotRun if the target cannot be reached. An error of our own in a part of the run is raised after the last event, which reports
    what was judged all the same.
    """

    def __init__(self, plan: RunPlan) -> None:
        self.plan = plan
        self.store = FindingsStore(plan.contract, strict=plan.options.assumptions == "strict", inferred_strictly=plan.options.inferred == "strict")
        self._policy = make_policy(plan)
        self._allow(TRYING)
        self._interrupted_at = math.inf
        self._mask: TargetMask | None = None
        self._crash: Exception | None = None
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()  # None only wakes the reader

    def __iter__(self) -> Iterator[Event]:
        for event in self._run():
            self.store.apply(event)
            yield event

    def hide(self, text: str) -> str:
        """A text without the secrets of the target, once it has been reached."""
        return self._mask.text(text) if self._mask is not None else text

    def interrupt(self) -> None:
        """End the run soon, with a report of what was judged so far. A signal handler may call this."""
        self._interrupted_at = time.monotonic()
        self._policy.stopped = Stopped(INTERRUPTED)
        self._queue.put(None)

    @property
    def _interrupted(self) -> bool:
        return self._interrupted_at < math.inf

    def _allow(self, part: float) -> None:
        """Let requests be sent until a part of the budget is spent."""
        self._policy.allowance = self.plan.budget * part
        self._policy.deadline = self.plan.started + self.plan.longest * part

    def _is_over(self) -> bool:
        """Whether a phase that still works is to be left behind."""
        now = time.monotonic()
        spent = self._policy.target_time.seconds >= max(0.5, self.plan.budget * REPORTING - 1)
        return spent or now >= self.plan.started + self.plan.longest * REPORTING or now >= self._interrupted_at + GRACE

    def _run(self) -> Iterator[Event]:
        plan, policy, options = self.plan, self._policy, self.plan.options
        yield RunStarted(plan.contract.document.title, plan.url, options.level, options.seed, plan.budget, policy.read_only)
        with resolve_as(plan.resolved), open_connections(plan.file.verify) as inner:
            target = yield from self._reach(inner)
            if target.strict:
                self.store.answers.judge_strictly()
            self._mask = TargetMask(target, plan.contract.document.credential_headers)
            workers = options.workers if target.control is not None or policy.dry_run else 1
            if workers != options.workers:
                yield NoteMade("all tests share the state of this target, so they are made one after the other, whatever --workers says")
            yield from self._announce_creations(target)
            session = VerifySession(plan, target, policy, inner, self.store.answers, self._queue.put, workers)
            try:
                session = yield from self._try_roles(session)
                yield from self._judge(session)
                unfinished = [*([str(policy.stopped)] if policy.stopped is not None else ()), *policy.closed.values()]
                yield from self._close(session)
            except _LeftBehind:
                unfinished = yield from self._leave_behind(session)
            except CannotRun:
                raise
            except Exception as error:  # noqa: BLE001 - it is raised again after the report
                unfinished = [*([str(policy.stopped)] if policy.stopped is not None else ()), self._keep_crash(error, "the run")]
        if self._interrupted and INTERRUPTED not in unfinished:
            unfinished.append(INTERRUPTED)
        yield self._finish(session, unfinished)
        if self._crash is not None:
            raise self._crash

    def _announce_creations(self, target: Target) -> Iterator[Event]:
        """Say and bound what the run creates, if the target keeps it."""
        policy = self._policy
        names = creating(self.plan.contract, policy.excluded)
        if target.control is not None or policy.dry_run or policy.read_only or not names:
            return
        most = policy.limits.creations or MOST[self.plan.options.level]
        policy.limits = replace(policy.limits, creations=most)
        yield NoteMade(describe_plan(names, most))

    def _try_roles(self, session: VerifySession) -> Generator[Event, None, VerifySession]:
        """The session without the roles that the target refuses. A mock gives its credentials itself.

        Raises:
            CannotRun: no role can be used.
        """
        if session.target.control is not None or self._policy.dry_run or not session.target.credentials:
            return session
        tried: list[TriedRole] = []
        with suppress(_LeftBehind):
            yield from self._work(lambda: tried.extend(try_roles(session)))
        refused = [one for one in tried if one.state == REFUSED]
        for one in refused:
            yield NoteMade(f"{one.reason}; what needs it is not exercised")
        if refused and all(one.state in (REFUSED, WRONG_ON_PURPOSE) for one in tried):
            raise CannotRun(f"{refused[0].reason}; correct the credentials of the target file, or the variables of the environment that it names")
        return replace(session, target=without_refused(session.target, tried), roles=tuple(tried))

    def _leave_behind(self, session: VerifySession) -> Generator[Event, None, list[str]]:
        """Go on without the phase that did not end in time; why the run is unfinished."""
        reason = INTERRUPTED if self._interrupted else f"the time budget of {self.plan.budget:g} s was spent in a call that did not end"
        self._policy.stopped = Stopped(reason)
        yield ConfirmationStarted()
        yield from confirm(session, self._unconfirmed(), last=True)
        return [reason]

    def _keep_crash(self, error: Exception, part: str) -> str:
        """Keep the first error of our own, to be raised at the end; what the report says of it."""
        self._crash = self._crash or error
        return f"{part} ended early by an error of the suite, which says nothing about the target ({type(error).__name__}: {describe_error(error)})"

    def _reach(self, inner: httpx.BaseTransport) -> Generator[Event, None, Target]:
        found: list[Target] = []
        with suppress(_LeftBehind):
            yield from self._work(lambda: found.append(reach(self.plan, self._policy, inner, self._queue.put)))
        if self._interrupted:
            raise CannotRun(f"{INTERRUPTED} before it began; start it again")
        if not found:
            raise CannotRun(f"the target did not answer within the time budget of {self.plan.budget:g} s; check its address, or raise --time-budget")
        return found[0]

    def _judge(self, session: VerifySession) -> Iterator[Event]:
        """The phases that judge: one after the other, or the contract tests beside the others if there are several workers."""
        generated = session.has_owner or not session.target.refused_roles
        rest = [(Phase.BEHAVIOUR, run_behaviour), *([(Phase.GENERATED, run_fuzz)] if generated else [])][session.plan.options.level == "quick" :]
        if session.workers == 1:
            for phase, work in [(Phase.CLAUSES, run_clauses), *rest]:
                yield from self._work(partial(self._judge_by, session, phase, partial(work, session)))
                yield from self._confirm(session, last=False)  # a later phase may overload the target
            return
        # CPython before 3.11.8 and 3.12.2 may fail if two threads parse code at once (python/cpython#106905).
        # So the others wait until pytest has read the tests, which it parses.
        collected = threading.Event()

        def clauses() -> None:
            self._judge_by(session, Phase.CLAUSES, partial(run_clauses, session, collected.set))
            collected.set()

        def others() -> None:
            collected.wait()
            for phase, work in rest:
                self._judge_by(session, phase, partial(work, session))

        yield from self._work(clauses, others)

    def _judge_by(self, session: VerifySession, phase: Phase, work: Work) -> None:
        """Do the work of a phase in this thread. Its failure becomes a problem of the report, and does not end the other phases."""
        if self._policy.stopped is not None:
            return
        session.emit(PhaseStarted(phase))
        started = time.monotonic()
        try:
            work()
        except Stopped:
            pass
        except (httpx.HTTPError, OSError) as error:  # the errors of requests are OSErrors
            session.problem(f"{phase} ended early ({type(error).__name__}: {describe_error(error)})")
        except Exception as error:  # noqa: BLE001 - it is raised again after the report
            session.problem(self._keep_crash(error, phase))
        session.emit(PhaseFinished(phase, time.monotonic() - started, self._policy.sent))

    def _unconfirmed(self) -> list[Cause]:
        return [cause for cause in self.store.causes.values() if not cause.confirmed and not cause.finding.assumed]

    def _confirm(self, session: VerifySession, *, last: bool) -> Iterator[Event]:
        if self._policy.dry_run:
            return
        yield ConfirmationStarted()
        causes = self._unconfirmed()

        def work() -> None:
            for event in confirm(session, causes, last=last):
                session.emit(event)

        yield from self._work(work)

    def _close(self, session: VerifySession) -> Iterator[Event]:
        """Confirm and clean up in what is left of the time."""
        policy = self._policy
        if policy.stopped is not None:
            yield NoteMade(f"stopped: {policy.stopped}")
        self._allow(CLOSING)
        if isinstance(policy.stopped, OutOfTime):
            policy.stopped = None
        policy.closed.clear()
        yield from self._confirm(session, last=True)
        yield from self._work(partial(clean_up, session, [*self.store.created]))
        if session.target.control is None and not policy.read_only and not policy.dry_run:
            yield NoteMade(describe_result(session.created, session.deleted))

    def _work(self, *works: Work) -> Iterator[Event]:
        """Do some work in daemon threads, each in its own, and yield the events until all have ended.

        Raises:
            _LeftBehind: the time is up.
        """
        done: list[BaseException | None] = []

        def do(work: Work) -> None:
            error: BaseException | None = None
            try:
                work()
            except BaseException as raised:  # noqa: BLE001 - it is raised again by the thread that waits
                error = raised
            done.append(error)
            self._queue.put(None)

        for work in works:
            threading.Thread(target=do, args=(work,), daemon=True).start()
        while len(done) < len(works) or not self._queue.empty():
            try:
                event = self._queue.get(timeout=POLL)
            except queue.Empty:
                event = None
            if event is not None:
                yield event
            if self._is_over():
                raise _LeftBehind
        for error in done:
            if error is not None:
                raise error

    def _finish(self, session: VerifySession, unfinished: list[str]) -> RunFinished | DryRunFinished:
        plan, store = self.plan, self.store
        mask = self._mask
        assert mask is not None  # the target was reached
        if self._policy.dry_run:
            return DryRunFinished(Counter((one.operation or "(no operation)", one.method, mask.url(one.url)) for one in self._policy.listed))
        add_alike(store)
        accept(store, plan.file.deviations, mask.text)
        join(store)
        join_related(store)
        join_places(store)
        today = dt.datetime.now(dt.UTC).date()  # noqa: TID251 - whether a deviation has expired is a question to the wall clock
        report = build(session, store, Facts(today, time.monotonic() - plan.started, tuple(unfinished), crashed=self._crash is not None), mask)
        if plan.earlier is not None:
            report["comparison"] = compare(plan.earlier, report, str(plan.options.compare))
        return RunFinished(report, (*store.causes.values(), *store.unconfirmed), mask)
