"""README names every file of a vendor, with the lines that ours has."""

from __future__ import annotations

import re

from tests.conftest import ROOT

ROW = re.compile(r"^\| `([\w./]+)` \| (\d+) \|", re.MULTILINE)
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = ("specs/serpi", "mockserver/apis/serpi", "contract_tests/suite/vendors/serpi")


def test_the_files_of_a_vendor_have_about_the_lines_that_are_shown() -> None:
    rows = {name: int(lines) for name, lines in ROW.findall(README)}
    assert rows
    for name, lines in rows.items():
        text = (ROOT / name).read_text(encoding="utf-8").splitlines()
        own = [line for line in text if line.startswith("serpi")] if name.startswith("tests/documents/") else text
        assert abs(len(own) - lines) <= max(3, lines // 5), (name, len(own))


def test_no_file_of_a_vendor_is_left_out() -> None:
    found = [file.relative_to(ROOT).as_posix() for folder in FOLDERS for file in (ROOT / folder).iterdir() if file.is_file()]
    assert [name for name in found if f"`{name}`" not in README and not name.endswith("vendors/serpi/__init__.py")] == []
