"""Attacks a server for an hour, or for as many minutes as an option says, and prints the figures; ends with 1 if anything was found.

python -m tests.hostile.siege --minutes 60
python -m tests.hostile.siege --rounds 1 --kind bodies --seed 17
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.hostile.siege.besieged import MEBIBYTE, Besieged, besiege
from tests.hostile.siege.run import Found, Tally, rounds
from tests.hostile.siege.storms import STORMS


def report(server: Besieged, tallies: dict[str, Tally], done: int, seconds: float, findings: list[Found]) -> str:
    """The figures as a table in Markdown, then each finding with the command that draws it again."""
    lines = ["| kind | inputs | calls | seconds |", "|---|---:|---:|---:|"]
    lines += [f"| {kind} | {tally.inputs:,} | {tally.calls:,} | {tally.seconds:,.0f} |" for kind, tally in tallies.items()]
    first, last, most = (value / MEBIBYTE for value in (server.resident[0], server.resident[-1], max(server.resident)))
    lines += [
        "",
        f"{seconds / 60:.1f} minutes, {done} rounds, {server.calls:,} calls, {server.silent:,} without an answer in time, {len(findings)} findings",
        "answers: " + ", ".join(f"{status}: {count:,}" for status, count in sorted(server.statuses.items())),
        f"resident memory: {first:.0f} MiB at the start, {last:.0f} MiB at the end, {most:.0f} MiB at most",
    ]
    for found in findings:
        lines += ["", f"finding: python -m tests.hostile.siege --rounds 1 --kind '{found.kind}' --seed {found.seed}", found.text]
    return "\n".join(lines)


def main() -> int:
    """Attack, print, judge."""
    parser = argparse.ArgumentParser(description="Generated hostile input against one server process.")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--rounds", type=int, help="end after so many rounds")
    parser.add_argument("--inputs", type=int, default=200, help="inputs of a kind of weight 1 in each round")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first round; each round takes the next one")
    parser.add_argument("--kind", action="append", choices=list(STORMS), help="only this kind of input; may be repeated")
    options = parser.parse_args()
    minutes: float = options.minutes
    last: int | None = options.rounds
    kinds = options.kind or list(STORMS)
    tallies, findings, done = {kind: Tally() for kind in kinds}, list[Found](), 0
    started = time.monotonic()
    with besiege() as server:

        def has_time() -> bool:
            return time.monotonic() - started < minutes * 60 and done != last

        for found in rounds(server, kinds, tallies, inputs=options.inputs, first=options.seed, has_time=has_time):
            done += 1
            findings += found
            memory = server.resident[-1] / MEBIBYTE
            print(f"round {done}: {time.monotonic() - started:6.0f} s {server.calls:9,} calls {memory:6.0f} MiB {len(findings)} findings", flush=True)  # noqa: T201
            for one in found:
                print(f"{one.kind}, seed {one.seed}: {one.text}", flush=True)  # noqa: T201
        print(report(server, tallies, done, time.monotonic() - started, findings))  # noqa: T201 - what it is for
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
