"""The phase of the contract tests: pytest runs them in this process, and the end of each test becomes verdicts on its clauses."""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from ...crashes import describe_error
from ..checks import DOCUMENTED
from ..harness import ApiClient
from ..harness.answers import Problem
from ..harness.clauses import MAKE_API
from ..harness.errors import is_own_error
from ..harness.findings import Exchange, Finding, Verdict, VerdictStatus, in_words, to_plain
from ..harness.policy import RequestRefused, Stopped
from .cause import Repeat
from .contract import pretty
from .events import Event, ExchangeRecorded, FindingMade, Phase, VerdictReached
from .session import VerifySession, sentence

HERE = Path(__file__).parent
VENDORS = HERE.parent / "vendors"
NOT_OBSERVABLE = "not observable here: "
CLAUSE = "the clause holds"
PLUGINS = (
    *("cacheprovider", "xdist", "schemathesis", "hypothesispytest", "anyio", "randomly", "junitxml", "logging", "warnings", "faulthandler"),
    "terminal",
)
"""Plugins of pytest that the tests run without. The last one prints; the end of each test is reported by events instead."""

WANTED = {"==": "", "in": "", "<=": "at most ", ">=": "at least ", "<": "less than ", ">": "more than ", "!=": "another than "}
"""What an assertion wanted, by its operator."""
Compared = tuple[str, object, object]
"""What a test compared: what it wanted, in words, what it expected, and what came."""


