"""Node for the tests: whether it is there, and packages installed once for all processes of a run."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

OLDEST = 20
"""The oldest version of Node with which the client works."""
STRICT = tuple("--strict --noEmit --skipLibCheck --module esnext --moduleResolution bundler --target es2022 --lib es2022,dom,dom.iterable".split())
"""Options of the compiler of TypeScript under which generated types have to hold."""
MISSING = f"Node {OLDEST} or newer with npm is not installed"


def is_there() -> bool:
    """Whether a Node that is new enough is installed, with npm."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return int(version.removeprefix("v").partition(".")[0]) >= OLDEST


def run(*command: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """The output of a command that has to succeed."""
    done = subprocess.run(command, cwd=folder, env={**os.environ, **(environment or {})}, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-8000:]}\n{done.stderr[-8000:]}"
    return done.stdout


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Let one process at a time do something."""
    with (Path(tempfile.gettempdir()) / f"mockserver-tests-{os.getuid()}-{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def install(folder: Path, *sources: Path) -> None:
    """Install the packages that a folder's lock names, unless that was done since the lock and the sources were written."""
    with alone("install"):
        if _newest([folder / "package-lock.json", *sources]) > _newest([folder / "node_modules" / ".package-lock.json"]):
            run("npm", "ci", "--no-progress", folder=folder)


def build(folder: Path) -> None:
    """Compile the sources of a package into its folder ``dist``, unless that was done since they were written."""
    with alone("build"):
        if _newest((folder / "src").glob("*.ts")) > _newest((folder / "dist").glob("*.js")):
            run("npm", "run", "build", folder=folder)


def _newest(files: Iterable[Path]) -> float:
    """When the newest of some files was written, in seconds; 0 without one."""
    return max((file.stat().st_mtime for file in files if file.exists()), default=0.0)
