"""The phase of the behaviour checks: the behaviour that the document declares, tried with fresh values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx

from ..checks import DOCUMENTED, judge
from ..harness import ApiClient, not_observable
from ..harness.findings import Exchange, Finding, Verdict
from ..harness.policy import RequestRefused, Stopped
from ..harness.transports import PolicyTransport, describe_error
from .cause import Cause, key_of
from .events import FindingMade, Phase, VerdictReached
from .session import VerifySession


class _CheckTransport(PolicyTransport):
    """Ends a check as *not observable here* if the policy refuses its request or the target does not answer; the next check goes on."""

    def __init__(self, session: VerifySession) -> None:
        super().__init__(session.policy, session.inner, session.record)
        self._session = session

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, or the end of the check."""
        try:
            return super().handle_request(request)
        except RequestRefused as refused:
            not_observable(str(refused))
        except httpx.TransportError as error:
            called = self._session.contract.find(self._session.target.base_url, request.method, str(request.url)) or request.url.path
            reason = f"{called} gave no answer that can be read: {describe_error(error)}"
            self._session.problem(reason)
            not_observable(reason)


def _try_checks(session: VerifySession) -> Iterator[Verdict]:
    """Every verdict of the checks. Ends early, with the problem reported, if the target gives no answer or the run is stopped."""
    with httpx.Client(transport=_CheckTransport(session), timeout=session.policy.limits.timeout, trust_env=False) as client:
        try:
            api = ApiClient(session.target, client)
            yield from judge(api, session.contract.document, level=session.plan.options.level, seed=session.plan.options.seed)
        except Stopped:
            return
        except httpx.HTTPError as error:
            session.problem(f"the laws ended early, the target gave no answer that can be read: {describe_error(error)}")


def run_behaviour(session: VerifySession) -> None:
    repeat = _Repeat(session)
    for number, verdict in enumerate(_try_checks(session), 1):
        session.step(f"laws: {number} verdicts, {verdict.subject}, {verdict.operation}")
        if session.policy.dry_run:
            continue
        if verdict.finding is not None:
            finding, keyword = split_keyword(verdict.finding)
            session.emit(FindingMade(finding, Phase.BEHAVIOUR, keyword, repeat=repeat))
        session.emit(VerdictReached(verdict))


def split_keyword(finding: Finding) -> tuple[Finding, str]:
    """A finding with a plain JSON pointer, and its keyword: checks of answers put status, keyword and pointer into one text."""
    match = re.fullmatch(r"(\d{3} [^/]*?) ?(/.*)?", finding.pointer)
    if finding.check == DOCUMENTED and match:
        return replace(finding, pointer=match[2] or ""), match[1]
    if finding.pointer and not finding.pointer.startswith("/"):
        return replace(finding, pointer=""), finding.pointer
    return finding, ""


class _Repeat:
    """Tries the checks once more with the same seed, once for all causes."""

    def __init__(self, session: VerifySession) -> None:
        self._session = session
        self._broken: dict[str, tuple[Exchange, ...]] | None = None

    def __call__(self, cause: Cause) -> tuple[Exchange, ...] | None:
        """The exchanges in which a cause came again; None if it did not."""
        if self._broken is None:
            self._broken = {}
            for verdict in _try_checks(self._session):
                if verdict.finding is not None:
                    self._broken.setdefault(key_of(*split_keyword(verdict.finding)), verdict.finding.exchanges)
        return self._broken.get(cause.key)
