"""Compare this server with its peers on the same document and payloads: one process each, interleaved rounds, medians, one table of ratios.

``python -m benchmarks.compare`` measures every peer that can be installed; ``--quick`` measures the peers with floors, in two minutes; ``--write``
stores the result in ``docs/benchmarks.md``. Servers use one core, wrk another, with 32 connections. A ratio is our figure divided by the peer's in
the same run. There are two: of calls per second, and of calls per second of the server's processor time, which depends less on other load.
"""

from __future__ import annotations

import argparse
import statistics
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from benchmarks import peers
from benchmarks.load import Call, Load, ask, free_port, memory_mib, need_tools, run_wrk, served
from benchmarks.peers import OURS, PEERS, Missing, Peer, environment
from benchmarks.reference import payloads
from benchmarks.report import machine, publish, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import psutil

KEY = {"X-Api-Key": payloads.KEY}
CALLS = (
    Call("GET object", "/plans/1", KEY),
    Call("GET list of 20", "/plans?limit=20", KEY),
    Call("POST validated", "/subscriptions", {**KEY, "Content-Type": "application/json"}, orjson.dumps(payloads.BODY), 201),
)
FLOORS: Mapping[str, tuple[float, float, float]] = {
    "Prism, logging silenced": (1.5, 1.5, 1.5),
    "Connexion AsyncApp, response validation": (8, 20, 8),
    "openapi-backend": (1.0, 1.0, 0.8),
    "Starlette + uvicorn, ready bytes": (0.5, 0.5, 0.4),
}
"""The least ratio of our calls per second to a peer's, by peer, in the order of CALLS."""
WARM = 3_000
"""Warm-up calls of each kind; fewer if a peer needs more than WARM_UP seconds for them."""
WARM_UP = 5
REFUSING = "requests"
"""The beginning of ``checks`` of peers that must refuse a wrong body."""


@dataclass
class Running:
    """A running peer and its results by call."""

    peer: Peer
    process: psutil.Process
    port: int
    version: str
    loads: dict[str, list[Load]]

    def median(self, call: Call, figure: str) -> float:
        """The median of a figure over the rounds."""
        return statistics.median(float(getattr(load, figure)) for load in self.loads[call.name])


