"""Cost of the codec of records: microseconds to write, read and refuse a record, for each vendor's seeded records.

``python -m benchmarks.codec`` prints one row for each vendor, the best of ``ROUNDS`` rounds.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from benchmarks.report import table
from mockserver.app import create_app
from mockserver.core.state.codec import Misfits

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockserver.core.state.codec import RecordCodec

ROUNDS = 30


def best(work: Callable[[], object], records: int) -> str:
    """Microseconds for each record in the fastest round."""
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return f"{min(seconds) / records * 1e6:.2f}"


def row(vendor: str, records: list[tuple[RecordCodec, Any]]) -> list[str]:
    """The figures of one vendor."""
    written = [(codec, codec.encode(record)) for codec, record in records]
    spoilt = [(codec, data | {"id": None}) for codec, data in written]
    return [
        vendor,
        str(len(records)),
        best(lambda: [codec.encode(record) for codec, record in records], len(records)),
        best(lambda: [codec.read(data, "", Misfits()) for codec, data in written], len(records)),
        best(lambda: [codec.read(data, "", Misfits()) for codec, data in spoilt], len(records)),
    ]


def main() -> None:
    """Print the figures."""
    app = create_app()
    vendors: dict[str, list[tuple[RecordCodec, Any]]] = {}
    for name, rows in sorted(app.base.tables.items()):
        codec = app.control.tables[name].codec
        vendors.setdefault(name.partition(".")[0], []).extend((codec, record) for record in rows.records.ascending())
    everything = [record for records in vendors.values() for record in records]
    print(table(["µs a record", "records", "write", "read", "refuse"], [row(*item) for item in (*vendors.items(), ("all", everything))]))


if __name__ == "__main__":
    main()
