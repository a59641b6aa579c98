"""Runs stock Schemathesis at the mock of each document: ``python -m benchmarks.documents.fuzz FOLDER [NAME …]``.

Seed 1, ten examples an operation, at most 300 operations a document, all checks and phases. The server accepts published and issued credentials only
(``--auth strict``), because Schemathesis takes an accepted invention of its own for a hole. A failure is *explained* if the document contradicts
itself, or is silent where an answer has to be given, which is decided from the document and the exchange alone; the others are printed whole.
``--json FILE`` keeps everything, so that a run can go on where it was ended; ``--write`` puts the tables into ``docs/any-document.md``.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.engine import events, from_schema

from benchmarks.documents.__main__ import documents_of, name_of
from benchmarks.documents.explained import Judge
from benchmarks.report import ANY_DOCUMENT, publish, table
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import read_foreign

OPERATIONS, EXAMPLES, SEED = 300, 10, 1
START = 120
"""Seconds that a server may take to start."""
_SERVER_ERROR = 500
_STATUS = re.compile(r"\b[1-5][0-9]{2}(?=, which)")
KEPT = 5
"""Failures of one kind that are kept of an operation."""


@contextmanager
def served(file: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Base URL and demo credential of a server of a document, which ends with the block. Raises RuntimeError if it does not start."""
    with tempfile.TemporaryDirectory() as folder:
        said, ready = Path(folder, "said"), Path(folder, "ready")
        command = [sys.executable, "-m", "mockserver", "serve", str(file), "--port", "0", "--auth", "strict", "--announce", str(ready)]
        with said.open("w") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            until = time.monotonic() + START
            while not ready.exists():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(said.read_text()[-300:])
                time.sleep(0.05)
            text = said.read_text()
            base = re.search(r"base URL +(\S+)", text)
            credential = re.search(r"credentials  demo: (.*)", text)
            yield base[1] if base else "", dict(part.split(": ", 1) for part in credential[1].split(", ")) if credential else {}
        finally:
            process.terminate()
            process.wait()


def run(file: Path) -> dict[str, Any]:
    """What Schemathesis finds at the mock of one document."""
    started = time.monotonic()
    row: dict[str, Any] = {"document": name_of(file), "failures": [], "cases": 0, "errors": []}
    try:
        document = read_foreign(file).document
        with served(file) as (base, headers):
            for event in from_schema(_schema(file, base, headers, document)).execute():
                _take(event, row)
    except (DocumentBroken, RuntimeError) as error:
        row["errors"].append(f"the mock did not start: {str(error)[:300]}")
    except Exception as error:  # noqa: BLE001 - what Schemathesis cannot read it says in many ways
        row["errors"].append(f"Schemathesis: {type(error).__name__}: {str(error)[:300]}")
    row["seconds"] = round(time.monotonic() - started)
    return row


def _schema(file: Path, base: str, headers: Mapping[str, str], document: Document) -> Any:
    """The document as Schemathesis reads it by itself, with the first operations only."""
    kept = {(one.path, one.method) for one in document.operations[:OPERATIONS]}
    config = schemathesis.Config.from_dict(
        {
            "base-url": base,
            "seed": SEED,
            "headers": dict(headers),
            "continue-on-failure": True,
            "cache": {"enabled": False},
            "warnings": False,
            "generation": {"max-examples": EXAMPLES, "database": "none", "no-shrink": True},
        }
    )
    schema = schemathesis.openapi.from_path(file, config=config)
    return schema.include(func=lambda context: (context.operation.path, context.operation.method.upper()) in kept)


def _take(event: events.EngineEvent, row: dict[str, Any]) -> None:
    if isinstance(event, events.NonFatalError):
        row["errors"].append(f"{event.label}: {event.info.title}: {event.info.message[:200]}")
    elif isinstance(event, events.FatalError):
        row["errors"].append(f"Schemathesis gave up: {event.exception!r:.300}")
    elif isinstance(event, events.ScenarioFinished):
        recorder = event.recorder
        row["cases"] += len(recorder.interactions)
        for case_id, checks in recorder.checks.items():
            node = recorder.cases.get(case_id)
            label = node.value.operation.label if node is not None else recorder.label
            for check in checks:
                if check.failure_info is not None:
                    _keep(row, label, check.failure_info.failure, recorder.interactions.get(case_id))


