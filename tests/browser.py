"""The browser of the tests: Playwright's own, or any Chromium on the path. Run as a module it says in one line whether there is one."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MISSING = "no Chromium is installed; .venv/bin/playwright install chromium, or apt-get install chromium"


def find() -> str | None:
    """The path of a Chromium, None where there is none."""
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return str(own) if own.exists() else next(filter(None, map(shutil.which, NAMES)), None)


if __name__ == "__main__":
    if find() is None:
        sys.stderr.write(f"The browser tests will be skipped: {MISSING}.\n")
