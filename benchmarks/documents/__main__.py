"""Serves each document of a folder and tries what path and schema alone make possible.

``python -m benchmarks.documents FOLDER [NAME …]`` prints a line for each document and the sums. ``--peer prism`` and ``--peer counterfact`` try the
same at servers from npm; ``--json FILE`` keeps everything, ``--markdown`` prints the tables of ``docs/any-document.md``. A document that does not
start fails all of its checks.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks import peers
from benchmarks.documents.client import Client
from benchmarks.documents.families import clear_families
from benchmarks.documents.lives import Life, LifeProbe, possible_checks
from benchmarks.documents.servers import PEERS, NotStarted, is_installed, serve
from benchmarks.documents.sweep import sweep
from benchmarks.documents.tables import print_document, print_sums, print_tables
from mockserver.openapi.errors import DocumentBroken
from mockserver.openapi.foreign.read import read_foreign

ENTRY = ("openapi", "swagger")
"""Names of the first file of a document that is a folder."""


def documents_of(folder: Path) -> list[Path]:
    """The documents of a folder: its files, and of each folder in it the file that has the name of a document."""
    found = []
    for one in sorted(folder.iterdir()):
        files = [one] if one.is_file() else [file for file in sorted(one.iterdir()) if file.stem in ENTRY]
        found += [file for file in files if file.suffix in (".yaml", ".yml", ".json")]
    return found


def name_of(file: Path) -> str:
    """The name of a document: of its file, else of its folder."""
    return file.parent.name if file.stem in ENTRY else file.stem


def probe(peer: str, file: Path) -> dict[str, Any]:
    """What came of one document at one server."""
    try:
        document = read_foreign(file).document
    except DocumentBroken as error:
        return {"document": name_of(file), "started": False, "why": str(error)[:300], "lives": {}, "operations": 0}
    row: dict[str, Any] = {"document": name_of(file), "operations": len(document.operations), "started": False}
    try:
        with serve(peer, file, document) as served:
            client = Client(document, served.base)
            first = time.monotonic()
            if document.operations:
                client.call(document.operations[0], client.fill(document.operations[0].path, {}))
            first = time.monotonic() - first
            lives = {clear.item: LifeProbe(client, clear).run() for clear in clear_families(document, client.shapes)}
            sweep(client)
            row |= {"started": True, "seconds": round(served.seconds, 2), "first": round(first * 1000), "mebibytes": round(served.mebibytes)}
            row |= {"basis": served.basis, "answers": dict(client.answers), "wrong": client.wrong}
    except (NotStarted, httpx.HTTPError) as error:
        client = Client(document, "http://127.0.0.1:1")
        row["why"] = str(error)
        lives = {clear.item: Life(dict.fromkeys(possible_checks(client, clear), False)) for clear in clear_families(document, client.shapes)}
    row["lives"] = {item: {"whole": life.is_whole, "checks": life.found, "note": life.note} for item, life in lives.items()}
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="some documents only")
    parser.add_argument("--peer", choices=PEERS, default="mock")
    parser.add_argument("--json", type=Path, help="keep everything in a file")
    parser.add_argument("--markdown", action="store_true", help="print the tables of the page")
    arguments = parser.parse_args()
    if arguments.peer != "mock" and not is_installed(arguments.peer):
        peers.install()
    if not is_installed(arguments.peer):
        sys.exit(f"{arguments.peer} cannot be installed from npm; see benchmarks/peers/package.json")
    found = []
    for file in documents_of(arguments.folder):
        if not arguments.names or name_of(file) in arguments.names:
            found.append(probe(arguments.peer, file))
            print_document(found[-1])
    print_sums(found)
    if arguments.markdown:
        print_tables(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return 0 if all(row["started"] for row in found) else 1


if __name__ == "__main__":
    sys.exit(main())
