"""Tell errors of the suite's own code from errors that an answer of the target causes."""

from __future__ import annotations

import traceback
from pathlib import Path

import httpx
import pytest

from mockserver.openapi import documents

from .policy import PolicyError

SUITE = Path(__file__).resolve().parents[1]
VENDORS = SUITE / "vendors"
READER = Path(documents.__file__).resolve().parent
FORESEEN = (pytest.skip.Exception, pytest.FixtureLookupError, AssertionError, PolicyError, httpx.HTTPError)


def is_own_error(error: BaseException) -> bool:
    """Whether the suite itself, or the reader of documents, raised an exception that it did not foresee.

    The contract tests of a vendor and their helpers are not meant: they fail if an answer has another form than they expect. Nor are libraries, which
    may have been given a value of the target, such as a link that is no text.
    """
    if isinstance(error, FORESEEN) or not isinstance(error, Exception):
        return False
    if isinstance(error, (MemoryError, RecursionError)):
        return True
    raised_in = [Path(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__)][-1:]
    return any((file.is_relative_to(SUITE) and not file.is_relative_to(VENDORS)) or file.is_relative_to(READER) for file in raised_in)
