"""A copy of the mock with something changed, and a server that runs it.

The mock is found as an installed package and never imported: its files are copied, the copy is edited, and the copy is started as a command.
"""

from __future__ import annotations

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

from contract_tests.harness.documents import SPECS
from contract_tests.self_test.mutants import Edit, Spoil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BOUNDARY = "mockserver/core/boundary.py"
SPOILER = '''"""Spoils answers that were checked already."""
import copy
from mockserver.core.reply import Reply

def spoil(name, reply):
    for operation, wanted, statement in RULES:
        if name == operation and reply.status == wanted:
            names = {"body": copy.deepcopy(reply.body), "headers": dict(reply.headers), "status": reply.status, "media_type": reply.media_type}
            try:
                exec(statement, names)
            except (KeyError, IndexError, TypeError):
                continue
            reply = Reply(names["status"], names["body"], names["headers"], names["media_type"])
    return reply
'''


class NoCopy(Exception):
    """The mock cannot be copied, or a text to be changed is not in it."""


def _source(package: str) -> Path:
    found = find_spec(package)
    if found is None or found.origin is None:
        raise NoCopy(f"{package} is not installed here, so that nothing can be planted in it")
    return Path(found.origin).parent


def plant(folder: Path, slug: str, changes: Sequence[Edit | Spoil]) -> None:
    """Copy the mock into a folder and change it. Raises NoCopy where a text is not found exactly once."""
    for package in ("mockserver", "fixtures"):
        shutil.copytree(_source(package), folder / package, ignore=shutil.ignore_patterns("specs"))
    shutil.copytree(SPECS, folder / "specs")
    _leave_only(folder, slug)
    spoils = [change for change in changes if isinstance(change, Spoil)]
    if spoils:
        rules = [(f"{slug}.{spoil.operation}", spoil.status, spoil.statement) for spoil in spoils]
        (folder / "spoiler.py").write_text(f"{SPOILER}\nRULES = {rules!r}\n", encoding="utf-8")
        old = "            reply, fault = self._attempt(operation, request, draft)\n"
        _edit(folder, Edit(BOUNDARY, old, f"{old}            reply = __import__('spoiler').spoil(operation.name, reply)\n"))
    for change in changes:
        if isinstance(change, Edit):
            _edit(folder, change)


def _leave_only(folder: Path, slug: str) -> None:
    """Take the other vendors out of a copy, so that it starts at once."""
    for document in (folder / "specs").glob("*.yaml"):
        if document.stem != slug:
            document.unlink()
            (folder / "fixtures" / f"{document.stem}.py").unlink()
            for parts in (folder / "mockserver" / "apis" / document.stem, folder / "specs" / document.stem):
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
def served(slug: str, changes: Sequence[Edit | Spoil], *options: str) -> Iterator[str]:
    """The origin of a server that runs a changed copy of the mock."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        folder = Path(place)
        plant(folder, slug, changes)
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        process = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "serve", "--port", "0", *options],
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
