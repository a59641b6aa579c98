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

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "150"))
"""Examples per operation; the figure in the documentation was measured with 2000."""
MANY = 40
"""Operations beyond which each gets fewer examples, so that a run of a large document takes no longer."""


def schemathesis(folder: Path, document: str, headers: dict[str, str], operations: int = 0) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "schemathesis.toml", folder)
    arguments = [argument for name, value in headers.items() for argument in ("--header", f"{name}: {value}")]
    program = Path(sys.executable).with_name("schemathesis")
    examples = EXAMPLES if operations <= MANY else max(10, EXAMPLES * MANY // operations)
    options = ["--max-examples", str(examples), "--continue-on-failure", "--no-color", "--seed", "1"]
    return subprocess.run([program, "run", document, *options, *arguments], cwd=folder, capture_output=True, text=True, timeout=1_800, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("slug", FILES)
def test_a_vendor_passes_every_check(mock: Mock, tmp_path: Path, slug: str) -> None:
    headers = mock.api(slug)["credentials"][0]["headers"]
    document = read_document(slug, FILES[slug])
    done = schemathesis(tmp_path, f"{mock.url}/~{mock.world}{document.base_path}/openapi.json", headers, len(document.operations))
    assert done.returncode == 0, done.stdout[-5_000:]


@pytest.mark.slow
def test_the_control_plane_passes_every_check(mock: Mock, tmp_path: Path) -> None:
    done = schemathesis(tmp_path, f"{mock.url}/~{mock.world}/_mock/openapi.json", {})
    assert done.returncode == 0, done.stdout[-5_000:]
