"""The stage of the contract tests: pytest runs them in this process, and each test's end becomes verdicts on its clauses."""

from __future__ import annotations

import contextlib
import io
import os
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import httpx
import pytest

from ..checks import DOCUMENTED
from ..harness.findings import Finding, Verdict, VerdictStatus, in_words
from ..harness.policy import RequestRefused, Stopped
from ..harness.run import MAKE_API
from .contract import pretty
from .findings_store import FindingsStore
from .session import sentence

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from ..harness import ApiClient
    from ..harness.answers import Problem
    from ..harness.findings import Exchange
    from .findings_store import Cause
    from .session import VerifySession

HERE = Path(__file__).parent
VENDORS = HERE.parent / "vendors"
NOT_OBSERVABLE = "not observable here: "
CLAUSE = "the clause holds"
STAGE = "clauses"
PLUGINS = ("cacheprovider", "xdist", "schemathesis", "hypothesispytest", "anyio", "randomly", "junitxml", "logging", "warnings", "faulthandler")


class ClausePlugin:
    """A plugin of pytest that gives each test the target and takes its end down."""

    def __init__(self, session: VerifySession, *, quiet: bool = False) -> None:
        self._session = session
        self._quiet = quiet
        self._repeat = _Repeat(session)
        self._heard: list[Exchange] = []
        self._api: ApiClient | None = None
        self._compared: tuple[object, object] | None = None
        self._outcome: tuple[VerdictStatus, str] = (VerdictStatus.HELD, "")
        self._failure: BaseException | None = None
        self._phase = ""
        self._done, self._total = 0, 0
        self.broken: dict[str, tuple[Exchange, ...]] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the target to the tests."""
        config.stash[MAKE_API] = self._make

    def _make(self) -> ApiClient:
        self._api = self._session.api(self._heard.append)
        return self._api

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Count what is to be done."""
        self._total = len(session.items)

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Keep what was compared when a test fails: what came, and what was expected."""
        if op in ("==", "in", "<=", ">="):
            self._compared = (right, left)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Judge a test once all of it has run."""
        self._heard, self._api, self._compared, self._failure = [], None, None, None
        self._outcome = (VerdictStatus.HELD, "")
        done = yield
        self._done += 1
        if not self._quiet:
            self._session.progress.step(f"contract tests {self._done}/{self._total}: {sentence(item.name)}")
        self._judge(item)
        if self._session.policy.stopped is not None:
            item.session.shouldstop = str(self._session.policy.stopped)
        return done

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Keep the reason for which a part of a test ended."""
        error = call.excinfo.value if call.excinfo is not None else None
        if error is not None and self._failure is None and self._outcome[0] is VerdictStatus.HELD:
            self._failure, self._outcome, self._phase = error, _outcome(error), call.when
            if isinstance(error, pytest.FixtureLookupError):
                self._outcome = (VerdictStatus.NOT_EXERCISED, "the test could not be set up")
                self._session.findings_store.problem(f"the contract test {item.name} could not be set up: {error.argname}")
        return (yield)

    def _judge(self, item: pytest.Item) -> None:
        clauses = tuple(str(name) for mark in item.iter_markers("clause") for name in mark.args)
        outcome, reason = self._outcome
        if self._session.policy.dry_run:
            return
        findings_store = self._session.findings_store
        if outcome is VerdictStatus.BROKEN:
            self.broken[item.nodeid] = tuple(self._heard)
            if self._report(item, clauses):
                outcome, reason = VerdictStatus.HELD, "what the test asserts holds; an answer that it got is not as documented"
        for clause in clauses:
            if clause in findings_store.contract.clauses:
                findings_store.judge(Verdict(clause, findings_store.contract.clauses[clause][0].id, outcome, reason))

    def _report(self, item: pytest.Item, clauses: tuple[str, ...]) -> bool:
        """Turn a broken test into findings: of the answer that is not documented where there is one, else of the clause.

        Returns whether the clauses hold all the same: the test itself came to its end, and only an answer on the way was not as documented.
        """
        problems = self._api.problems if self._api is not None else []
        if not problems:
            self._found(self._broken_clause(item, clauses), item, item.name.partition("[")[0], clauses)
            return False
        came_to_its_end = self._phase == "teardown"
        first = problems[0]
        page = self._session.findings_store.contract.operations[first.operation].page
        clause = None if came_to_its_end else self._session.findings_store.contract.clause_at(first.operation, clauses)
        finding = Finding(DOCUMENTED, first.operation, first.sentence, clause, page, first.pointer, first.expected, first.got, tuple(self._heard))
        cause = self._found(finding, item, f"{first.status} {first.keyword}", () if came_to_its_end else clauses)
        accepted = {" ".join(one.finding.split()) for one in self._session.file.deviations}
        if not came_to_its_end and cause.key in accepted and not _follows(self._failure, first):
            # What is accepted must not hide what else is wrong with the test.
            self._found(self._broken_clause(item, clauses), item, item.name.partition("[")[0], clauses)
        return came_to_its_end

    def _found(self, finding: Finding, item: pytest.Item, keyword: str, clauses: tuple[str, ...]) -> Cause:
        findings_store = self._session.findings_store
        before = len(findings_store.causes)
        cause = findings_store.found(finding, STAGE, keyword=keyword, clauses=clauses, again=self._repeat.of(item.nodeid))
        if len(findings_store.causes) > before and not self._quiet:
            self._session.progress.found(cause)
        return cause

    def _broken_clause(self, item: pytest.Item, clauses: tuple[str, ...]) -> Finding:
        contract = self._session.findings_store.contract
        called = [one.operation for one in self._heard if one.operation]
        owned = tuple(clause for clause in clauses if clause in contract.clauses)
        name = contract.clauses[owned[0]][0].id if owned else (called[-1] if called else "")
        expected, got = self._compared or (None, None)
        text = f"{sentence(item.name)}: this does not hold. {said(self._failure, self._compared, self._heard)}"
        page = contract.operations[name].page if name in contract.operations else None
        clause = contract.clause_at(called[-1] if called else None, owned)
        return Finding(CLAUSE, name, text, clause, page, "", _plain(expected), _plain(got), tuple(self._heard))


def _follows(failure: BaseException | None, problem: Problem) -> bool:
    """Whether a test fails for what is wrong with an answer: its failure speaks of the same field, or no field is to blame."""
    fields = {*re.findall(r'"(\w+)"', problem.sentence), *re.findall(r"([A-Za-z_]\w*)$", problem.pointer)}
    return not fields or any(field in f"{failure} {failure!r}" for field in fields)


def _outcome(error: BaseException) -> tuple[VerdictStatus, str]:
    """What the end of a test says of its clauses."""
    if isinstance(error, pytest.skip.Exception):
        text = str(error)
        if text.startswith(NOT_OBSERVABLE):
            return VerdictStatus.NOT_OBSERVABLE, text.removeprefix(NOT_OBSERVABLE)
        return VerdictStatus.NOT_EXERCISED, text
    if isinstance(error, RequestRefused):
        return VerdictStatus.NOT_OBSERVABLE, str(error)
    if isinstance(error, Stopped):
        return VerdictStatus.NOT_EXERCISED, str(error)
    return VerdictStatus.BROKEN, said(error)


def said(error: BaseException | None, compared: tuple[object, object] | None = None, heard: Sequence[Exchange] = ()) -> str:
    """Why a test failed, in a sentence without a traceback. Where the test could not read what it got, the sentence tells what it got last."""
    if isinstance(error, httpx.TransportError):
        return f"There was no answer that could be read: {error}."
    if isinstance(error, AssertionError):
        if compared is not None:
            return f"Expected {pretty(_plain(compared[0]), 160)}, got {pretty(_plain(compared[1]), 160)}."
        first = str(error).partition("\n")[0].strip()
        return f"Not true: {first.removeprefix('assert ')[:300]}." if first else "The assertion of the test failed."
    return f"In what the test got, {in_words(error)}{_last(heard)}"


def _last(heard: Sequence[Exchange]) -> str:
    """The end of a sentence that tells the last answer of a test."""
    if not heard:
        return "."
    last = heard[-1]
    body = last.response_body.decode("utf-8", "replace").strip()
    return f"; the last answer, to {last.operation or last.method}, was {last.status} {f'with {body[:160]}' if body else 'without a body'}."


def _plain(value: object) -> object:
    """A value that JSON can hold."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__.endswith(("_keys", "_values", "_items")):
        return [_plain(inner) for inner in value]  # type: ignore[attr-defined]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def run_pytest(tests: Iterable[str], judge: ClausePlugin) -> tuple[int, str]:
    """Pytest's exit code and what it printed, for some tests in this process."""
    shown = io.StringIO()
    options = [
        f"--config-file={HERE / 'pytest.ini'}",
        f"--rootdir={HERE.parents[2]}",
        f"--confcutdir={HERE.parents[1]}",
        "-q",
        "--capture=no",
        "--tb=no",
        "--no-header",
    ]
    options += [option for name in PLUGINS for option in ("-p", f"no:{name}")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"} | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    with patch.dict(os.environ, environment, clear=True), contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        code = pytest.main([*options, *tests], plugins=[judge])
    return int(code), shown.getvalue()


def run_clauses(session: VerifySession) -> None:
    """Run every contract test of the vendor."""
    started = time.monotonic()
    folder = VENDORS / session.contract.slug
    if not folder.is_dir():
        session.findings_store.problem(f"there are no contract tests of {session.contract.slug}")
        return
    judge = ClausePlugin(session)
    code, shown = run_pytest([str(folder)], judge)
    if code in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR) or re.search(r"\berrors? during collection", shown):
        session.findings_store.problem(f"the contract tests could not run: {shown.strip()[-500:]}")
    session.findings_store.seconds[STAGE] = time.monotonic() - started


class _Repeat:
    """Runs every broken test once more, all in one go, in fresh worlds where there are worlds."""

    def __init__(self, session: VerifySession) -> None:
        self._session = session
        self._asked: list[str] = []
        self._again: dict[str, tuple[Exchange, ...]] | None = None

    def of(self, test: str) -> Callable[[Cause], tuple[Exchange, ...] | None]:
        """Whether a test is still broken."""
        self._asked.append(test)
        return lambda _cause: self._run().get(test)

    def _run(self) -> dict[str, tuple[Exchange, ...]]:
        if self._again is None:
            judge = ClausePlugin(
                replace(self._session, findings_store=FindingsStore(self._session.contract)), quiet=True
            )  # what is run again is not counted again
            run_pytest([f"{HERE.parents[2]}{os.sep}{test}" for test in self._asked], judge)
            self._again = judge.broken
        return self._again