class ClausePlugin:
    """A plugin of pytest that gives each test the target, and reports how it ended. ``on_collected`` is called once pytest has read all tests."""

    def __init__(self, session: VerifySession, on_collected: Callable[[], object] = lambda: None) -> None:
        self._session = session
        self._on_collected = on_collected
        self._repeat = _Repeat(session)
        self._exchanges: list[Exchange] = []
        self._api: ApiClient | None = None
        self._compared: Compared | None = None
        self._outcome: tuple[VerdictStatus, str] = (VerdictStatus.HELD, "")
        self._failure: BaseException | None = None
        self._phase = ""
        self._done, self._total = 0, 0
        self.broken: dict[str, tuple[Exchange, ...]] = {}

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[MAKE_API] = self._make_api
        config.option.tbstyle = "line"  # the others parse the source of a test that fails, which must not happen in two threads

    @pytest.fixture
    def api(self) -> Iterator[ApiClient]:
        """The target, for tests of a file that the target file names; those of this package have the same from their conftest."""
        made = self._make_api()
        yield made
        made.close()
        assert not made.problems, "; ".join(problem.sentence for problem in made.problems)

    def _make_api(self) -> ApiClient:
        self._api = ApiClient(self._session.target, self._session.client(self._exchanges))
        return self._api

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._session.problem(f"the contract tests could not run: {report.longreprtext.strip()[-500:]}")

    def pytest_internalerror(self, excrepr: object) -> bool:
        """Report that pytest failed; without this it would write to standard error."""
        self._session.problem(f"the contract tests could not run: {str(excrepr).strip()[-500:]}")
        return True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._total = len(session.items)
        self._on_collected()

    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        """Keep what a failing test compared: what was expected, and what came."""
        if op in WANTED:
            self._compared = (WANTED[op], right, left)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Judge a test after all of it has run."""
        self._exchanges, self._api, self._compared, self._failure = [], None, None, None
        self._outcome = (VerdictStatus.HELD, "")
        done = yield
        self._done += 1
        self._session.step(f"contract tests {self._done}/{self._total}: {sentence(item.name)}")
        self._judge(item)
        if self._session.policy.stopped is not None:
            item.session.shouldstop = str(self._session.policy.stopped)
        return done

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Keep the reason for which a part of a test ended."""
        error = call.excinfo.value if call.excinfo is not None else None
        if error is not None and self._failure is None and self._outcome[0] is VerdictStatus.HELD:
            self._failure, self._outcome, self._phase = error, _classify(error), call.when
            if is_own_error(error):
                self._session.problem(f"the contract test {item.name} was ended by an error of the suite: {describe_error(error)}")
            if isinstance(error, pytest.FixtureLookupError):
                self._outcome = (VerdictStatus.NOT_EXERCISED, "the test could not be set up")
                self._session.problem(f"the contract test {item.name} could not be set up: {error.argname}")
        return (yield)

    def _judge(self, item: pytest.Item) -> None:
        clauses = tuple(str(name) for mark in item.iter_markers("clause") for name in mark.args)
        outcome, reason = self._outcome
        if self._session.policy.dry_run:
            return
        for problem in self._api.differences if self._api is not None else ():
            self._report_difference(problem)
        if outcome is VerdictStatus.BROKEN:
            self.broken[place_of(item)] = tuple(self._exchanges)
            if self._report_findings(item, clauses):
                outcome, reason = VerdictStatus.HELD, "what the test asserts holds; an answer that it got is not as documented"
        known = self._session.contract.clauses
        for clause in clauses:
            if clause in known:
                self._session.emit(VerdictReached(Verdict(clause, known[clause][0].id, outcome, reason)))

    def _report_findings(self, item: pytest.Item, clauses: tuple[str, ...]) -> bool:
        """Report the findings of a broken test: the first answer that is not documented, else the clause.

        Returns whether the clauses hold all the same: the test came to its end, and only an answer on the way was not as documented.
        """
        problems = self._api.problems if self._api is not None else []
        contract = self._session.contract
        if not problems:
            self._report(self._broken_clause(item, clauses), item, item.name, clauses)
            return False
        at_end = self._phase == "teardown"
        first = problems[0]
        page = contract.operations[first.operation].page
        clause = None if at_end else contract.clause_at(first.operation, clauses)
        exchanges = tuple(self._exchanges)
        finding = Finding(DOCUMENTED, first.operation, first.sentence, clause, page, first.pointer, first.expected, first.got, exchanges)
        key = self._report(finding, item, f"{first.status} {first.keyword}", () if at_end else clauses)
        accepted = {" ".join(one.finding.split()) for one in self._session.plan.file.deviations}
        if not at_end and key in accepted and not _follows(self._failure, first):
            # What is accepted must not hide what else is wrong with the test.
            self._report(self._broken_clause(item, clauses), item, item.name, clauses)
        return at_end

    def _report_difference(self, problem: Problem) -> None:
        """Report that an answer differs from what the document assumes only; this breaks no clause."""
        page = self._session.contract.operations[problem.operation].page
        place = (problem.pointer, problem.expected, problem.got, tuple(self._exchanges[-1:]))
        finding = Finding(DOCUMENTED, problem.operation, problem.sentence, None, page, *place, assumed=True)
        self._session.emit(FindingMade(finding, Phase.CLAUSES, f"{problem.status} {problem.keyword}"))

    def _report(self, finding: Finding, item: pytest.Item, keyword: str, clauses: tuple[str, ...]) -> str:
        row = row_of(item.name) if keyword == item.name else ""
        event = FindingMade(finding, Phase.CLAUSES, keyword, clauses, self._repeat.of(place_of(item)), row)
        self._session.emit(event)
        return event.key

    def _broken_clause(self, item: pytest.Item, clauses: tuple[str, ...]) -> Finding:
        contract, exchanges = self._session.contract, tuple(self._exchanges)
        called = [one.operation for one in exchanges if one.operation]
        owned = tuple(clause for clause in clauses if clause in contract.clauses)
        name = contract.clauses[owned[0]][0].id if owned else (called[-1] if called else "")
        wanted, expected, got = self._compared or ("", None, None)
        row = f" ({row_of(item.name)})" if row_of(item.name) else ""
        text = f"{sentence(item.name)}{row}: this does not hold. {explain(self._failure, self._compared, exchanges)}"
        page = contract.operations[name].page if name in contract.operations else None
        clause = contract.clause_at(called[-1] if called else None, owned)
        return Finding(
            CLAUSE, name, text, clause, page, "", f"{wanted}{to_plain(expected)}" if wanted else to_plain(expected), to_plain(got), exchanges
        )


def place_of(item: pytest.Item) -> str:
    """The file and the name of a test, as pytest takes them. The id of a node has no file if that stands outside of pytest's root."""
    return f"{item.path}::{item.nodeid.partition('::')[2]}"


def row_of(name: str) -> str:
    """The row of a parametrized test, from its name; empty if it has none."""
    return name.partition("[")[2].removesuffix("]")


def _follows(failure: BaseException | None, problem: Problem) -> bool:
    """Whether a test fails because of a problem: its failure names the same field, or the problem names none."""
    fields = {*re.findall(r'"(\w+)"', problem.sentence), *re.findall(r"([A-Za-z_]\w*)$", problem.pointer)}
    return not fields or any(field in f"{failure} {failure!r}" for field in fields)


