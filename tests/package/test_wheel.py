"""The wheel: what is in it, that it breaks no other distribution, and that what it installs works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.conftest import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

OTHERS = ("fixtures", "testtools", "schemathesis")
"""Distributions whose files or dependencies a wrong wheel overwrites."""
FAST_TESTS = ("server/test_start_up.py", "verify/test_command.py::test_the_mock_conforms_at_a_first_look", "traffic/test_audit.py")
"""Tests of discovery, verify and traffic."""
BESIDE = ("contract_tests", "fixtures")
PATIENCE = 600
"""Seconds that one command may take on a busy machine."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment without any path to the checkout. `folder` is where its commands run."""

    folder: Path
    constraints: Path

    def run(self, *command: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Run one of its programs, and check the exit code."""
        done = subprocess.run(
            [str(self.folder / "bin" / command[0]), *command[1:]],
            cwd=self.folder,
            env=outside(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == code, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done

    def install(self, *requirements: str) -> None:
        """Install from the package index, in the versions that the tests themselves run with."""
        self.run("pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", str(self.constraints), *requirements)

    def python(self, code: str) -> str:
        """What a program prints."""
        return self.run("python", "-c", code).stdout.strip()


def outside() -> dict[str, str]:
    """The variables of this process without those that lead Python to the checkout."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "COVERAGE", "VIRTUAL_ENV"))}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, made from the source archive, which therefore holds all that it needs."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, env=outside(), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return next(folder.glob("*.whl"))


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    folder = tmp_path / "environment"
    venv.create(folder, with_pip=True, symlinks=True)
    constraints = tmp_path / "constraints.txt"
    pinned = {f"{found.name}=={found.version}" for found in distributions() if found.name not in (*OTHERS[:2], "mockserver", "pip")}
    constraints.write_text("\n".join(sorted(pinned)), encoding="utf-8")
    return Environment(folder, constraints)


@pytest.fixture
def index(environment: Environment) -> None:
    """Whether there is a package index to install from."""
    command = ("download", "--quiet", "--no-deps", "--retries", "1", "--timeout", "20", "--dest", str(environment.folder / "probe"), OTHERS[0])
    try:
        subprocess.run([str(environment.folder / "bin" / "pip"), *command], env=outside(), capture_output=True, text=True, timeout=120, check=True)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"not run, because no package index can be reached: {error.stderr.strip().splitlines()[-1]}")
    except subprocess.TimeoutExpired:
        pytest.skip("not run, because the package index does not answer within two minutes")


def test_the_wheel_holds_one_top_level_package_and_all_of_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {"mockserver", f"mockserver-{version_of(wheel)}.dist-info"}
    for folder in ("contract_tests", "fixtures", "specs"):
        tracked = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", folder], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        assert sorted(name.removeprefix("mockserver/") for name in names if name.startswith(f"mockserver/{folder}/")) == sorted(tracked)


def version_of(wheel: Path) -> str:
    return wheel.name.split("-")[1]


def test_metadata_and_contents_are_clean(wheel: Path) -> None:
    archive = next(wheel.parent.glob("*.tar.gz"))
    for command in (["twine", "check", "--strict", str(wheel), str(archive)], ["check_wheel_contents", str(wheel)]):
        done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_an_editable_install_holds_no_copy(tmp_path: Path) -> None:
    code = f"import hatchling.build; print(hatchling.build.build_editable({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=outside(), capture_output=True, text=True, timeout=PATIENCE, check=True)
    editable = zipfile.ZipFile(tmp_path / done.stdout.split()[-1])
    packaged = [name for name in editable.namelist() if ".dist-info/" not in name]
    assert len(packaged) == 1
    assert packaged[0].endswith(".pth")
    assert editable.read(packaged[0]).decode().split() == [str(ROOT)]


@pytest.mark.usefixtures("index")
def test_the_wheel_after_the_others(environment: Environment, wheel: Path) -> None:
    environment.install(*OTHERS)
    environment.install(f"mockserver[all] @ {wheel.as_uri()}")
    prove_both_sides(environment)
    prove_commands(environment)


