"""Serve an independent implementation and judge it with ``mockserver verify``.

An implementation is a folder:

- ``server.py`` reads the environment: PORT, READING, BUG (empty for none), DB (path of an SQLite file that it may use).
- ``contract.toml`` is its target file, with ``base_url`` at 127.0.0.1:8120; the runner replaces the port.
- ``about.json`` has ``prefix`` (path of the API), ``readings`` (the first one is the base of the planted bugs), ``environment`` (made-up
  credentials for the target file), ``bugs``, and optionally ``slug`` (else the name of the folder), ``void`` (bugs that no call can show) and
  ``document`` (the name of a public document in the corpus, of which no clauses were written; what is inferred of it counts) and
  ``unclear`` (regular expressions of findings at a conforming reading of which the page does not say who is right).

``bugs`` is an object: name to ``{"category", "calls", "words", "reading"}``. ``calls`` lists "METHOD /path" of the operations at which the bug shows
(empty: at any), ``words`` is a regular expression that a right name of it contains. It may also be a list of names; the names in ``BUG == "name"`` of
``server.py`` are then added, and nothing is known of how they should be named.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE = ROOT / "tests" / "independent"
SHARED = Path(os.environ.get("INDEPENDENT_IMPLEMENTATIONS", ROOT.parent / "shared" / "independent"))
"""More implementations in the same form: a folder that the environment names, else one beside the checkout; it need not exist."""
CORPUS = Path(os.environ.get("MOCKSERVER_CORPUS", ROOT.parent / "shared" / "corpus"))
"""Public documents, in a folder that the environment names, else beside the checkout; without it their implementations are left out."""
WRITTEN_PORT = "127.0.0.1:8120"
START_UP = 30.0
"""Seconds that a server may take to accept connections."""
LIMIT = 1_800.0
"""Seconds that a run of the command may take."""
UNCLASSIFIED = "unclassified"


class CouldNotStart(Exception):
    """A server ended before it accepted a connection, or did not accept one in time; the text has the last line that it printed."""


@dataclass(frozen=True)
class PlantedBug:
    """A violation that an implementation commits if BUG has its name. ``calls`` is None if nothing is known of where it shows."""

    name: str
    category: str = UNCLASSIFIED
    calls: tuple[str, ...] | None = None
    words: str = ""
    reading: str = ""


@dataclass(frozen=True)
class Implementation:
    """The content of a folder."""

    folder: Path
    slug: str
    prefix: str
    readings: tuple[str, ...]
    bugs: Mapping[str, PlantedBug]
    environment: Mapping[str, str]
    unclear: tuple[str, ...] = ()
    document: str = ""
    """The file of the document in the corpus; empty for a bundled vendor."""

    @property
    def source(self) -> str:
        """The document as the command line names it."""
        return f"{self.slug}={CORPUS / self.document}" if self.document else self.slug

    @classmethod
    def read(cls, folder: Path) -> Implementation:
        """Read ``about.json`` and, for a list of bugs, ``server.py``."""
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        readings = tuple(about["readings"])
        told = about.get("bugs", {})
        if isinstance(told, list):
            names = {*told, *re.findall(r'BUG == "(\w+)"', (folder / "server.py").read_text(encoding="utf-8"))}
            bugs = [PlantedBug(name, reading=readings[0]) for name in sorted(names)]
        else:
            bugs = [_read_bug(name, row, readings[0]) for name, row in told.items()]
        kept = {one.name: one for one in bugs if one.name not in about.get("void", [])}
        return cls(
            folder,
            about.get("slug", folder.name),
            about["prefix"],
            readings,
            kept,
            {name: str(value) for name, value in about.get("environment", {}).items()},
            tuple(about.get("unclear", ())),
            about.get("document", ""),
        )

    @property
    def owner_headers(self) -> dict[str, str]:
        """The headers of the first role of the target file, for other tools."""
        written = re.sub(
            r"\$\{(\w+)\}", lambda found: self.environment.get(found[1], ""), (self.folder / "contract.toml").read_text(encoding="utf-8")
        )
        roles: dict[str, dict[str, str]] = tomllib.loads(written).get("credentials", {})
        return next(iter(roles.values()), {})


@dataclass(frozen=True)
class ReportedFinding:
    """A finding of a report, with the call of its operation as "METHOD /path" and the sentences of its clauses."""

    key: str
    sentence: str
    call: str
    clauses: tuple[str, ...] = ()


@dataclass
class Judgement:
    """What one run of the command says of one server.

    ``unfinished`` tells what it could not do, ``problem`` why there is no report; it is empty if there is one.
    """

    slug: str
    reading: str
    bug: str
    level: str
    seed: int
    exit_code: int
    findings: list[ReportedFinding] = field(default_factory=list)
    unclear: int = 0
    assumed: int = 0
    clauses: dict[str, int] = field(default_factory=dict)
    unfinished: list[str] = field(default_factory=list)
    seconds: float = 0.0
    problem: str = ""

    @property
    def keys(self) -> set[str]:
        return {one.key for one in self.findings}

    def add_texts(self, texts: Iterable[str]) -> None:
        """Add findings of another tool, of which nothing but a text is known."""
        self.findings += [ReportedFinding(text, text, "") for text in texts]

    def to_plain(self) -> dict[str, Any]:
        """As JSON; ``from_plain`` reads it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Judgement:
        findings = [ReportedFinding(**{**one, "clauses": tuple(one["clauses"])}) for one in plain["findings"]]
        return cls(**{**plain, "findings": findings})


