"""Processor time that metrics and traces cost a call, inside the application and without sockets, in one interleaved run.

``python -m benchmarks.watched`` measures the calls of the comparison without and with the meter, and with spans that are kept in memory. Each round
measures every form once; the figure of a form is the median over the rounds of its ratio to the form without. The form without is measured twice,
which shows how much the machine varies. Because that is more than the meter costs, the meter is also measured alone, and its share of the cheapest
call decides: exits with 1 if it is more than promised.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from benchmarks.compare import CALLS
from benchmarks.inside import micros
from benchmarks.reference.vendor import reference_app
from benchmarks.report import table
from mockserver.core.base.replies import Reply
from mockserver.tracing import TraceObserver

if TYPE_CHECKING:
    from mockserver.app import App
    from mockserver.core.engine.journal import JournalEntry
    from mockserver.core.engine.observer import CallObserver
    from mockserver.core.operation.compiled import Operation

ROUNDS = 9
BATCHES = 3
SHARE = 0.02
"""The share of a call that metrics may cost at most."""
ALONE = 200_000
"""Calls of the meter alone."""


def list_forms(app: App) -> dict[str, tuple[CallObserver, ...]]:
    """The observers of each form, the first without any."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(InMemorySpanExporter()))
    meter = app.control.meter
    return {"nothing": (), "nothing, again": (), "metrics": (meter,), "metrics and spans": (meter, TraceObserver(provider))}


def measure_alone(observer: CallObserver, operation: Operation, entry: JournalEntry) -> float:
    """Processor microseconds of one call of an observer."""
    reply = Reply(200, {})
    best = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for _ in range(ALONE // 5):
            observer.observe("reference", operation, reply, entry.seconds, entry)
        best = min(best, time.process_time() - begun)
    return best / (ALONE // 5) * 1e6


def main() -> int:
    """Measure and print; 1 if a bound is broken."""
    app = reference_app()
    pipeline = app.control.pipeline
    forms = list_forms(app)
    rows, cheapest = [], float("inf")
    for call in CALLS:
        measured: dict[str, list[float]] = {name: [] for name in forms}
        for number in range(ROUNDS):
            names = list(forms)
            for name in names[number % len(names) :] + names[: number % len(names)]:
                pipeline.observers = forms[name]
                measured[name].append(micros(app, "/reference", [call], BATCHES))
        base = measured["nothing"]
        cheapest = min(cheapest, *base)
        factors = {name: statistics.median(one / other for one, other in zip(found, base, strict=True)) for name, found in measured.items()}
        rows.append([call.name, f"{min(base):.1f}", *(f"{min(measured[name]):.1f} ({factors[name]:.3f})" for name in list(forms)[1:])])
    print(table(["call", "nothing, µs", *(f"{name}, µs (factor)" for name in list(forms)[1:])], rows))
    entry = next(app.control.journal.entries("default"))
    alone = measure_alone(app.control.meter, app.control.operations[entry.operation or ""], entry)
    print(f"the meter alone takes {alone:.2f} µs, {alone / cheapest:.1%} of the cheapest call; promised is {SHARE:.0%}")
    return int(alone / cheapest > SHARE)


if __name__ == "__main__":
    sys.exit(main())