@pytest.mark.usefixtures("index")
def test_the_wheel_before_the_others(environment: Environment, wheel: Path) -> None:
    environment.install(str(wheel))
    with serve(environment) as url:
        assert httpx.get(f"{url}/_mock/health").json()["version"] == version_of(wheel)
    for extra, command in (("traffic", ("audit", "bin/pip", "--api", "serpi")), ("verify", ("verify", "serpi", "--url", "http://127.0.0.1:9"))):
        assert f"the extra `{extra}`" in environment.run("mockserver", *command, code=2).stderr
    environment.install(*OTHERS)
    environment.install(f"mockserver[all] @ {wheel.as_uri()}")
    prove_both_sides(environment)
    prove_commands(environment)
    environment.run("pip", "uninstall", "--yes", "--quiet", "mockserver")
    assert environment.python("import fixtures, testtools, schemathesis; print(fixtures.TempDir.__module__)").startswith("fixtures")


def prove_both_sides(environment: Environment) -> None:
    """The others work, ours is whole, and no file belongs to two distributions."""
    environment.run("pip", "check")
    assert environment.python("import fixtures\nwith fixtures.TempDir() as made: print(bool(made.path))") == "True"
    environment.run("python", "-c", "import testtools, schemathesis, mockserver.fixtures.serpi, mockserver.contract_tests.traffic")
    code = "from importlib.metadata import files; print(*{file.parts[0] for file in files('mockserver')} - {'..'})"
    assert re.fullmatch(r"mockserver mockserver-\S+\.dist-info", " ".join(sorted(environment.python(code).split())))


def prove_commands(environment: Environment) -> None:
    """`serve` answers, `verify` says that it conforms, `audit` judges what was recorded."""
    with serve(environment, "--record", "calls.jsonl") as url:
        headers = {"secretkey": "serpi-demo-secretkey", "Authorization": "Bearer serpi-demo-token"}
        assert httpx.get(f"{url}/serpi/api/v1/Sucursales?limite=2", headers=headers).status_code == 200
        environment.run("mockserver", "verify", "serpi", "--level", "quick", "--url", f"{url}/serpi/api/v1", "--report", "reports")
        environment.run("python", "-m", "mockserver.contract_tests", "serpi", "--level", "quick", "--dry-run", "--url", f"{url}/serpi/api/v1")
    environment.run("mockserver", "audit", "calls.jsonl", "--api", "serpi")
    assert (environment.folder / "reports" / "report.html").is_file()


@contextmanager
def serve(environment: Environment, *options: str) -> Iterator[str]:
    """The URL of a server started from an environment."""
    server = Server(*options, program=("env", "-u", "PYTHONPATH", str(environment.folder / "bin" / "mockserver")), folder=environment.folder)
    yield server.url
    server.stop()


def test_the_wheel_passes_the_fast_tests_of_discovery_verify_and_traffic(environment: Environment, wheel: Path, tmp_path: Path) -> None:
    environment.run("pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    packages = environment.folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    (packages / "tools.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")  # a path only: what is editable there is not found
    project = tmp_path / "project"
    shutil.copytree(ROOT, project, ignore=shutil.ignore_patterns(".*", "mockserver", "benchmarks", *BESIDE))
    for name in BESIDE:
        (project / name).symlink_to(packages / "mockserver" / name)  # for tests that read a file there
    for file in (project / "tests").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(rf"^(\s*from )({'|'.join(BESIDE)})\b", r"\1mockserver.\2", text, flags=re.MULTILINE), encoding="utf-8")
    done = environment.run(
        "python",
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-m",
        "not slow",
        f"--rootdir={project}",
        *(f"{project}/tests/{name}" for name in FAST_TESTS),
    )
    assert re.search(r"^\d+ passed", done.stdout.splitlines()[-1]), done.stdout[-3000:]
