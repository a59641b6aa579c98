"""Every distribution that an installation brings has a licence of the allow list."""

from __future__ import annotations

import re
from importlib import metadata

import pytest

from tests.conftest import ROOT

ALLOWED = (
    "3-Clause BSD",
    "Apache",
    "BSD",
    "GNU Lesser General Public License",  # a library that is used unchanged
    "ISC",
    "LGPL",  # likewise
    "MIT",
    "MPL",  # likewise
    "Mozilla Public License",
    "PSF",
    "Python Software Foundation License",
)
NAMES = re.findall(r"^([A-Za-z0-9_.-]+)==", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)


def find_licences(name: str) -> list[str]:
    """The licences of a distribution: the parts of its SPDX expression, else its classifiers, else the first line of its licence."""
    found = metadata.metadata(name)
    for expression in found.get_all("License-Expression", []):
        return re.split(r" AND | OR |[()]+", expression)
    classifiers = [line.rpartition("::")[2].strip() for line in found.get_all("Classifier", []) if line.startswith("License ::")]
    return classifiers or [line.partition("\n")[0] for line in found.get_all("License", [])]


def is_allowed(licence: str) -> bool:
    return not licence.strip() or licence.strip().startswith(ALLOWED)


def test_every_locked_distribution_has_an_allowed_licence() -> None:
    installed = {str(found.name).lower().replace("_", "-") for found in metadata.distributions()}
    checked = [name for name in NAMES if name.lower().replace("_", "-") in installed]
    assert len(checked) > len(NAMES) // 2  # those of other platforms are not installed
    assert {name: found for name in checked if not any(found := find_licences(name)) or not all(map(is_allowed, found))} == {}


@pytest.mark.parametrize("licence", ["GPL-3.0-only", "AGPL-3.0", "GNU General Public License v3 (GPLv3)", "Proprietary"])
def test_other_licences_are_refused(licence: str) -> None:
    assert not is_allowed(licence)
