"""Options and fixtures of the contract tests. Without ``--url`` they start a mock, as a command, and judge that."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.openapi.documents import load_document

from .suite.harness import ApiClient, Target
from .suite.harness.clauses import MAKE_API

ROOT = Path(__file__).resolve().parent.parent
VENDORS = Path(__file__).parent / "suite" / "vendors"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract tests")
    group.addoption("--api", metavar="SLUG", help="judge this vendor's API only")
    group.addoption("--url", metavar="BASE_URL", help="the vendor's base URL at the implementation to judge; needs --api")
    group.addoption("--any-implementation", action="store_true", help="judge answers by what the document allows, not by what the mock has promised")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(*ids): the clauses that a test proves")
    if config.getoption("--url") and not config.getoption("--api"):
        raise pytest.UsageError("--url needs --api: say which vendor's API lives there")


def _slug(path: Path) -> str | None:
    return path.relative_to(VENDORS).parts[0] if path.is_relative_to(VENDORS) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = config.getoption("--api")
    if wanted:
        left_out = [item for item in items if _slug(item.path) not in (None, wanted)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a mock listens that was started for this run. When it is over, openapi-core judges everything that the mock answered."""
    from .suite.harness.recorded import audited  # noqa: PLC0415 - needed against the mock only

    recording = tmp_path_factory.mktemp("traffic") / "all.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--record", str(recording)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    found = None
    for line in process.stdout:
        found = found or re.search(r"on (http://\S+)", line)
        if "/docs/mock" in line:
            break
    assert found is not None, "the mock did not start; run `python -m mockserver serve` to see why"
    yield found[1]
    process.terminate()
    process.communicate()
    _, findings = audited(recording)
    assert not findings, f"openapi-core finds in what the tests did:\n{findings}"


@pytest.fixture(scope="session")
def targets() -> dict[str, Target]:
    """The targets met so far, by vendor."""
    return {}


@pytest.fixture
def api(request: pytest.FixtureRequest, targets: dict[str, Target]) -> Iterator[ApiClient]:
    """The target of the vendor in whose folder the test stands."""
    make = request.config.stash.get(MAKE_API, None)
    tested = make() if make is not None else _found(request, targets)
    yield tested
    tested.close()
    assert not tested.problems, "; ".join(problem.sentence for problem in tested.problems)


def _found(request: pytest.FixtureRequest, targets: dict[str, Target]) -> ApiClient:
    """The target that the options of pytest name, or a mock started for this run."""
    slug = _slug(request.path)
    assert slug is not None, "contract tests stand under contract_tests/suite/vendors/<slug>/"
    if slug not in targets:
        url = request.config.getoption("--url")
        if url is None:
            origin = request.getfixturevalue("origin")
            url = origin + load_document(slug).base_path
        targets[slug] = Target.discover(slug, url)
    return ApiClient(targets[slug])
