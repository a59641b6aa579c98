"""Files of code beside a document: ``api.handlers.py`` and ``api.fixtures.py`` for ``api.yaml``.

In a folder that is served as one, ``handlers.py`` and ``fixtures.py`` are found too.
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.files import is_address
from mockserver.openapi.foreign.read import ForeignDocument

HANDLERS, FIXTURES = "handlers", "fixtures"


def find_beside(foreign: ForeignDocument, kind: str) -> Path | None:
    """The file of code of a document, ``HANDLERS`` or ``FIXTURES``; None if there is none. Raises SetupError if there are two."""
    source = foreign.document.source
    if is_address(source):
        return None
    path = Path(source)
    names = [f"{path.stem}.{kind}.py", *([f"{kind}.py"] if foreign.is_folder else [])]
    found = [file for name in names if (file := path.with_name(name)).is_file()]
    if len(found) > 1:
        raise SetupError(f"{path.parent} has {names[0]} and {names[1]}; keep one of them")
    return found[0] if found else None


def run_file(file: Path) -> Any:
    """The module that a file is. Raises SetupError, with the line, if it cannot be run."""
    spec = importlib.util.spec_from_file_location(f"mockserver_{file.stem.replace('.', '_')}_{abs(hash(str(file.resolve())))}", file)
    if spec is None or spec.loader is None:
        raise SetupError(f"{file}: cannot be loaded as a module of Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        # Compiled from its text, because compiled files that Python caches are compared by whole seconds only.
        exec(compile(file.read_bytes(), str(file), "exec"), vars(module))  # noqa: S102 - this is what the file is for
    except Exception as error:
        raise describe_failure(file, error) from error
    return module


def describe_failure(file: Path, error: Exception) -> SetupError:
    """The error to raise for one that code of a file raised, with the line of the file."""
    line = next((frame.lineno for frame in reversed(traceback.extract_tb(error.__traceback__)) if frame.filename == str(file)), None)
    line = error.lineno if line is None and isinstance(error, SyntaxError) else line
    return SetupError(f"{file}:{line or ''} {type(error).__name__}: {error.args[0] if isinstance(error, KeyError) and error.args else error}")
