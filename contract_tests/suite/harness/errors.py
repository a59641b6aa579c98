"""Tell errors of the suite's own code from errors that an answer of the target causes."""

from __future__ import annotations

import re
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

OURS = (MemoryError, RecursionError, NameError, ImportError, NotImplementedError, SyntaxError, OSError)
"""Errors that no value of a target can cause, wherever they are raised."""
_WRONG_CALL = re.compile(r"positional argument|keyword argument|object is not callable")


def _is_wrong_call(error: BaseException) -> bool:
    """Whether a function was called with other arguments than it has, or something was asked of an object that is no part of an answer."""
    if isinstance(error, TypeError):
        return bool(_WRONG_CALL.search(str(error)))
    return isinstance(error, AttributeError) and not isinstance(error.obj, (str, bytes, int, float, list, dict, tuple, type(None)))


def is_own_error(error: BaseException) -> bool:
    """Whether the suite itself, or the reader of documents, raised an exception that it did not foresee.

    In the contract tests of a vendor and their helpers only errors that no answer can cause are meant: they also fail if an answer has another form
    than they expect. Nor are libraries, which may have been given a value of the target, such as a link that is no text.
    """
    if isinstance(error, FORESEEN) or not isinstance(error, Exception):
        return False
    if isinstance(error, OURS) or _is_wrong_call(error):
        return True
    raised_in = [Path(frame.f_code.co_filename) for frame, _ in traceback.walk_tb(error.__traceback__)][-1:]
    return any((file.is_relative_to(SUITE) and not file.is_relative_to(VENDORS)) or file.is_relative_to(READER) for file in raised_in)
