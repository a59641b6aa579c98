"""A served document beside a vendor that is written by hand, on the same work: ``python -m benchmarks.documents.by_hand``.

The reference API of the benchmarks is served twice: by its handlers and typed tables, and from its document alone, with the same records. Both get
the same calls in turns: an object, a page of twenty, and a creation that is validated. ``--write`` puts the table into ``docs/any-document.md``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.documents.racing import SUCCESS, Call, Line, race
from benchmarks.reference import payloads
from benchmarks.report import ANY_DOCUMENT, machine, publish, table
from benchmarks.servers import first_answer, free_port

SHARE = 0.75
"""The least share of the calls of the vendor by hand."""
_HEADERS = {"X-Api-Key": payloads.KEY, "Content-Type": "application/json"}
CALLS = {
    "an object": Call("GET", "/plans/1", _HEADERS, None),
    "a page of twenty": Call("GET", "/plans", _HEADERS, None),
    "a creation": Call("POST", "/subscriptions", _HEADERS, json.dumps(payloads.BODY).encode()),
}


@contextmanager
def started(command: Sequence[str], port: int) -> Iterator[Line]:
    """A connection to a server of the reference API, which ends with the block."""
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.DEVNULL)
    try:
        first_answer(port)
        yield Line(f"http://127.0.0.1:{port}/reference", psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the table into docs/any-document.md")
    arguments = parser.parse_args()
    ports = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder, "seeds.json")
        seeds.write_text(json.dumps({"plan": [payloads.plan(number) for number in range(1, payloads.PAGE + 1)]}), encoding="utf-8")
        document = str(payloads.FOLDER / "openapi.yaml")
        ours = ["mockserver", "serve", document, "--port", str(ports[1]), "--seed-file", str(seeds)]
        with started(["benchmarks.reference.vendor", str(ports[0])], ports[0]) as hand, started(ours, ports[1]) as generic:
            rows: list[tuple[str, float, float]] = []
            for name, call in CALLS.items():
                if not all(line.send(call) in SUCCESS for line in (hand, generic)):
                    sys.exit(f"{name}: a server refuses the call")
                by_hand, alone = race((hand, generic), [call])
                rows.append((name, by_hand, alone))
    cells = [[name, f"{hand_rate:,.0f}", f"{rate:,.0f}", f"{rate / hand_rate:.2f}"] for name, hand_rate, rate in rows]
    text = f"Calls per second of processor time, on {machine()}.\n\n" + table(["call", "by hand", "from the document alone", "ratio"], cells)
    publish("by hand", text, write=arguments.write, page=ANY_DOCUMENT)
    return 0 if all(rate >= SHARE * hand_rate for _, hand_rate, rate in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
