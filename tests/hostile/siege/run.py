"""Rounds of every kind of input against one server, and what they found."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.hostile.siege.besieged import Besieged, Finding
from tests.hostile.siege.calls import WORLDS
from tests.hostile.siege.storms import STORMS


@dataclass
class Tally:
    """What was done of one kind: inputs, calls to the server, seconds."""

    inputs: int = 0
    calls: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Found:
    """A finding: the kind of input, the seed that draws it again, and Hypothesis' account with the smallest input."""

    kind: str
    seed: int
    text: str


def attack(server: Besieged, kind: str, number: int, inputs: int, tally: Tally | None = None) -> Found | None:
    """Send inputs of one kind, drawn by a seed. Returns what was found, None if nothing was."""
    storm, count = STORMS[kind], tally or Tally()
    started, before = time.monotonic(), server.calls

    def one(value: Any) -> None:
        count.inputs += 1
        storm.attack(server, value)

    bounded = settings(
        max_examples=inputs,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    try:
        seed(number)(bounded(given(storm.inputs)(one)))()
        server.check()
    except Exception as error:  # noqa: BLE001 - whatever ends it is a finding
        return Found(kind, number, "".join(traceback.format_exception(error))[-6000:])
    finally:
        count.seconds += time.monotonic() - started
        count.calls += server.calls - before
    return None


def rounds(
    server: Besieged, kinds: Sequence[str], tallies: dict[str, Tally], *, inputs: int, first: int, has_time: Callable[[], bool]
) -> Iterator[list[Found]]:
    """Rounds of all kinds until the time is over, each with the next seed; yields what each found."""
    number = first
    while has_time():
        found = []
        for kind in kinds:
            if not has_time():
                break
            one = attack(server, kind, number, max(1, round(inputs * STORMS[kind].weight)), tallies[kind])
            if one is not None:
                found.append(one)
        forget_worlds(server)
        yield found
        number += 1


def forget_worlds(server: Besieged) -> None:
    """Delete the attacker's worlds, with the fault rules that would end most of the next round's calls."""
    for world in WORLDS:
        deleted = server.call("DELETE", f"/_mock/worlds/{world}")
        if deleted.status_code not in (204, 404):
            raise Finding(f"deleting a world is answered {deleted.status_code}: {deleted.text[:300]}")