def _classify(error: BaseException) -> tuple[VerdictStatus, str]:
    if isinstance(error, pytest.skip.Exception):
        text = str(error)
        if text.startswith(NOT_OBSERVABLE):
            return VerdictStatus.NOT_OBSERVABLE, text.removeprefix(NOT_OBSERVABLE)
        return VerdictStatus.NOT_EXERCISED, text
    if isinstance(error, RequestRefused):
        return VerdictStatus.NOT_OBSERVABLE, str(error)
    if isinstance(error, Stopped):
        return VerdictStatus.NOT_EXERCISED, str(error)
    if is_own_error(error):
        return VerdictStatus.NOT_EXERCISED, f"an error of the suite, which says nothing about the target, ended the test ({describe_error(error)})"
    return VerdictStatus.BROKEN, explain(error)


def explain(error: BaseException | None, compared: Compared | None = None, exchanges: Sequence[Exchange] = ()) -> str:
    """Why a test failed, in a sentence without a traceback. If the test could not read or use an answer, the sentence shows the last one."""
    if isinstance(error, httpx.TransportError):
        return f"There was no answer that could be read: {error}."
    if isinstance(error, AssertionError):
        if compared is not None:
            wanted, expected, got = compared
            return f"Expected {wanted}{pretty(to_plain(expected), 160)}, got {pretty(to_plain(got), 160)}."
        first = str(error).partition("\n")[0].strip()
        if exchanges and first.startswith("{") and first in exchanges[-1].response_body.decode("utf-8", "replace"):
            return f"The{_describe_last(exchanges).removeprefix('; the')}"  # the text says what came, and not what was wanted
        said = first.removeprefix("assert ")[:300] or _read_assertion(error)
        says_nothing = not first or said in ("False", "False is True", "None is not None")
        return f"Not true: {said}{_describe_last(exchanges).removesuffix('.') if says_nothing else ''}."
    return f"In what the test got, {in_words(error)}{_describe_last(exchanges)}"


def _read_assertion(error: AssertionError) -> str:
    """The source of an assertion that says nothing: it stands in a helper, which pytest does not rewrite."""
    frames = traceback.extract_tb(error.__traceback__)
    line = (frames[-1].line or "") if frames else ""
    return line.removeprefix("assert ").strip() or "an assertion of the test"


def _describe_last(exchanges: Sequence[Exchange]) -> str:
    if not exchanges:
        return "."
    last = exchanges[-1]
    body = last.response_body.decode("utf-8", "replace").strip()
    return f"; the last answer, to {last.operation or last.method}, was {last.status} {f'with {body[:160]}' if body else 'without a body'}."


def run_pytest(tests: Iterable[str], plugin: ClausePlugin) -> pytest.ExitCode | int:
    """Run some tests in this process; pytest prints nothing. Returns its exit code."""
    options = [f"--config-file={HERE / 'pytest.ini'}", f"--rootdir={HERE.parents[2]}", f"--confcutdir={HERE.parents[1]}"]
    options += ["--capture=no", "--disable-plugin-autoload", *(option for name in PLUGINS for option in ("-p", f"no:{name}"))]
    os.environ.pop("PYTEST_ADDOPTS", None)  # options for the user's own tests
    return pytest.main([*options, *tests], plugins=[plugin])


def run_clauses(session: VerifySession, on_collected: Callable[[], object] = lambda: None) -> None:
    """Run every contract test of the vendor. ``on_collected`` is called once pytest has read them all."""
    folder = VENDORS / session.contract.slug
    written = [] if session.contract.is_foreign else [folder]  # the clauses of a foreign document are in no file
    tests = [*map(str, [*written, *session.plan.file.tests])]
    if not all(one.is_dir() for one in written):
        session.problem(f"there are no contract tests of {session.contract.slug}")
    elif tests and run_pytest(tests, ClausePlugin(session, on_collected)) == pytest.ExitCode.USAGE_ERROR:
        session.problem("the contract tests could not run: pytest refused its options; is its version supported by this package?")


class _Repeat:
    """Runs every broken test once more, all in one go, in fresh worlds if the target has worlds."""

    def __init__(self, session: VerifySession) -> None:
        self._session = session
        self._tests: list[str] = []
        self._broken: dict[str, tuple[Exchange, ...]] | None = None

    def of(self, test: str) -> Repeat:
        """A function that tells whether a test is still broken."""
        self._tests.append(test)
        return lambda _cause: self._run().get(test)

    def _run(self) -> dict[str, tuple[Exchange, ...]]:
        if self._broken is None:
            plugin = ClausePlugin(replace(self._session, emit=self._emit))
            run_pytest([*dict.fromkeys(self._tests)], plugin)
            self._broken = plugin.broken
        return self._broken

    def _emit(self, event: Event) -> None:
        """Pass on exchanges only: what is found again is not counted again."""
        if isinstance(event, ExchangeRecorded):
            self._session.emit(event)
