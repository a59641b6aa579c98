"""Python's parser for one thread at a time.

Before 3.11.8 and 3.12.2 the interpreter counts the depth of all syntax trees in one place (python/cpython#106905): where the garbage collector lets
another thread in while a tree is made, and that thread makes one too, the first ends in a ``SystemError``. pytest parses the tests that it rewrites,
laws parse formulas, Schemathesis parses modules.
"""

from __future__ import annotations

import ast
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def one_parser_at_a_time() -> Iterator[None]:
    """Let threads wait for each other in ``ast.parse``, for a while."""
    parse, turn = ast.parse, threading.RLock()  # reentrant: what the collector runs in the middle may parse too

    def waiting(*arguments: Any, **options: Any) -> Any:
        with turn:
            return parse(*arguments, **options)

    with patch.object(ast, "parse", waiting):
        yield
