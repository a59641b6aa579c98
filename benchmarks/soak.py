"""Full load for minutes: whether the memory of the server stays level after every bound is reached.

Clients call the examples of every vendor's document in worlds that are made and deleted, with frozen and running clocks, faults, preferences,
snapshots, forks and the outbox. Worlds, journal, snapshots and messages all reach their bounds, which are set low here. Prints resident MiB during
the run. Exits with 1 if memory in the last third is more than 10 % over the second, or if the mock answered with an error of its own.

    python -m benchmarks.soak --minutes 10 --clients 4
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import statistics
import sys
import time
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from benchmarks.servers import Line, serving
from mockserver.openapi.documents import SPECS, read_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from multiprocessing.sharedctypes import Synchronized

MAX_WORLDS = 100
CALLS_PER_WORLD = 150
SAMPLE_SECONDS = 5
GROWTH = 1.10
JSON, URLENCODED = "application/json", "application/x-www-form-urlencoded"

Call = tuple[str, str, str | None, dict[str, str]]


def calls(slug: str, credentials: list[dict[str, Any]]) -> list[Call]:
    """The example calls of a document, with each credential."""
    document = read_document(slug, SPECS / f"{slug}.yaml")
    found: list[Call] = []
    for spec in document.operations:
        path = document.base_path + spec.path
        for parameter in spec.parameters:
            schema = document.resolve(parameter.get("schema", {}))
            named = next((document.resolve(example)["value"] for example in parameter.get("examples", {}).values()), 1)
            path = path.replace(f"{{{parameter['name']}}}", str(parameter.get("example", schema.get("example", named))))
        for body, media_type in bodies(document, spec.spec):
            kind = {"content-type": media_type} if body is not None else {}
            found += [(spec.method, path, body, {**kind, **credential["headers"]}) for credential in credentials]
    return found


def bodies(document: Any, spec: Mapping[str, Any]) -> list[tuple[str | None, str]]:
    """The examples of a body in wire format; no body if there are none."""
    found: list[tuple[str | None, str]] = []
    for media_type, media in document.resolve(spec.get("requestBody", {})).get("content", {}).items():
        values = [document.resolve(example)["value"] for example in media.get("examples", {}).values()]
        if media_type == JSON:
            found += [(json.dumps(value), media_type) for value in values]
        elif media_type == URLENCODED:
            found += [(urlencode(value, doseq=True), media_type) for value in values]
    return found or [(None, "")]


def client(port: int, number: int, until: float, done: Synchronized[int], bugs: Synchronized[int]) -> None:
    """Make calls until a given time."""
    chance, line, worlds = random.Random(number), Line(port), 0
    apis = line.call("GET", "/apis")["apis"]
    everything = {api["slug"]: calls(api["slug"], api["credentials"]) for api in apis if api["slug"] != "mock"}
    while time.monotonic() < until:
        worlds += 1
        world = f"soak-{number}-{worlds}"
        prepare(line, world, chance, list(everything))
        for _ in range(CALLS_PER_WORLD):
            method, path, body, headers = chance.choice(everything[chance.choice(list(everything))])
            preference = {"prefer": "dynamic=true"} if chance.random() < 0.05 else {}  # noqa: PLR2004 - a few
            try:
                status, answer = line.send(method, path, body, {**headers, **preference, "x-mock-world": world})
            except (OSError, HTTPException):  # a fault on purpose
                line.close()
                line = Line(port)
                continue
            with done:
                done.value += 1
            if status == 500 and b"The mock is at fault" in answer:  # noqa: PLR2004 - the mock's own
                with bugs:
                    bugs.value += 1
                    print(answer.decode()[:500], file=sys.stderr)
        finish(line, world)
    line.close()


def prepare(line: Line, world: str, chance: random.Random, slugs: list[str]) -> None:
    """Make a world with a separate time and separate faults."""
    if chance.random() < 0.5:  # noqa: PLR2004 - a half
        line.call("PATCH", "/clock", {"freeze": "2026-01-01T00:00:00Z"}, world)
    rules: tuple[dict[str, Any], ...] = ({"damage": {"kind": "reset"}, "every": 20}, {"damage": {"kind": "truncated"}, "every": 23})
    line.call("POST", "/faults", {"api": chance.choice(slugs), **chance.choice(rules)}, world)


def finish(line: Line, world: str) -> None:
    """The calls that a test makes at its end: snapshot, fork, diff, journal, outbox, clock."""
    line.call("PUT", "/snapshots/end", None, world)
    line.call("POST", "/worlds", {"name": f"{world}-fork", "from": {"world": world}})
    line.call("PATCH", "/clock", {"advance": "P40D"}, f"{world}-fork")
    line.call("GET", "/diff?before=end", None, world)
    line.call("GET", "/journal?limit=50", None, world)
    line.call("GET", "/outbox", None, world)


def main() -> int:
    """Run, print, judge."""
    parser = argparse.ArgumentParser(description="Full load for minutes; is memory level?")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=4)
    options = parser.parse_args()
    done, bugs = multiprocessing.Value("Q", 0), multiprocessing.Value("Q", 0)
    samples: list[float] = []
    with serving("--max-worlds", str(MAX_WORLDS)) as (port, process):
        started = time.monotonic()
        until = started + options.minutes * 60
        clients = [multiprocessing.Process(target=client, args=(port, number, until, done, bugs)) for number in range(options.clients)]
        for running in clients:
            running.start()
        while time.monotonic() < until:
            time.sleep(min(SAMPLE_SECONDS, max(0.0, until - time.monotonic())))
            samples.append(process.memory_info().rss / 2**20)
            if len(samples) % 6 == 0:
                seconds = time.monotonic() - started
                print(f"{seconds:6.0f} s {samples[-1]:8.1f} MiB {done.value:9} calls {done.value / seconds:7.0f} a second", flush=True)
        for running in clients:
            running.join()
        failed = [running.exitcode for running in clients if running.exitcode]
    third = max(1, len(samples) // 3)
    second, last = statistics.mean(samples[third : 2 * third]), statistics.mean(samples[-third:])
    print(f"{done.value} calls, {bugs.value} answered with a fault of the mock's own")
    print(f"second third {second:.1f} MiB, last third {last:.1f} MiB, most {max(samples):.1f} MiB")
    return 1 if last > second * GROWTH or bugs.value or failed else 0


if __name__ == "__main__":
    sys.exit(main())
