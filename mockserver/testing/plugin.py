"""The pytest plugin: a fixture ``mock`` with a separate world for each test.

The server is started when the first test asks for it, once for all workers of a run, and ends with the run; ``--mock-url`` or the variable
``MOCKSERVER_URL`` names one that runs already. ``@pytest.mark.mock_world(scenario=..., seed=..., freeze=...)`` sets the start of a test's world.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing.launch import NotStarted, start_or_join, stop
from mockserver.testing.mock import Mock

SHOWN = 20
"""Exchanges that are shown of a test that failed."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("mockserver", "mock server")
    group.addoption("--mock-url", default=os.environ.get("MOCKSERVER_URL"), help="Use the mock server at this address; without it one is started.")
    group.addoption("--mock-token", default=os.environ.get("MOCKSERVER_TOKEN"), help="Token that the server's control plane demands.")
    parser.addini("mock_options", "Options of `mockserver serve` for the server that is started.", type="args", default=[])


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "mock_world(scenario=None, seed=None, freeze=None): from what the world of the fixture `mock` starts")
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
    run = _run(request)
    world = f"{run.folder.name}.{run.worker}.{next(run.numbers)}"
    marker = request.node.get_closest_marker("mock_world")
    said = dict(marker.kwargs) if marker is not None else {}
    with Mock(mock_url, world, request.config.getoption("--mock-token")) as mock:
        source = {name: said[name] for name in ("scenario", "seed") if name in said}
        mock.call("POST", "/worlds", {"name": world, "from": source, "anew": True})
        if "freeze" in said:
            mock.clock.freeze(said["freeze"])
        yield mock
        mock.delete_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the recorded calls to the report of a failed test."""
    report = yield
    used = getattr(item, "funcargs", {}).get("mock")
    if call.when == "call" and report.failed and isinstance(used, Mock):
        exchanges = used.journal.exchanges(limit=SHOWN)
        report.sections.append((f"calls in the world {used.world}", "\n".join(map(str, exchanges)) or "none"))
    return report
