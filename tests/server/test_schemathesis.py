"""Schemathesis against every document, with all phases and all checks: no failure."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockserver.openapi.documents import read_document
from tests.conftest import ROOT
from tests.documents.conftest import FILES

if TYPE_CHECKING:
    from tests.conftest import Mock

EXAMPLES = os.environ.get("SCHEMATHESIS_EXAMPLES", "150")
"""Examples per operation; the figure in the documentation was measured with 2000."""


def schemathesis(folder: Path, mock: Mock, document: str, headers: dict[str, str]) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "schemathesis.toml", folder)
    arguments = [argument for name, value in headers.items() for argument in ("--header", f"{name}: {value}")]
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--max-examples", EXAMPLES, "--continue-on-failure", "--no-color", "--seed", "1"]
    return subprocess.run([program, "run", document, *options, *arguments], cwd=folder, capture_output=True, text=True, timeout=1_800, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("slug", FILES)
def test_a_vendor_passes_every_check(mock: Mock, tmp_path: Path, slug: str) -> None:
    headers = mock.api(slug)["credentials"][0]["headers"]
    done = schemathesis(tmp_path, mock, f"{mock.url}/~{mock.world}{read_document(slug, FILES[slug]).base_path}/openapi.json", headers)
    assert done.returncode == 0, done.stdout[-5_000:]


@pytest.mark.slow
def test_the_control_plane_passes_every_check(mock: Mock, tmp_path: Path) -> None:
    done = schemathesis(tmp_path, mock, f"{mock.url}/~{mock.world}/_mock/openapi.json", {})
    assert done.returncode == 0, done.stdout[-5_000:]
