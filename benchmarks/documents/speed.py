"""Calls per second of processor time at the mock of each document, beside Prism: ``python -m benchmarks.documents.speed FOLDER [NAME …]``.

Both servers of a document run at the same time and get the same operations in turns: reads, searches and creations that both answer with success,
with keys of records that the mock lists. What is compared is the processor time of the servers, so that other work on the machine cancels out.
``--write`` puts the table into ``docs/any-document.md``; ``--json FILE`` keeps the rows, and measures no document again that is in it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from benchmarks import peers
from benchmarks.documents.__main__ import documents_of, name_of
from benchmarks.documents.client import Client
from benchmarks.documents.racing import SUCCESS, Call, Line, race
from benchmarks.documents.servers import NotStarted, is_installed, serve
from benchmarks.report import ANY_DOCUMENT, machine, publish, table
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import read_foreign
from mockserver.openapi.inference.shapes import body_schema
from mockserver.openapi.operations import OperationSpec

OPERATIONS, WRITES = 10, 2
"""Operations of a document that are called at most, and how many of them may create."""


def measure(file: Path) -> dict[str, Any]:
    """Calls per second of processor time of both servers for one document."""
    row: dict[str, Any] = {"document": name_of(file), "calls": 0}
    try:
        document = read_foreign(file).document
        with serve("mock", file, document) as ours, serve("prism", file, document) as prism:
            lines = [Line(one.base, one.process) for one in (ours, prism)]
            calls = [one for one in _calls(document, ours.base) if all(line.send(one) in SUCCESS for line in lines)][:OPERATIONS]
            row |= {"calls": len(calls)} | ({} if not calls else dict(zip(("mock", "prism"), race(lines, calls), strict=True)))
    except (NotStarted, DocumentBroken, httpx.HTTPError) as error:
        row["why"] = " ".join(str(error).split())[-200:]
    return row


def _calls(document: Document, base: str) -> list[Call]:
    """Reads, and a few creations, of a document with what they demand."""
    client = Client(document, base)
    reads = [one for one in document.operations if one.method == "GET"]
    writes = [one for one in document.operations if one.method == "POST" and body_schema(one) is not None and _takes_json(one)]
    made = []
    for operation in (*reads[: OPERATIONS * 4], *writes[: WRITES * 4]):
        with suppress(httpx.HTTPError, UnicodeEncodeError):
            request = _request(client, operation)
            if request is not None:
                made.append(request)
    found = [one for one in made if one.method == "GET"][: OPERATIONS - WRITES]
    return found + [one for one in made if one.method == "POST"][:WRITES]


def _takes_json(operation: OperationSpec) -> bool:
    return any("json" in one for one in operation.content)


def _request(client: Client, operation: OperationSpec) -> Call | None:
    """The request of one operation as the mock accepts it; None if it does not."""
    schema = body_schema(operation) if operation.method == "POST" else None
    path = client.fill(operation.path, client.find_values(operation.path, [operation]))
    answer = client.call(operation, path, None if schema is None else client.make(schema, operation.label))
    if answer.status_code not in SUCCESS:
        return None
    sent = answer.request
    kept = ("authorization", "content-type", "cookie", *(name.lower() for name in client.headers))
    required = {str(one["name"]).lower() for one in operation.parameters if one["in"] == "header"}
    headers = {name: value for name, value in sent.headers.items() if name.lower() in kept or name.lower() in required}
    query = f"?{urlencode(list(sent.url.params.multi_items()))}" if sent.url.params else ""
    return Call(operation.method, path + query, {"Accept": "application/json, */*", **headers}, sent.content or None)


def summary(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table of the page, and its sums."""
    ran = [row for row in rows if row.get("prism")]
    if not ran:
        return "No document was measured."
    ratios = [row["mock"] / row["prism"] for row in ran]
    behind = [row["document"] for row, ratio in zip(ran, ratios, strict=True) if ratio < 1]
    return "\n".join(
        [
            f"Calls per second of processor time, on {machine()}. Of {len(rows)} documents {len(ran)} have operations that both",
            f"servers answer with success; the mock is ahead of Prism on {len(ran) - len(behind)} of these, with {min(ratios):.1f} to",
            f"{max(ratios):.1f} times as many calls, {statistics.median(ratios):.1f} at the median document.",
            f"Behind on: {', '.join(behind) or 'none'}.",
            "",
            table(["document", "operations called", "mock", "Prism", "ratio"], [_cells(row) for row in rows]),
        ]
    )


def _cells(row: Mapping[str, Any]) -> list[str]:
    if not row.get("prism"):
        return [row["document"], str(row["calls"]), "-", "-", "-"]
    return [row["document"], str(row["calls"]), f"{row['mock']:,.0f}", f"{row['prism']:,.0f}", f"{row['mock'] / row['prism']:.1f}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", type=Path, help="keep the rows in a file, and measure no document again that is in it")
    parser.add_argument("--write", action="store_true", help="put the table into docs/any-document.md")
    arguments = parser.parse_args()
    if not is_installed("prism"):
        sys.exit(peers.install() or "")
    kept: dict[str, dict[str, Any]] = {}
    if arguments.json and arguments.json.exists():
        kept = {row["document"]: row for row in json.loads(arguments.json.read_text(encoding="utf-8"))}
    rows = []
    for file in documents_of(arguments.folder):
        name = name_of(file)
        if arguments.names and name not in arguments.names:
            continue
        if name not in kept:
            kept[name] = measure(file)
            print(json.dumps(kept[name]), flush=True)
            if arguments.json:
                arguments.json.write_text(json.dumps(list(kept.values()), indent=1), encoding="utf-8")
        rows.append(kept[name])
    publish("speed", summary(rows), write=arguments.write, page=ANY_DOCUMENT)
    return 0 if all(row["mock"] >= row["prism"] for row in rows if row.get("prism")) else 1


if __name__ == "__main__":
    sys.exit(main())
