"""The end of a command by an unforeseen exception: exit code 2, one sentence, and a file with the traceback.

Exit code 1 says that something is wrong with what was judged. An error in our own code is no such verdict, so it must not end with 1.
"""

from __future__ import annotations

import os
import platform
import tempfile
import traceback
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from .printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXIT_CODE = 2
LONGEST = 300
"""Characters of an exception's text that the sentence shows; the file has all of it."""


class Crashed(click.ClickException):
    """A command ended by an error in our own code. The text is one line."""

    exit_code = EXIT_CODE


@contextmanager
def report_crashes(command: str, folder: Path | None = None) -> Iterator[None]:
    """Turn every unforeseen exception of a block into Crashed; usable as a decorator of a command's function too.

    click's own exceptions, SystemExit and KeyboardInterrupt pass unchanged. So do a BrokenPipeError, which click knows, and a
    ModuleNotFoundError, for which the command line names the extra that is not installed. ``folder`` is the report folder that gets the
    traceback; without one, or if it cannot be written, the temporary directory does.
    """
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError, ModuleNotFoundError):
        raise
    except Exception as error:
        raise crash(error, command, folder) from error


def crash(error: BaseException, command: str, folder: Path | None = None) -> Crashed:
    """Write the traceback of an error into a file; the exception to raise, whose text names that file."""
    file = _write(error, command, folder)
    where = f"the traceback is in {file}" if file else "its traceback could not be written to any folder"
    return Crashed(f"{command} stopped by an error of its own, which says nothing about what it judged ({describe_error(error)}); {where}")


def describe_error(error: BaseException) -> str:
    """The type and the text of an exception in one printable line."""
    text = printable(" ".join(str(error)[: 4 * LONGEST].split()))
    shown = text if len(text) <= LONGEST else text[:LONGEST] + " …"
    return f"{type(error).__name__}: {shown}" if shown else type(error).__name__


def _write(error: BaseException, command: str, folder: Path | None) -> str:
    """The path of a new file with the traceback, readable by its owner only; empty if no folder takes it."""
    now = datetime.now(UTC).isoformat(timespec="seconds")  # noqa: TID251 - when a command failed is a real time
    head = f"mockserver {command}, {now}, Python {platform.python_version()} on {platform.system()}\n\n"
    text = head + "".join(traceback.format_exception(error))
    for directory in (folder, None):
        try:
            handle, path = tempfile.mkstemp(prefix=f"mockserver-{command}-crash-", suffix=".txt", dir=directory, text=True)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return path
    return ""
