"""The pytest plugin: a fixture ``mock`` with a separate world for each test.

The server is started when the first test asks for it, once for all workers of a run, and ends with the run; ``--mock-url`` or the variable
``MOCKSERVER_URL`` names one that runs already. ``@pytest.mark.mock_world(scenario=..., seed=..., born=..., freeze=..., faults=[...])`` sets
the start of a test's world. ``@pytest.mark.mock_explore(depth=1)`` runs a test once for each fault that can happen at one of its calls. The module
``markers`` has both as ``@mock.world(...)`` and ``@mock.explore(...)``.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing.launch import NotStarted, start_or_join, stop
from mockserver.testing.mock import Mock

LABEL = 200
"""Letters of the label of a world, which is the end of its test's id."""
SHOWN = 20
"""Exchanges that are shown of a test that failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mockserver", "mock server")
    group.addoption("--mock-url", default=os.environ.get("MOCKSERVER_URL"), help="Use the mock server at this address; without it one is started.")
    group.addoption("--mock-token", default=os.environ.get("MOCKSERVER_TOKEN"), help="Token that the server's control plane demands.")
    parser.addini("mock_options", "Options of `mockserver serve` for the server that is started.", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "mock_world(scenario=None, seed=None, born=None, freeze=None, faults=()): from what the world of the fixture `mock` starts"
    )
    config.addinivalue_line("markers", "mock_explore(depth=1, ...): run the test once for each fault, and fail if the app does something wrong")
    config.pluginmanager.register(Run(config), "mockserver-run")


class Run:
    """A run of tests: its folder, shared by all its workers, and the names of its worlds."""

    def __init__(self, config: pytest.Config) -> None:
        told: dict[str, Any] = getattr(config, "workerinput", {})
        self.worker = str(told.get("workerid", "main"))
        self.companion = int(told.get("mockserver_companion", os.getpid()))
        self._folder: str | None = told.get("mockserver_folder")
        self._is_owner = not told
        self.numbers = count(1)

    @property
    def folder(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="mockserver-")
        return Path(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Pass the folder and the process of the run to each xdist worker."""
        node.workerinput["mockserver_folder"] = str(self.folder)
        node.workerinput["mockserver_companion"] = os.getpid()

    def pytest_unconfigure(self) -> None:
        """End the server with the run that started it."""
        if self._is_owner and self._folder is not None:
            stop(self.folder)
            shutil.rmtree(self.folder, ignore_errors=True)


def is_explored() -> bool:
    """Whether `mockserver explore` runs the tests. It has made the world of the run, with a fault in it, and deletes it."""
    return os.environ.get("MOCKSERVER_EXPLORE") == "1"


def _run(request: pytest.FixtureRequest) -> Run:
    run: Any = request.config.pluginmanager.get_plugin("mockserver-run")
    found: Run = run
    return found


@pytest.fixture(scope="session")
def mock_url(request: pytest.FixtureRequest) -> str:
    named = request.config.getoption("--mock-url")
    if named:
        return str(named)
    run = _run(request)
    try:
        return start_or_join(run.folder, run.companion, request.config.getini("mock_options")).url
    except NotStarted as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def mock(request: pytest.FixtureRequest, mock_url: str) -> Iterator[Mock]:
    """A separate world on the mock server; it is deleted after the test."""
    if is_explored():
        with Mock(mock_url, os.environ["MOCKSERVER_WORLD"], request.config.getoption("--mock-token")) as mock:
            yield mock
        return
    run = _run(request)
    world = f"{run.folder.name}.{run.worker}.{next(run.numbers)}"
    marker = request.node.get_closest_marker("mock_world")
    said = dict(marker.kwargs) if marker is not None else {}
    with Mock(mock_url, world, request.config.getoption("--mock-token")) as mock:
        source = {name: said[name] for name in ("scenario", "seed") if name in said}
        more = {name: said[name] for name in ("born", "faults") if name in said} | ({"clock": {"freeze": said["freeze"]}} if "freeze" in said else {})
        mock.call("POST", "/worlds", {"name": world, "from": source, "anew": True, "label": request.node.nodeid[-LABEL:], **more})
        yield mock
        mock.delete_all()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Explore a test that is marked so, instead of running it once."""
    marker = pyfuncitem.get_closest_marker("mock_explore")
    if marker is None or is_explored():
        return None
    from mockserver.explore import NotExplored, explore  # noqa: PLC0415 - every run of pytest loads this plugin, and few explore
    from mockserver.explore.result import describe_schedule  # noqa: PLC0415 - likewise

    used = pyfuncitem.funcargs.get("mock")
    if not isinstance(used, Mock):
        pytest.fail("a test that is marked mock_explore needs the fixture `mock`, whose world is explored", pytrace=False)
    config = pyfuncitem.config
    test = f"{pyfuncitem.path}{pyfuncitem.nodeid[pyfuncitem.nodeid.index('::') :]}"
    found = ["-c", str(config.inipath)] if config.inipath is not None else []
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", f"--rootdir={config.rootpath}", *found, test]
    try:
        result = explore(command, url=used.url, world=used.world, token=config.getoption("--mock-token"), **marker.kwargs)
    except NotExplored as error:
        pytest.fail(f"not explored: {error}", pytrace=False)
    if result.findings:
        pytest.fail("\n".join(f"{found.oracle}: {found.sentence}\n  {describe_schedule(found.schedule)}" for found in result.findings), pytrace=False)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the recorded calls to the report of a failed test."""
    report = yield
    used = getattr(item, "funcargs", {}).get("mock")
    if call.when == "call" and report.failed and isinstance(used, Mock) and not is_explored():
        exchanges = used.journal.exchanges(limit=SHOWN)
        report.sections.append((f"calls in the world {used.world}", "\n".join(map(str, exchanges)) or "none"))
    return report
