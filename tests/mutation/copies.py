"""A changed copy of the mock, and a server that runs it.

The mock is never imported: its files are copied from the checkout, the copy is edited, and the copy is started as a command.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver.openapi.documents import load_document
from tests.mutation.documented import conversion, operation
from tests.mutation.mutants import FOLDER, AnswerChange, CopyFailed, SourceEdit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = FOLDER.parent.parent
"""The checkout."""
MIDDLEWARE = FOLDER / "response_middleware.py"
SERVER = SourceEdit("mockserver/serving.py", "uvicorn.Config(\n        app,", "uvicorn.Config(\n        __import__('response_middleware').wrap(app),")
"""Puts the middleware between server and application."""


def plant(folder: Path, slug: str, changes: Sequence[SourceEdit | AnswerChange], delivery: Sequence[str] = ()) -> None:
    """Copy the mock into a folder and change it. ``delivery`` names entries of ``DELIVERY``, ``slow`` or ``chunked``. Raises CopyFailed."""
    for package in ("mockserver", "fixtures", "specs"):
        shutil.copytree(ROOT / package, folder / package)
    _remove_other_vendors(folder, slug)
    shutil.copy(MIDDLEWARE, folder)
    settings = {"changes": [_rule(slug, change) for change in changes if isinstance(change, AnswerChange)], "delivery": list(delivery)}
    (folder / MIDDLEWARE.name).with_suffix(".json").write_text(json.dumps(settings), encoding="utf-8")
    for edit in (SERVER, *(change for change in changes if isinstance(change, SourceEdit))):
        file = folder / edit.file
        file.write_text(edit.apply(file.read_text(encoding="utf-8")), encoding="utf-8")


def _rule(slug: str, change: AnswerChange) -> dict[str, Any]:
    """What the middleware has to know of a change."""
    called = operation(slug, change.operation)
    to = conversion(slug, change) if change.operator == "change_type" and change.to is None else change.to
    return {
        "method": called.method,
        "path": re.escape(load_document(slug).base_path) + called.pattern.pattern,
        "status": change.status,
        "operator": change.operator,
        "at": change.at,
        "to": to,
        "when": change.when,
    }


def _remove_other_vendors(folder: Path, slug: str) -> None:
    """Take the other vendors out of a copy, so that it starts at once."""
    for document in (folder / "specs").glob("*.yaml"):
        if document.stem != slug:
            document.unlink()
            (folder / "fixtures" / f"{document.stem}.py").unlink(missing_ok=True)
            for parts in ("mockserver/apis", "fixtures", "specs"):
                shutil.rmtree(folder / parts / document.stem, ignore_errors=True)


@contextmanager
def serve_copy(
    slug: str, changes: Sequence[SourceEdit | AnswerChange], *, delivery: Sequence[str] = (), options: Sequence[str] = ()
) -> Iterator[str]:
    """The origin of a server that runs a changed copy of the mock. ``options`` are those of ``mockserver serve``. Raises CopyFailed."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as place:
        folder = Path(place)
        plant(folder, slug, changes, delivery)
        process = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--while-alive", str(os.getpid()), *options],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
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
    """The address that the server prints, once the last line of its banner is there."""
    found = None
    for line in process.stdout or ():
        found = found or re.search(r"on (http://\S+)", line)
        if "/docs/mock" in line:
            break
    if found is None:
        raise CopyFailed("the changed mock does not start")
    return found[1]