def main() -> None:
    """Measure, print, and write the page if ``--write`` is given."""
    parser = argparse.ArgumentParser(description="Compare this server with its peers.")
    parser.add_argument("--quick", action="store_true", help="the peers of the floors only, in about two minutes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=6, help="length of one run of load")
    parser.add_argument("--write", action="store_true", help="keep the result in docs/benchmarks.md")
    arguments = parser.parse_args()
    need_tools()
    seconds = 2 if arguments.quick else arguments.seconds
    missing: dict[str, str] = {}
    failed = peers.install()
    peers.generate()
    wanted = [peer for peer in PEERS if not arguments.quick or peer.name in (OURS, *FLOORS)]
    with ExitStack() as stack:
        running = [found for peer in wanted if (found := _start(peer, stack, missing, failed)) is not None]
        print(f"{len(running)} servers, {len(CALLS)} calls, {arguments.rounds} rounds of {seconds} s …", flush=True)
        _measure(running, arguments.rounds, seconds)
        text = _report(running, missing, arguments.rounds, seconds)
    publish("comparison", text, write=arguments.write)


def _start(peer: Peer, stack: ExitStack, missing: dict[str, str], failed: str | None) -> Running | None:
    """Start a peer and verify its answers; if it cannot be installed, record the reason."""
    port = free_port()
    try:
        command = peer.command(port)
        process = stack.enter_context(served(command, port, peer.base + "/plans/1", environment(peer), peer.start_up))
        for call in CALLS:
            _check(peer, port, call)
    except Missing as reason:
        missing[peer.name] = f"{reason}{f' ({failed})' if failed else ''}"
    except (TimeoutError, AssertionError) as reason:
        missing[peer.name] = str(reason)
    else:
        return Running(peer, process, port, peer.version(), {call.name: [] for call in CALLS})
    return None


def _check(peer: Peer, port: int, call: Call) -> None:
    """Raise AssertionError if a peer gives a wrong answer, or accepts a body that it claims to check."""
    status, body = ask(port, peer.base, call)
    expected = {"GET object": payloads.plan(1), "GET list of 20": payloads.page(), "POST validated": payloads.SUBSCRIPTION}[call.name]
    got = orjson.loads(body) if status == call.status else {}
    if call.body is not None:  # ours makes a subscription: its id and its moment are its own
        got, expected = ({**data, "id": 1, "created_at": payloads.MOMENT} for data in (got, expected))
    if status != call.status or got != expected:
        raise AssertionError(f"answers {call.name} with {status} {body[:200]!r}")
    if call.body is not None and peer.checks.startswith(REFUSING):
        wrong = orjson.dumps({**payloads.BODY, "starts_on": 1})
        status, _ = ask(port, peer.base, Call(call.name, call.path, call.headers, wrong))
        if status not in (400, 422):
            raise AssertionError(f"takes a wrong body: {status}")


def _measure(running: Sequence[Running], rounds: int, seconds: int) -> None:
    for one in running:  # compilers at run time want some calls before they are at their best
        for call in CALLS:
            warm = 0
            for _ in range(WARM_UP):
                warm += run_wrk(one.process, one.port, one.peer.base, call, 1).calls
                if warm > WARM:
                    break
    for _ in range(rounds):
        for call in CALLS:
            for one in running:
                one.loads[call.name].append(run_wrk(one.process, one.port, one.peer.base, call, seconds))


def _report(running: Sequence[Running], missing: Mapping[str, str], rounds: int, seconds: int) -> str:
    ours = next((one for one in running if one.peer.name == OURS), None)
    if ours is None:
        raise SystemExit(f"this server cannot be measured: {missing[OURS]}")
    names = [call.name for call in CALLS]
    absolute = [
        [one.peer.name, one.version, one.peer.checks]
        + [f"{one.median(call, 'rate'):,.0f}" for call in CALLS]
        + [f"{one.median(call, 'per_cpu'):,.0f}" for call in CALLS]
        + [" / ".join(f"{one.median(call, 'p99_ms'):.0f}" for call in CALLS), f"{memory_mib(one.process):.0f}"]
        for one in running
    ]
    ratios = [
        [one.peer.name]
        + [f"{ours.median(call, 'rate') / one.median(call, 'rate'):.2f}" for call in CALLS]
        + [f"{ours.median(call, 'per_cpu') / one.median(call, 'per_cpu'):.2f}" for call in CALLS]
        for one in running
        if one is not ours
    ]
    parts = [
        f"On {machine()}. {rounds} interleaved rounds of {seconds} s, 32 connections, one process each, servers and load on two cores; medians.",
        table(["calls a second", "version", "checks", *names, *(f"{name}, per CPU s" for name in names), "p99, ms", "MiB after"], absolute),
        "This server against each: how many times as many calls a second, and how many times as many per second of the server's processor time.",
        table(["against", *names, *(f"{name}, per CPU s" for name in names)], ratios),
        _floors(ours, running),
    ]
    refused = [f"{one.peer.name}: {sum(load.refused for loads in one.loads.values() for load in loads)}" for one in running]
    if any(not line.endswith(": 0") for line in refused):
        parts.append("Calls that failed under load: " + "; ".join(line for line in refused if not line.endswith(": 0")) + ".")
    parts += [f"Not measured: {name}: {reason}." for name, reason in missing.items()]
    return "\n\n".join(parts)


def _floors(ours: Running, running: Sequence[Running]) -> str:
    rows = []
    for one in running:
        for call, floor in zip(CALLS, FLOORS.get(one.peer.name, ()), strict=False):
            ratio, by_cpu = (ours.median(call, figure) / one.median(call, figure) for figure in ("rate", "per_cpu"))
            rows.append(
                [f"{call.name} against {one.peer.name}", f"≥ {floor:g}", f"{ratio:.2f}", f"{by_cpu:.2f}", "holds" if ratio >= floor else "missed"]
            )
        if one.peer.name.startswith("Prism"):
            for call in CALLS:
                mine, theirs = ours.median(call, "p99_ms"), one.median(call, "p99_ms")
                rows.append([f"p99 of {call.name}, ms", f"≤ {theirs:.1f}", f"{mine:.1f}", "", "holds" if mine <= theirs else "missed"])
    return table(["floor", "asked", "measured", "per CPU s", ""], rows)


if __name__ == "__main__":
    main()
