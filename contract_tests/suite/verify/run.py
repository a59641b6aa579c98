"""A run from the first call to the report."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from ..harness import Target
from ..harness.hooks import hooks_of
from ..harness.policy import Limits, OutOfTime, PolicyError, RequestPolicy, Stopped
from ..harness.target import own_records
from ..harness.transports import PolicyTransport, connections, said
from .after import SIGHTINGS, accept, clean_up, confirm
from .behaviour import run_laws
from .clauses import run_clauses
from .findings_store import FindingsStore
from .fuzz import run_fuzz
from .joining import join
from .masking import Mask
from .parsing import one_parser_at_a_time
from .progress import Progress
from .report import build, write
from .report.compare import compare
from .report.model import Facts
from .session import VerifySession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .command import Options
    from .contract import Contract
    from .target_file import TargetFile

TRYING, CLOSING = 0.65, 0.8
"""Parts of the time budget after which trying, and confirming, end; the rest is for the reports."""


class Failed(Exception):
    """Why a run could not begin, and what to do."""


class Anything(Mapping[str, str]):
    """What a dry run knows: every name, as itself."""

    def __getitem__(self, name: str) -> str:
        return f"<{name}>"

    def __contains__(self, _name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass
class Outcomes:
    """A run as it stands: enough to report it at any moment."""

    session: VerifySession
    mask: Mask
    started: float
    began: str
    version: str
    unfinished: list[str] = field(default_factory=list)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def give_up(self, note: str) -> None:
        """Take back what could not be confirmed any more, and was seen only once."""
        self.session.findings_store.fold()
        for cause in list(self.session.findings_store.causes.values()):
            if not cause.confirmed and cause.count < SIGHTINGS:
                self.session.findings_store.withdraw(cause, note)

    def finish(self, folder: Path | None, old: dict[str, Any] | None, name: str) -> dict[str, Any]:
        """The report, written where a folder is given."""
        with self._writing:
            self.session.progress.say("writing the report")
            accept(self.session)
            join(self.session.findings_store)
            today = dt.datetime.now(dt.UTC).date()  # noqa: TID251 - whether a deviation has expired is a question to the wall clock
            facts = Facts(self.version, self.began, today, time.monotonic() - self.started, tuple(self.unfinished))
            report = build(self.session, facts, self.mask)
            if old is not None:
                report["comparison"] = compare(old, report, name)
            if folder is not None:
                try:
                    write(folder, report, [*self.session.findings_store.causes.values(), *self.session.findings_store.unconfirmed], self.mask)
                except OSError as error:
                    report["run"]["unfinished"].append(f"the report could not be written: {error}")
                    report["exit_code"] = report["exit_code"] or 2
            return report


def run(
    contract: Contract, file: TargetFile, url: str, options: Options, *, budget: float, started: float, version: str, handed: list[Outcomes]
) -> Outcomes:
    """Judge a target. ``handed`` gets the run as soon as there is something to report.

    Raises:
        Failed: the target cannot be reached at all.
    """
    progress = Progress()
    began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    policy = _gate(contract, file, url, options, budget)
    policy.deadline = started + budget * TRYING
    progress.say(
        f"{contract.document.title} at {url}: {options.level}, seed {options.seed}, {budget:g} s at most"
        + (", read only" if policy.read_only else "")
    )
    with connections(file.verify) as inner:
        return _judged(contract, file, url, options, policy, inner, progress, Begun(started, began, version, budget), handed)


@dataclass(frozen=True)
class Begun:
    """When a run began, by which version, and how long it may take."""

    started: float
    began: str
    version: str
    budget: float


def _judged(
    contract: Contract,
    file: TargetFile,
    url: str,
    options: Options,
    policy: RequestPolicy,
    inner: httpx.BaseTransport,
    progress: Progress,
    begun: Begun,
    handed: list[Outcomes],
) -> Outcomes:
    target = _dry_target(contract, file, url) if policy.dry_run else _target(contract.slug, file, url, PolicyTransport(policy, inner), progress)
    target = replace(target, strict=target.strict and not options.any_implementation)
    findings_store = FindingsStore(contract)
    workers = options.workers if target.control is not None or policy.dry_run else 1
    if workers != options.workers:
        progress.say("all tests share the state of this target, so they are made one after the other, whatever --workers says")
    session = VerifySession(contract, target, file, policy, inner, findings_store, progress, options.level, options.seed, workers)  # type: ignore[arg-type]
    policy.on_exchange.append(findings_store.hear)
    outcome = Outcomes(session, Mask(target, contract.document.credential_headers), begun.started, begun.began, begun.version)
    handed.append(outcome)
    _stages(session)
    if policy.dry_run:
        return outcome
    if policy.stopped is not None:
        outcome.unfinished.append(str(policy.stopped))
        progress.say(f"stopped: {policy.stopped}")
    outcome.unfinished += policy.closed.values()
    _close(session, begun.started + begun.budget * CLOSING)
    return outcome


def _gate(contract: Contract, file: TargetFile, url: str, options: Options, budget: float) -> RequestPolicy:
    known = {name: value for name, value in file.limits.items() if name != "budget"}
    parts = urlsplit(url)
    origins = {f"{parts.scheme}://{parts.netloc}"}
    if not options.read_only:
        origins |= set(file.also)
    return RequestPolicy(
        frozenset(origins),
        lambda method, called: contract.find(url, method, called),
        Limits(**{**known, "budget": budget}),
        read_only=options.read_only,
        dry_run=options.dry_run,
        excluded=file.excluded,
    )


def _dry_target(contract: Contract, file: TargetFile, url: str) -> Target:
    """A target that is not asked: what the file does not say stands there by its name."""
    headers = {name: f"<{name}>" for name in sorted(contract.document.credential_headers)}
    logins = {"owner": {"username": "<username>", "password": "<password>", "email": "<email>"}}
    known = {**file.known} if file.known else Anything()
    return Target(contract.slug, url, file.credentials or {"owner": headers}, known, file.logins or logins)


def _target(slug: str, file: TargetFile, url: str, transport: PolicyTransport, progress: Progress) -> Target:
    """The target, reached once, with what a mock tells of itself and what the file says."""
    policy = transport.policy
    with httpx.Client(transport=transport, timeout=policy.limits.timeout, trust_env=False) as client:
        try:
            answer = client.get(url)
        except httpx.TransportError as error:
            raise Failed(_unreachable(url, error)) from None
        except httpx.InvalidURL as error:
            raise Failed(f"{url} is no URL: {error}") from None
        except PolicyError as error:
            raise Failed(f"{url} could not be called: {error}") from None
        progress.say(f"the target answers ({answer.status_code} in {answer.elapsed.total_seconds() * 1000:.0f} ms)")
        with suppress(PolicyError, httpx.HTTPError):
            found = Target.discover(slug, url, client)
            policy.stopped = None
            break_off = found.control is not None
            if break_off:
                progress.say(f"it is a mock: {len(found.credentials)} roles and {len(found.known)} known ids are taken from its control plane")
            if file.hooks and policy.read_only:
                progress.say("hooks are not used in a read-only run")
            hooks = {} if policy.read_only else hooks_of(file.hooks, policy.limits.timeout)
            return replace(
                found,
                credentials={**file.credentials, **{role: headers for role, headers in found.credentials.items() if role not in file.credentials}},
                known={**found.known, **file.known},
                logins={**found.logins, **file.logins},
                hooks=hooks,
                own={} if found.control is not None or policy.read_only else own_records(slug),
            )
    raise Failed(f"{url} answered once and then no more; is it still running?")


def _unreachable(url: str, error: Exception) -> str:
    text = said(error)
    if "CERTIFICATE" in text.upper() or "SSL" in text.upper():
        return (
            f"the certificate of {url} is not trusted ({text}); name its authority as ca_file under [tls] of the target file, or set verify = false"
        )
    if isinstance(error, httpx.TimeoutException):
        return f"{url} did not answer in time ({text}); is it the right address, and is the server well? timeout under [limits] allows for more"
    if isinstance(error, httpx.ConnectError):
        return f"nothing answers at {url} ({text}); start the server, or mend the address"
    return f"{url} answered nothing that can be read as HTTP ({text}); is it the right port?"


def _stages(session: VerifySession) -> None:
    """Clause tests, laws, Schemathesis; side by side where there is more than one worker."""
    rest: tuple[Callable[[VerifySession], None], ...] = (run_fuzz,) if session.level == "quick" else (run_laws, run_fuzz)
    if session.workers == 1:
        for stage in (run_clauses, *rest):
            _stage(session, stage)
            if not session.policy.dry_run:
                confirm(session, last=False)  # a later stage may be more than the target bears
        return

    def others() -> None:
        for stage in rest:
            _stage(session, stage)

    aside = threading.Thread(target=others, daemon=True)
    with one_parser_at_a_time():
        aside.start()
        _stage(session, run_clauses)
        aside.join()


def _stage(session: VerifySession, stage: Callable[[VerifySession], None]) -> None:
    """A stage whose own failure is told, and does not end the run."""
    name = stage.__name__.removeprefix("run_")
    if session.policy.stopped is not None:
        return
    session.progress.say(f"{name}: begins")
    try:
        stage(session)
    except Stopped:
        pass
    except Exception as error:  # noqa: BLE001 - whatever a target makes a stage stumble over belongs in the report
        session.findings_store.problem(f"{name} ended early ({type(error).__name__}: {said(error)})")
    session.progress.say(f"{name}: done, {len(session.findings_store.causes)} findings so far, {session.policy.sent} requests sent")


def _close(session: VerifySession, deadline: float) -> None:
    """Confirm and clean up in what is left of the time."""
    policy = session.policy
    policy.deadline = deadline
    if isinstance(policy.stopped, OutOfTime):
        policy.stopped = None
    policy.closed.clear()
    confirm(session, last=True)
    session.progress.say(
        f"confirmed: {len(session.findings_store.causes)} findings stand, {len(session.findings_store.unconfirmed)} did not come again"
    )
    with suppress(PolicyError):
        done = clean_up(session)
        if done:
            session.progress.say(f"cleaned up: {done} records deleted")
