"""The documents under test: every file in ``specs/`` and the document of the control plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mockserver.app import CONTROL_DOCUMENT
from mockserver.openapi.documents import SPECS, Document, read_document

if TYPE_CHECKING:
    from pathlib import Path

FILES: dict[str, Path] = {file.stem: file for file in sorted(SPECS.glob("*.yaml"))}


@pytest.fixture(scope="session", params=FILES)
def document(request: pytest.FixtureRequest) -> Document:
    """Each vendor's document."""
    return read_document(request.param, FILES[request.param])


@pytest.fixture(scope="session", params=[*FILES, "mock"])
def any_document(request: pytest.FixtureRequest) -> Document:
    """Each document, including that of the control plane."""
    return read_document(request.param, FILES.get(request.param, CONTROL_DOCUMENT))
