"""The vendor's day of docs/conformance.md, step by step, at an implementation that shares no code with the mock."""

from __future__ import annotations

import json
import shutil
import tomllib
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.independent.runner import HERE, Implementation, serve
from tests.verify.conftest import verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.verify.conftest import Done

BUG = "flags_as_numbers"
UNTIL = "2027-06-30"


@pytest.fixture
def vendor() -> Implementation:
    return Implementation.read(HERE / "serpi")


@contextmanager
def system(vendor: Implementation, folder: Path, bug: str = "") -> Iterator[str]:
    """The base URL of the vendor's system, with an empty state."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with serve(vendor, folder, reading=vendor.readings[-1], bug=bug) as origin:
        yield origin + vendor.prefix


def step(vendor: Implementation, folder: Path, url: str, *arguments: object) -> Done:
    return verify(folder, "serpi", "--url", url, *arguments, **vendor.environment)


def accept(folder: Path, key: str) -> None:
    file = folder / "contract.toml"
    row = f'\n[[deviations]]\nfinding = {json.dumps(key)}\nreason = "numbers until release 4"\nowner = "ERP team"\nexpires = {UNTIL}\n'
    file.write_text(file.read_text() + row)


@pytest.mark.slow
@pytest.mark.long
def test_the_day_of_a_vendor(tmp_path: Path, vendor: Implementation, monkeypatch: pytest.MonkeyPatch) -> None:
    place, state = tmp_path / "project", tmp_path / "state"
    place.mkdir()
    for name, value in vendor.environment.items():
        monkeypatch.setenv(name, value)

    with system(vendor, state, BUG) as url:
        described = step(vendor, place, url, "--init")
        assert described.code == 0, described.err
        assert "role owner: usable" in described.out
        written = tomllib.loads((place / "contract.toml").read_text())
        assert written["known"]["branch"]
        assert set(written["credentials"]) == {"owner", "empty", "other"}

        examined = step(vendor, place, url, "--doctor")
        assert examined.code == 0, examined.err
        assert "role empty: usable" in examined.out
        assert "missing: known unknown_branch" in examined.out

        read = step(vendor, place, url, "--read-only", "--level", "quick")
        assert read.report["verdict"] != "conforms"
        assert not read.report["run"]["created"]

        judged = step(vendor, place, url, "--level", "quick")
        assert judged.code == 1, judged.out
        assert judged.report["run"]["created"]
        keys = [one["key"] for one in judged.report["findings"]]
        before = tmp_path / "before.json"
        before.write_text((judged.folder / "report.json").read_text())

        for one in judged.report["findings"]:
            for key in (one["key"], *one["also"]):  # what was joined to a finding is accepted by its own key
                accept(place, key)
        accepted = step(vendor, place, url, "--level", "quick", "--compare", before)
        assert accepted.code == 0, accepted.out
        assert "accepted: " in accepted.out
        assert not accepted.report["comparison"]["new"]
        assert not accepted.report["comparison"]["fixed"]

    with system(vendor, state) as url:
        mended = step(vendor, place, url, "--level", "quick", "--compare", before)
    assert mended.code == 0, mended.out
    assert {one["key"] for one in mended.report["comparison"]["fixed"]} == set(keys)
    assert "is fixed, remove it from the target file" in mended.out
    shown = "".join(file.read_text() for folder in (place, mended.folder) for file in folder.rglob("*") if file.is_file())
    assert not [value for value in vendor.environment.values() if value.removeprefix("Bearer ") in shown]
