"""What a run is asked to do: the options of the command line, and the plan that they and the target file make."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from mockserver.openapi.foreign.sources import SourceOptions

from ...named_document import read_document
from ..harness.resolved import Resolved, read_resolved
from .contract import Contract
from .report.compare import read_report
from .target_file import TargetFile, read_target_file

Level = Literal["quick", "standard", "deep"]
BUDGETS: Mapping[Level, float] = {"quick": 120.0, "standard": 600.0, "deep": 3_600.0}
"""Seconds of the target's time that a run may take unless the command line or the target file says otherwise."""
DEFAULT_FILE = Path("contract.toml")


class CannotRun(Exception):
    """Nothing could be judged; the text says why, and what to do next."""


@dataclass(frozen=True)
class Options:
    """The command line. None leaves the choice to the target file or to the level."""

    source: str
    """The document as the command line names it: a slug, a file, an address or a folder."""
    url: str | None
    seed: int
    report: Path | None
    level: Level
    workers: int
    read_only: bool
    dry_run: bool
    target: Path | None
    compare: Path | None
    budget: float | None
    any_implementation: bool
    assumptions: Literal["apart", "strict"] = "apart"
    inferred: Literal["apart", "strict"] = "apart"
    require_coverage: bool = False
    resolve: tuple[str, ...] = ()
    reading: SourceOptions = field(default_factory=SourceOptions)


@dataclass(frozen=True)
class RunPlan:
    """Everything that is settled before the first request.

    ``budget`` is in seconds that the run waits for the target, ``started`` a reading of the monotonic clock.
    """

    options: Options
    contract: Contract
    file: TargetFile
    url: str
    budget: float
    started: float
    earlier: dict[str, Any] | None = None
    """The report to compare with."""
    version: str = ""
    resolved: Resolved = field(default_factory=dict)
    began: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))

    @property
    def longest(self) -> float:
        """Seconds from ``started`` after which the run ends in any case. The suite itself needs time too, more of it on a busy machine."""
        return 2 * self.budget + 30


def make_plan(options: Options, started: float) -> RunPlan:
    """Read the files that the options name.

    Raises:
        SetupError: there is no such document, or it cannot be used.
        CannotRun: there is no usable URL, the target file is of another API, or an address of ``--resolve`` cannot be read.
        BadTargetFile: the target file cannot be used.
        BadReport: the report to compare with cannot be used.
    """
    contract = Contract(read_document(options.source, options.reading).document)
    file = _read_file(options, contract)
    url = (options.url or file.base_url or "").rstrip("/")
    if not url:
        raise CannotRun("no target: give --url BASE_URL, or base_url in a target file (`--init` writes one)")
    if not url.startswith(("http://", "https://")):
        raise CannotRun(f"{url} is no URL of HTTP; write for example http://127.0.0.1:8000/acme/v1")
    budget = options.budget or float(file.limits.get("budget", BUDGETS[options.level]))
    earlier = read_report(options.compare, contract.slug) if options.compare else None
    try:
        resolved = read_resolved(options.resolve)
    except ValueError as error:
        raise CannotRun(f"--resolve: {error}; write for example shop.example:443:192.0.2.1") from None
    return RunPlan(options, contract, file, url, budget, started, earlier, _installed_version(), resolved)


def _read_file(options: Options, contract: Contract) -> TargetFile:
    """The target file that is named, else the one in this folder if it is of this API, else an empty one."""
    if options.target is None and not DEFAULT_FILE.is_file():
        return TargetFile()
    path = options.target or DEFAULT_FILE
    file = read_target_file(path, contract.operations)
    if file.api in (None, contract.slug):
        return file
    if options.target is None:
        return TargetFile()
    raise CannotRun(f"{path} is a target file of {file.api}, not of {contract.slug}; name another with --target")


def _installed_version() -> str:
    try:
        return version("mockserver")
    except PackageNotFoundError:
        return "0"