def _keep(row: dict[str, Any], label: str, failure: Failure, taken: Any) -> None:
    """Keep a failure with its exchange, a few of each kind for an operation."""
    response = None if taken is None else taken.response
    status = 0 if response is None else response.status_code
    same = [one for one in row["failures"] if (one["operation"], one["kind"], one["status"]) == (label, type(failure).__name__, status)]
    if len(same) >= KEPT:
        return
    sent = {} if taken is None else {name.lower(): str(values[0]) for name, values in taken.request.headers.items()}
    row["failures"].append(
        {
            "operation": label,
            "kind": type(failure).__name__,
            "status": status,
            "text": f"{failure.title}: {failure.message}"[:1000],
            "method": "" if taken is None else taken.request.method,
            "url": "" if taken is None else taken.request.uri[:500],
            "sent": sent,
            "body": "" if taken is None else (taken.request.body or b"")[:20_000].decode("utf-8", "replace"),
            "headers": {} if response is None else {name.lower(): str(values[0]) for name, values in response.headers.items()},
            "answer": "" if response is None else (response.content or b"")[:2000].decode("utf-8", "replace"),
        }
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", type=Path, help="keep everything in a file, and run no document again that is in it")
    parser.add_argument("--kept", action="store_true", help="run nothing: explain and print what --json has")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/any-document.md")
    arguments = parser.parse_args()
    kept: dict[str, dict[str, Any]] = {}
    if arguments.json and arguments.json.exists():
        kept = {row["document"]: row for row in json.loads(arguments.json.read_text(encoding="utf-8"))}
    rows = []
    for file in documents_of(arguments.folder):
        if arguments.names and name_of(file) not in arguments.names:
            continue
        name = name_of(file)
        if name not in kept and arguments.kept:
            continue
        if name not in kept:
            kept[name] = run(file)
            if arguments.json:
                arguments.json.write_text(json.dumps(list(kept.values()), indent=1), encoding="utf-8")
        rows.append(explain(file, kept[name]))
        _print_row(rows[-1])
    of = len(documents_of(arguments.folder))
    publish("schemathesis", summary(rows, of), write=arguments.write, page=ANY_DOCUMENT)
    return 0 if all(one["explained"] for row in rows for one in row["failures"]) else 1


def explain(file: Path, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the explanation of each failure, and one failure of each operation, kind and explanation."""
    if not row["failures"]:
        return dict(row)
    judge = Judge(file)
    found = {(one["operation"], one["kind"], why): {**one, "explained": why} for one in row["failures"] for why in [judge.explain(one)]}
    return {**row, "failures": list(found.values())}


def _print_row(row: Mapping[str, Any]) -> None:
    unexplained = [one for one in row["failures"] if not one["explained"]]
    explained = len(row["failures"]) - len(unexplained)
    print(f"{row['document']:28} {row['cases']:6} calls {row['seconds']:4} s  {len(unexplained)} failures, {explained} explained")
    for text in row["errors"][:5]:
        print(f"    not run: {' '.join(text.split())}")
    for one in unexplained:
        print(f"    {one['operation']}: {one['kind']} {one['status']}: {' '.join(one['text'].split())[:300]}")
        print(f"      {one['url']}\n      {one['answer'][:200]}")
    sys.stdout.flush()


def summary(rows: Sequence[Mapping[str, Any]], of: int) -> str:
    """The tables of the page: what came of how many documents of a folder that has ``of``, and each of them."""
    clean = [row for row in rows if not row["failures"]]
    other = [row for row in rows if _unexplained(row)]
    calls = sum(row["cases"] for row in rows)
    reasons = Counter(_STATUS.sub("such status", one["explained"]) for row in rows for one in row["failures"] if one["explained"])
    server_errors = sum(one["status"] >= _SERVER_ERROR for row in rows for one in row["failures"])
    return "\n".join(
        [
            f"{len(rows)} of {of} documents, {calls:,} calls: {len(clean)} without a failure, {len(rows) - len(clean) - len(other)} with",
            f"failures that their document explains, {len(other)} with others. Answers of 5xx among the failures: {server_errors}.",
            "",
            table(["what explains a failure", "failures"], [(reason, str(number)) for reason, number in reasons.most_common()]),
            "",
            table(
                ["document", "calls", "explained", "not explained", "operations that Schemathesis cannot read or send"], [_cells(row) for row in rows]
            ),
        ]
    )


def _unexplained(row: Mapping[str, Any]) -> int:
    return sum(not one["explained"] for one in row["failures"])


def _cells(row: Mapping[str, Any]) -> list[str]:
    left_out = {text.partition(": ")[0] for text in row["errors"]}
    return [row["document"], f"{row['cases']:,}", str(len(row["failures"]) - _unexplained(row)), str(_unexplained(row)), str(len(left_out))]


if __name__ == "__main__":
    sys.exit(main())