def find_implementations(slug: str = "") -> list[Implementation]:
    """Every implementation of the project and, where they exist, those beside the checkout; of one vendor if it is named."""
    places = [HERE, SHARED, *([HERE / "documents"] if CORPUS.is_dir() else [])]
    folders = [file.parent for place in places if place.is_dir() for file in sorted(place.glob("*/about.json"))]
    return [one for one in map(Implementation.read, folders) if slug in ("", one.slug)]


def _read_bug(name: str, row: Mapping[str, Any], first_reading: str) -> PlantedBug:
    return PlantedBug(name, row["category"], tuple(row["calls"]), row.get("words", ""), row.get("reading", first_reading))


@contextlib.contextmanager
def serve(implementation: Implementation, folder: Path, *, reading: str = "", bug: str = "") -> Iterator[str]:
    """The origin of a server that keeps its state in a folder and is ended afterwards.

    Raises:
        CouldNotStart: it accepts no connection.
    """
    port = _find_free_port()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PORT": str(port),
        "READING": reading or implementation.readings[0],
        "BUG": bug,
        "DB": str(folder / "server.db"),
    }
    log = folder / "server.log"
    with log.open("wb") as file:
        process = subprocess.Popen([sys.executable, str(implementation.folder / "server.py")], cwd=folder, env=environment, stdout=file, stderr=file)
    try:
        if not _accepts_connections(port, process):
            last = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2]
            raise CouldNotStart(
                f"{implementation.folder.name}/server.py does not accept connections on port {port}; it printed last: {last or 'nothing'}"
            )
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def judge(implementation: Implementation, folder: Path, *, reading: str = "", bug: str = "", level: str = "standard", seed: int = 1) -> Judgement:
    """Start the server in an empty folder and run ``mockserver verify`` against it, with the target file of the implementation."""
    reading = reading or (implementation.bugs[bug].reading if bug in implementation.bugs else implementation.readings[0])
    result = Judgement(implementation.slug, reading, bug, level, seed, exit_code=2)
    started = time.monotonic()
    try:
        with serve(implementation, folder, reading=reading, bug=bug) as origin:
            target = (implementation.folder / "contract.toml").read_text(encoding="utf-8")
            (folder / "contract.toml").write_text(target.replace(WRITTEN_PORT, origin.removeprefix("http://")), encoding="utf-8")
            done = _run_verify(implementation, folder, origin, level, seed)
    except (CouldNotStart, subprocess.TimeoutExpired) as error:
        result.problem = str(error)
        return result
    result.seconds = round(time.monotonic() - started, 1)
    result.exit_code = done.returncode
    report = folder / "report" / "report.json"
    if report.exists():
        _read_report(result, json.loads(report.read_text(encoding="utf-8")), implementation.unclear)
    else:
        result.problem = " ".join((done.stdout + done.stderr).split())[-400:]
    return result


def is_rightly_named(bug: PlantedBug, first: ReportedFinding) -> bool | None:
    """Whether the first finding leads to a planted bug, by its operation and, if given, its words. None if the bug does not say how to name it."""
    if bug.calls is None:
        return None
    text = " ".join((first.key, first.sentence, *first.clauses))
    return (not bug.calls or first.call in bug.calls) and re.search(bug.words, text, re.IGNORECASE) is not None


def _run_verify(implementation: Implementation, folder: Path, origin: str, level: str, seed: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mockserver", "verify", implementation.source, "--url", origin + implementation.prefix]
    command += ["--target", str(folder / "contract.toml"), "--report", str(folder / "report"), "--level", level, "--seed", str(seed)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", **implementation.environment}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False)


def _read_report(result: Judgement, report: Mapping[str, Any], unclear: tuple[str, ...]) -> None:
    calls = {one["id"]: f"{one['method']} {one['path']}" for one in report["operations"]}
    sentences = {clause["clause"]: clause["sentence"] for one in report["operations"] for clause in one["clauses"]}
    for one in report["findings"]:
        if one["accepted"] is not None and not one["accepted"]["expired"]:
            continue
        if not result.bug and any(re.search(pattern, one["sentence"]) for pattern in unclear):
            result.unclear += 1
            continue
        clauses = tuple(sentences.get(clause, clause) for clause in one["clauses"])
        result.findings.append(ReportedFinding(one["key"], one["sentence"], calls.get(one["operation"], ""), clauses))
    result.clauses = report["summary"]["clauses"]
    result.unfinished = report["run"]["unfinished"]
    result.assumed = report["summary"].get("assumed", 0)


def _find_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
    return port


def _accepts_connections(port: int, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + START_UP
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
        time.sleep(0.05)
    return False
