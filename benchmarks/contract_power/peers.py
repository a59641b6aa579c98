"""Other tools on the same servers. Each returns the identities of its findings, or raises with the reason why it could not run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from contract_tests.suite.harness import Target
from mockserver.openapi.documents import load_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockserver.openapi.documents import Document

ROOT = Path(__file__).resolve().parent.parent.parent
LIMIT = 900.0
"""Seconds that a tool may take for one server."""
DREDD = "dredd@14.1.0"
EXAMPLES = "15"
"""Cases per operation and phase of Schemathesis; its default of 100 finds the same shapes and takes seven times as long."""


class CouldNotRun(Exception):
    """A tool is not installed or does not run; this is never counted as a survival."""


def schemathesis(slug: str, base_url: str, seed: int, *, tuned: bool, headers: Mapping[str, str]) -> set[str]:
    """Findings of Schemathesis as ``operation: check``, with these headers in each request.

    Without ``tuned`` it runs all checks with its own defaults. With ``tuned`` it runs with the project's settings; these choose the checks, so no
    option of the command line may override them.
    """
    program = Path(sys.executable).with_name("schemathesis")
    if not program.exists():
        raise CouldNotRun("schemathesis is not installed")
    sent = [argument for name, value in headers.items() for argument in ("--header", f"{name}: {value}")]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "openapi.yaml").write_text(yaml.safe_dump(_portable(load_document(slug).raw)), encoding="utf-8")
        if tuned:
            shutil.copy(ROOT / "schemathesis.toml", folder)
        options = [] if tuned else ["--checks", "all"]
        options += ["--max-examples", EXAMPLES, "--continue-on-failure", "--no-color", "--seed", str(seed)]
        options += ["--report", "junit", "--report-junit-path", str(folder / "junit.xml")]
        command = [str(program), "run", str(folder / "openapi.yaml"), "--url", base_url, *options, *sent]
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            raise CouldNotRun(f"schemathesis took more than {LIMIT:.0f} s") from None
    return set(failures(done.stdout))


def schemathesis_at_mock(slug: str, origin: str, *, tuned: bool) -> set[str]:
    """Findings of Schemathesis at a mock, with the credentials that the mock publishes."""
    base_url = origin + load_document(slug).base_path
    target = Target.discover(slug, base_url)
    return schemathesis(slug, base_url, 1, tuned=tuned, headers=target.credentials[target.owner])


def failures(output: str) -> list[str]:
    """Operation and kind of each failure in the summary of Schemathesis."""
    found, operation = [], ""
    for line in output.splitlines():
        title = re.match(r"_+ (\S+ \S+) _+$", line.strip())
        if title:
            operation = title[1]
        failure = re.match(r"\s*- (ST\d+ .*)$", line)
        if operation and failure:
            found.append(f"{operation}: {failure[1]}")
    return found


def _portable(described: Mapping[str, object]) -> object:
    """The document without YAML anchors and dates, which other tools cannot read."""
    return json.loads(json.dumps(described, default=str))


def _for_dredd(document: Document) -> Any:
    """The document without the operations whose URL names a record: Dredd does not start if one of them has no example."""
    read: Any = _portable(document.raw)
    for operation in document.operations:
        needed = [one for one in operation.parameters if one["in"] in ("path", "query") and one.get("required")]
        if not all({"example", "examples"} & {*one, *one["schema"]} for one in needed):
            del read["paths"][operation.path][operation.method.lower()]
    return read


def dredd_at_mock(slug: str, origin: str) -> set[str]:
    """Findings of Dredd at a mock, with the credentials that the mock publishes."""
    base_url = origin + load_document(slug).base_path
    target = Target.discover(slug, base_url)
    return dredd(slug, base_url, target.credentials[target.owner])


def dredd(slug: str, base_url: str, headers: Mapping[str, str]) -> set[str]:
    """Findings of Dredd: the failed transactions. It sends the documented examples, one per response, and cannot provoke a refusal."""
    if shutil.which("npx") is None:
        raise CouldNotRun("npx is not installed")
    sent = [argument for name, value in headers.items() for argument in ("--header", f"{name}: {value}")]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "openapi.json").write_text(json.dumps(_for_dredd(load_document(slug))), encoding="utf-8")
        command = ["npx", "--yes", DREDD, "openapi.json", base_url, *sent]
        try:
            with (folder / "output").open("wb") as file:  # into a pipe it writes half and leaves
                subprocess.run(command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            raise CouldNotRun(f"dredd took more than {LIMIT:.0f} s") from None
        output = re.sub(r"\x1b\[\d+m", "", (folder / "output").read_text(encoding="utf-8", errors="replace"))
    if "complete:" not in output:
        raise CouldNotRun(output.strip().rpartition("\n")[2][:200] or "dredd said nothing")
    return set(re.findall(r"^fail: (.*?)(?: duration: .*)?$", output, re.MULTILINE))
