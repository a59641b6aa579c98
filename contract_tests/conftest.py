"""Options and fixtures of the contract tests. Without ``--url`` and ``--target`` they start a mock, as a command, and judge that."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from mockserver.openapi.documents import list_slugs, load_document

from .suite.harness import ApiClient, Target
from .suite.harness.clauses import MAKE_API
from .suite.harness.hooks import make_hooks
from .suite.harness.target import TIMEOUT, own_records
from .suite.harness.transports import open_connections
from .suite.verify.target_file import BadTargetFile, TargetFile, read_target_file

ROOT = Path(__file__).resolve().parent.parent
VENDORS = Path(__file__).parent / "suite" / "vendors"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("contract tests")
    group.addoption("--api", metavar="SLUG", help="judge this vendor's API only")
    group.addoption("--url", metavar="BASE_URL", help="the vendor's base URL at the implementation to judge; needs --api")
    group.addoption("--target", metavar="FILE", help="a target file, as `mockserver verify --init` writes it; it may name the API and the base URL")
    group.addoption("--any-implementation", action="store_true", help="judge answers by what the document allows, not by what the mock has promised")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "clause(*ids): the clauses that a test proves")
    file = _target_file(config)
    if config.getoption("--url") and not config.getoption("--api") and (file is None or file.api is None):
        raise pytest.UsageError("--url needs --api: say which vendor's API lives there")
    if file is not None and not (config.getoption("--api") or file.api):
        raise pytest.UsageError("--target needs an API: give --api, or api in the file")


def _target_file(config: pytest.Config) -> TargetFile | None:
    """The target file that the options name. Raises UsageError if it cannot be used."""
    name = config.getoption("--target")
    if not name:
        return None
    try:
        slug = config.getoption("--api") or tomllib.loads(Path(name).read_text(encoding="utf-8")).get("api")
        return read_target_file(Path(name), load_document(slug).by_id if slug in list_slugs() else {})
    except (OSError, ValueError, BadTargetFile) as error:
        raise pytest.UsageError(f"the target file {name} cannot be used: {error}") from None


def _wanted(config: pytest.Config) -> str | None:
    """The API to be judged, None for all."""
    file = _target_file(config)
    found: str | None = config.getoption("--api") or (file.api if file is not None else None)
    return found


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run against a real target in which every test was skipped: it has judged nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus or reporter is None or not (session.config.getoption("--url") or session.config.getoption("--target")):
        return
    if not reporter.stats.get("passed") and not reporter.stats.get("failed") and reporter.stats.get("skipped"):
        reasons = Counter(str(one.longrepr[2] if isinstance(one.longrepr, tuple) else one.longrepr) for one in reporter.stats["skipped"])
        reporter.write_line(f"every test was skipped, so nothing was judged; most often because: {reasons.most_common(1)[0][0]}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _slug(path: Path) -> str | None:
    return path.relative_to(VENDORS).parts[0] if path.is_relative_to(VENDORS) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    wanted = _wanted(config)
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
        file = _target_file(request.config)
        url = request.config.getoption("--url") or (file.base_url if file is not None else None)
        if url is None:
            origin = request.getfixturevalue("origin")
            url = origin + load_document(slug).base_path
        found = Target.discover(slug, url)
        targets[slug] = found if file is None or found.control is not None else _described(found, file)
    return ApiClient(targets[slug], _client(request.config))


def _described(target: Target, file: TargetFile) -> Target:
    """A real target with what its file says of it."""
    hooks = make_hooks(file.hooks, TIMEOUT)
    return replace(target, credentials=file.credentials, known=file.known, logins=file.logins, hooks=hooks, own=own_records(target.slug))


def _client(config: pytest.Config) -> httpx.Client | None:
    """A client with the certificates of the target file; None for the usual one."""
    file = _target_file(config)
    if file is None:
        return None
    return httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False, transport=open_connections(file.verify))
