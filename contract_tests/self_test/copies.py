"""A copy of the mock with something changed, and a server that runs it.

The mock is found as an installed package and never imported: its files are copied, the copy is edited, and the copy is started as a command.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.openapi.documents import SPECS, load_document

from .mutants import Edit, Spoil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SERVING = Edit("mockserver/serving.py", "uvicorn.Config(\n        app,", "uvicorn.Config(\n        __import__('between').wrap(app),")
"""Where what stands between server and application is put in."""
BETWEEN = Path(__file__).with_name("between.py")


class NoCopy(Exception):
    """The mock cannot be copied, or a text to be changed is not in it."""


def _source(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise NoCopy(f"{package} is not installed here, so that nothing can be planted in it")
    return Path(found.origin).parent


def plant(folder: Path, slug: str, changes: Sequence[Edit | Spoil], ways: Sequence[str] = ()) -> None:
    """Copy the mock into a folder and change it; ``ways`` are names in ``between.py``. Raises NoCopy where a text is not found exactly once."""
    for package in ("mockserver", "fixtures"):
        shutil.copytree(_source(package), folder / package, ignore=shutil.ignore_patterns("specs"))
    shutil.copytree(SPECS, folder / "specs")
    _leave_only(folder, slug)
    shutil.copy(BETWEEN, folder / "between.py")
    (folder / "between.json").write_text(json.dumps({"spoils": _rules(slug, changes), "ways": list(ways)}), encoding="utf-8")
    _edit(folder, SERVING)
    for change in changes:
        if isinstance(change, Edit):
            _edit(folder, change)


def _rules(slug: str, changes: Sequence[Edit | Spoil]) -> list[tuple[str, str, int, str]]:
    """What is done to answers: method and pattern of the path, status, statement."""
    known = load_document(slug).by_id
    return [
        (
            known[change.operation].method,
            re.escape(load_document(slug).base_path) + known[change.operation].pattern.pattern,
            change.status,
            change.statement,
        )
        for change in changes
        if isinstance(change, Spoil)
    ]


def _leave_only(folder: Path, slug: str) -> None:
    """Take the other vendors out of a copy, so that it starts at once."""
    for other in (folder / "specs").glob("*.yaml"):
        if other.stem != slug:
            other.unlink()
            (folder / "fixtures" / f"{other.stem}.py").unlink(missing_ok=True)
            for parts in (folder / "mockserver" / "apis" / other.stem, folder / "specs" / other.stem, folder / "fixtures" / other.stem):
                shutil.rmtree(parts, ignore_errors=True)


def _edit(folder: Path, edit: Edit) -> None:
    file = folder / edit.file
    text = file.read_text(encoding="utf-8")
    head, anchor, tail = text.partition(edit.after) if edit.after else ("", "", text)
    if edit.after and not anchor:
        raise NoCopy(f"{edit.file} does not hold {edit.after!r}")
    if edit.old not in tail or (not edit.after and tail.count(edit.old) != 1):
        raise NoCopy(f"{edit.file} holds {edit.old!r} {tail.count(edit.old)} times")
    file.write_text(head + anchor + tail.replace(edit.old, edit.new, 1), encoding="utf-8")


@contextmanager
def served(slug: str, changes: Sequence[Edit | Spoil], *, ways: Sequence[str] = (), options: Sequence[str] = ()) -> Iterator[str]:
    """The origin of a server that runs a changed copy of the mock."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        folder = Path(place)
        plant(folder, slug, changes, ways)
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        process = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--while-alive", str(os.getpid()), *options],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield _origin(process)
        finally:
            process.terminate()
            process.communicate()


def _origin(process: subprocess.Popen[str]) -> str:
    found = None
    for line in process.stdout or ():
        found = found or re.search(r"on (http://\S+)", line)
        if "/docs/mock" in line:
            break
    if found is None:
        raise NoCopy("the changed mock does not start")
    return found[1]
