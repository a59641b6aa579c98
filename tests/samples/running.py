"""Run a sample by the tool or interpreter that it is written for, and compare its answer with the printed one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.pictures import jpeg

STAND_INS = Path(__file__).resolve().parent / "standins"
"""The few calls of libraries that samples use and that are not installed with an interpreter."""
SECONDS = 60
INTERPRETERS = {"curl": "curl", "php": "php", "ruby": "ruby", "node": "node", "python": sys.executable}
COMMANDS = {
    "php": ["php", "-d", f"auto_prepend_file={STAND_INS / 'guzzle.php'}", "-d", f"include_path={STAND_INS}"],
    "ruby": ["ruby"],
    "node": ["node"],
    "python": [sys.executable],
}


def is_installed(language: str) -> bool:
    """Whether this machine can run samples in a language."""
    return shutil.which(INTERPRETERS[language]) is not None


def run_curl(text: str, folder: Path) -> tuple[int, Any]:
    """Status and JSON body of the answer to a curl command; the body is None if it is empty. ``folder`` holds a picture to upload."""
    (folder / "picture.png").write_bytes(jpeg())
    options = " --silent --show-error --write-out '\n%{http_code}'"
    done = subprocess.run(["bash", "-c", text + options], capture_output=True, text=True, check=False, cwd=folder, timeout=SECONDS)
    body, _, status = done.stdout.rpartition("\n")
    if not status.isdecimal():
        raise RuntimeError(f"curl printed no status; it said: {done.stderr.strip() or done.stdout!r}")
    return int(status), json.loads(body) if body else None


def run_program(language: str, text: str, folder: Path) -> str:
    """What a program prints. Raises RuntimeError if it fails."""
    if language == "php" and not text.startswith("<?php"):
        text = "<?php\n" + text
    file = folder / ("sample.js" if language == "node" else f"sample.{language}")
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [*COMMANDS[language], str(file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env={"PATH": f"{Path(INTERPRETERS[language]).parent}:/usr/local/bin:/usr/bin:/bin", "NODE_PATH": str(STAND_INS), "LANG": "C.UTF-8"},
    )
    if done.returncode:
        raise RuntimeError(f"{language} ended with {done.returncode}: {done.stderr.strip()[-500:] or done.stdout.strip()[-500:]}")
    return done.stdout


def differences(printed: Any, found: Any, place: str = "") -> list[str]:
    """Where two answers differ in keys, types or nesting. A null and an empty list have no type; of lists the first elements are compared."""
    if printed is None or found is None:
        return []
    if kind(printed) != kind(found):
        return [f"{place or '/'}: {kind(printed)} printed, {kind(found)} answered"]
    if isinstance(printed, list):
        return differences(printed[0], found[0], f"{place}/0") if printed and found else []
    if not isinstance(printed, dict):
        return []
    more = [f"{place}/{key}: not answered" for key in printed.keys() - found.keys()]
    more += [f"{place}/{key}: not printed" for key in found.keys() - printed.keys()]
    return sorted(more) + [line for key in printed if key in found for line in differences(printed[key], found[key], f"{place}/{key}")]


def kind(value: Any) -> str:
    """The JSON type of a value."""
    names = {bool: "boolean", int: "number", float: "number", str: "text", list: "list", dict: "object"}
    return names[type(value)]
