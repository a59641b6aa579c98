"""The browser of the tests: an installed Chromium, else Playwright's own download, else, as root, the system's package manager.

Run as a module, it installs a browser if there is none, and prints the result in one line. The tests themselves download nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = "no Chromium is installed; .venv/bin/playwright install chromium, or apt-get install chromium"
OPTIONS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage")
PATIENCE = 300
"""Seconds that one installation attempt may take."""


def find() -> str | None:
    """The path of a Chromium: from the variable CHROMIUM, from PATH, or Playwright's own; None if there is none."""
    named = os.environ.get("CHROMIUM")
    if named is not None:
        return shutil.which(named)
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    if installed is not None:
        return installed
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else None


def ways() -> Iterator[list[list[str]]]:
    """The ways to install a browser; each is a sequence of commands."""
    yield [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0:
        yield [["apt-get", "update", "-qq"], ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"]]
        yield [["dnf", "install", "-q", "-y", "chromium"]]
        yield [["apk", "add", "--quiet", "chromium"]]


def obtain() -> str | None:
    """Find a Chromium, or install one. Returns None if that fails."""
    found = find()
    for commands in () if found else ways():
        if all(map(_done, commands)):
            found = find()
            if found:
                break
    return found


def _done(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        return (
            subprocess.run(
                command, timeout=PATIENCE, check=False, capture_output=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    browser = obtain()
    sys.stdout.write(f"Browser tests: {browser}\n" if browser else f"Browser tests will not be run: {MISSING}.\n")
