"""Growth: the cost of a call depending on the number of worlds, records, journal entries and operations in the document.

``python -m benchmarks.growth`` prints processor microseconds of a call inside the application, without sockets, and the factor over the first size
of the curve. A curve is measured in both directions, and each size keeps its smallest figure, because other load only adds time.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import TYPE_CHECKING

from benchmarks.compare import CALLS
from benchmarks.inside import micros, once, scope_of
from benchmarks.load import Call
from benchmarks.reference import payloads, state
from benchmarks.reference.vendor import API, FIXTURE, reference_app
from benchmarks.report import machine, publish, table
from benchmarks.synthetic import synthetic
from mockserver.app import ServerSettings, create_app
from mockserver.core.engine.fixtures import Fixture

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from faker import Faker

    from benchmarks.inside import App
    from mockserver.core.operation.api import Credential
    from mockserver.core.state.world import Transaction

OBJECT, LIST, POST = CALLS
BASE = "/reference"
KEY = OBJECT.headers
TURNS = 3


class Filled(Fixture):
    """Fixtures of the reference API with more plans."""

    LOCALE = state.LOCALE
    SEEDED_RECORDS = state.SEEDED_RECORDS

    def __init__(self, plans: int) -> None:
        self._plans = plans

    def seed(self, world: Transaction, fake: Faker) -> None:
        """The default world with additional plans."""
        state.seed(world, fake)
        state.fill(world, self._plans)

    def credentials(self, world: Transaction) -> Sequence[Credential]:
        """The one key."""
        return state.credentials(world)


def curve(title: str, sizes: Sequence[int], prepare: Callable[[int], dict[str, Callable[[], float]]]) -> str:
    """A table with a row per size and two columns per kind of call. ``prepare`` returns the calls to measure at a size."""
    ready = {size: prepare(size) for size in sizes}
    best: dict[tuple[int, str], float] = {}
    for turn in range(TURNS):
        for size in sizes if turn % 2 == 0 else reversed(sizes):
            for name, measure in ready[size].items():
                best[size, name] = min(best.get((size, name), float("inf")), measure())
    names = list(ready[sizes[0]])
    rows = []
    for size in sizes:
        row = [f"{size:,}"]
        for name in names:
            row += [f"{best[size, name]:.1f}", f"{best[size, name] / best[sizes[0], name]:.2f}"]
        rows.append(row)
    return table([title, *(column for name in names for column in (f"{name}, µs", "factor"))], rows)


def with_headers(call: Call, **headers: str) -> Call:
    """The call with additional headers."""
    return Call(call.name, call.path, {**call.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}, call.body, call.status)


def worlds(count: int) -> dict[str, Callable[[], float]]:
    """Calls to one of many worlds that were all written to, and to all of them in turn."""
    app = reference_app()
    for number in range(count):
        _send(app, with_headers(POST, x_mock_world=f"w{number}"))
    one = f"w{count // 2}"
    turns = [with_headers(OBJECT, x_mock_world=f"w{number * 7919 % count}") for number in range(min(count, 1000))]
    return {
        "object": lambda: micros(app, BASE, [with_headers(OBJECT, x_mock_world=one)]),
        "POST": lambda: micros(app, BASE, [with_headers(POST, x_mock_world=one)], batches=6, batch=100),
        "object, a thousand worlds in turn": lambda: micros(app, BASE, turns, batches=4, batch=1000),
    }


def records(count: int) -> dict[str, Callable[[], float]]:
    """One object, and pages of twenty, in a table of many records."""
    app = create_app(ServerSettings(), {"reference": (API, payloads.reference_document(), Filled(count))})
    middle = Call("page in the middle", f"/plans?limit=20&page={max(1, count // 40)}", KEY)
    return {
        "object": lambda: micros(app, BASE, [Call("last object", f"/plans/{count}", KEY)]),
        "first page of 20": lambda: micros(app, BASE, [LIST], batch=200),
        "page of 20 in the middle": lambda: micros(app, BASE, [middle], batch=200),
    }


def journal(count: int) -> dict[str, Callable[[], float]]:
    """A call with many journal entries, spread over worlds, because one world keeps a thousand."""
    app = reference_app()
    for number in range(count):
        _send(app, with_headers(OBJECT, x_mock_world=f"w{number // 1000}"))
    return {"object": lambda: micros(app, BASE, [OBJECT])}


def operations(count: int) -> dict[str, Callable[[], float]]:
    """Calls to the operations of a document in turn, at most a hundred of them."""
    app = _loaded(count)
    things = [number * 7919 % (count // 5) for number in range(min(20, count // 5))]
    calls = [Call("object", f"/area{thing % 20}/thing{thing}s/1", KEY) for thing in things]
    posts = [Call("POST", f"/area{thing % 20}/thing{thing}s", POST.headers, POST.body, 201) for thing in things]
    return {"object": lambda: micros(app, "/synthetic", calls), "POST": lambda: micros(app, "/synthetic", posts)}


def loading(count: int) -> dict[str, Callable[[], float]]:
    """Processor time per operation of loading a document."""

    def load() -> float:
        begun = time.process_time()
        _loaded(count)
        return (time.process_time() - begun) / count * 1e6

    return {"load, per operation": load}


def _loaded(count: int) -> App:
    """An application with a document of this many operations."""
    api, document = synthetic(count)
    return create_app(ServerSettings(), {"synthetic": (api, document, FIXTURE)})


def _send(app: App, call: Call) -> None:
    status, body = asyncio.run(once(app, scope_of(BASE, call), call.body or b""))
    if status != call.status:
        raise AssertionError(f"{call.path} answered {status} {body[:200]!r}")


CURVES = {
    "worlds": ((1, 10, 100, 1_000, 10_000), worlds),
    "records": ((10, 100, 1_000, 10_000, 100_000), records),
    "exchanges in the journal": ((1, 100, 1_000, 5_000, 10_000), journal),
    "operations in the document": ((10, 100, 500, 1_000, 2_000), operations),
    "operations loaded": ((100, 500, 1_000, 2_000), loading),
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Growth curves.")
    parser.add_argument("curves", nargs="*", choices=[*CURVES, []], help="which; all where none is named")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    arguments = parser.parse_args()
    parts = [f"Measured on: {machine()}. Processor time of a call inside the application, without sockets; the factor is over the first row."]
    for name in arguments.curves or CURVES:
        sizes, prepare = CURVES[name]
        parts.append(curve(name, sizes, prepare))
        print(parts[-1], flush=True)
    publish("growth", "\n\n".join(parts), write=arguments.write)


if __name__ == "__main__":
    main()
