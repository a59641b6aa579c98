"""The stage of the laws: what the document declares of behaviour, tried with fresh values."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx

from ..checks import DOCUMENTED, judge
from ..harness import ApiClient, not_observable
from ..harness.findings import VerdictStatus
from ..harness.policy import RequestRefused, Stopped
from ..harness.transports import PolicyTransport, said
from .findings_store import key_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..harness.findings import Exchange, Finding, Verdict
    from .findings_store import Cause
    from .session import VerifySession

STAGE = "laws"


class _Asking(PolicyTransport):
    """What the gate refuses, or the target does not answer, is *not observable here* to a law, which then goes on with the next."""

    def __init__(self, session: VerifySession) -> None:
        super().__init__(session.policy, session.inner)
        self._session = session

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, or the end of the law."""
        try:
            return super().handle_request(request)
        except RequestRefused as refused:
            not_observable(str(refused))
        except (httpx.TransportError, httpx.DecodingError) as error:
            asked = self._session.contract.find(self._session.target.base_url, request.method, str(request.url)) or request.url.path
            reason = f"{asked} gave no answer that can be read: {said(error)}"
            self._session.findings_store.problem(reason)
            not_observable(reason)


def verdicts(session: VerifySession) -> Iterator[Verdict]:
    """Every verdict of the laws; ends early, with the reason noted, where the target gives no answer or the gate has closed."""
    transport = _Asking(session)
    with httpx.Client(transport=transport, timeout=session.policy.limits.timeout, trust_env=False) as client:
        try:
            yield from judge(ApiClient(session.target, client), session.contract.document, level=session.level, seed=session.seed)
        except Stopped:
            return
        except httpx.HTTPError as error:
            session.findings_store.problem(f"the laws ended early, the target gave no answer that can be read: {said(error)}")


def run_laws(session: VerifySession) -> None:
    """Try every law, and take the verdicts down."""
    started = time.monotonic()
    done = 0
    repeat = _Repeat(session)
    for verdict in verdicts(session):
        done += 1
        session.progress.step(f"laws: {done} verdicts, {verdict.subject}, {verdict.operation}")
        if session.policy.dry_run:
            continue
        if verdict.outcome is VerdictStatus.BROKEN and verdict.finding is not None:
            finding, keyword = told(verdict.finding)
            before = len(session.findings_store.causes)
            cause = session.findings_store.found(finding, STAGE, keyword=keyword, again=repeat)
            if len(session.findings_store.causes) > before:
                session.progress.found(cause)
        session.findings_store.judge(verdict)
    session.findings_store.seconds[STAGE] = time.monotonic() - started


def told(finding: Finding) -> tuple[Finding, str]:
    """A finding with a plain JSON pointer, and its keyword: laws on answers say status, keyword and pointer in one."""
    match = re.fullmatch(r"(\d{3} [^/]*?) ?(/.*)?", finding.pointer)
    if finding.law == DOCUMENTED and match:
        return replace(finding, pointer=match[2] or ""), match[1]
    if finding.pointer and not finding.pointer.startswith("/"):
        return replace(finding, pointer=""), finding.pointer
    return finding, ""


class _Repeat:
    """Tries the laws once more with the same seed, once for all causes."""

    def __init__(self, session: VerifySession) -> None:
        self._session = session
        self._again: dict[str, tuple[Exchange, ...]] | None = None

    def __call__(self, cause: Cause) -> tuple[Exchange, ...] | None:
        """The exchanges with which a cause came again."""
        if self._again is None:
            self._again = {}
            for verdict in verdicts(self._session):
                if verdict.outcome is VerdictStatus.BROKEN and verdict.finding is not None:
                    finding, keyword = told(verdict.finding)
                    self._again.setdefault(key_of(finding, keyword), finding.exchanges)
        return self._again.get(cause.key)
