"""Documents declare all values that change between two runs: a replay with other data at another date differs in nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from contract_tests.traffic.player import Player, Side
from contract_tests.traffic.steps import scenario
from mockserver.cli import cli
from mockserver.openapi.documents import list_slugs, load_document
from tests.conftest import Mock, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

SCENARIOS = Path(__file__).with_name("scenarios")
PLANTED = {
    "serpi": (3, "/result/0/descripcion"),
    "monedero": (5, "/newBalance"),
    "troyansys": (5, "/data/items/1/tax_rate"),
    "backoffice": (9, "/list/0/subject"),
    "trincico": (9, "/items/0/quantity"),
}
"""For each vendor: the entry of the recording, and the pointer into its answer, at which the test changes a value."""


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Server]:
    """A mock with another seed, at another date."""
    running = Server("--seed", "7", "--freeze", "2031-03-09T04:05:06Z")
    yield running
    running.stop()


def play(file: Path, slug: str, server: Server, world: str) -> None:
    """Play a scenario in a world."""
    description = load_document(slug)
    player = Player(Side.discover("mock", server.url, description, world=world, headers={}), description)
    for step in scenario(file, description):
        assert not player.play(step).broken
    player.close()


def recorded(slug: str, server: Server, world: str) -> dict[str, Any]:
    """The journal of a session in a world, as a HAR file."""
    play(SCENARIOS / f"{slug}.yaml", slug, server, world)
    with Mock(server.url, world).control as control:
        har: dict[str, Any] = control.get("/journal/har").json()
        return har


def replayed(har: dict[str, Any], slug: str, server: Server, file: Path) -> Result:
    """Replay a recording in a new world, which draws other ids, and compare the answers with the recorded ones."""
    file.write_text(json.dumps(har), encoding="utf-8")
    play(SCENARIOS / "before" / f"{slug}.yaml", slug, server, file.stem)
    return CliRunner().invoke(cli, ["replay", str(file), "--api", slug, "--url", server.url, "--world", file.stem, "--answers"])


@pytest.mark.parametrize("slug", list_slugs())
def test_a_session_replayed_elsewhere_differs_in_volatile_values_only(
    slug: str, server: Server, elsewhere: Server, mock: Mock, tmp_path: Path
) -> None:
    har = recorded(slug, server, mock.world)

    done = replayed(har, slug, elsewhere, tmp_path / f"{slug}.har")

    assert done.exit_code == 0, done.output
    assert f"{len(har['log']['entries'])} calls made in the world {slug}, 0 answered otherwise" in done.output


@pytest.mark.parametrize("slug", list_slugs())
def test_a_value_that_is_not_volatile_is_reported_with_its_exact_place(
    slug: str, server: Server, elsewhere: Server, mock: Mock, tmp_path: Path
) -> None:
    har = recorded(slug, server, mock.world)
    number, place = PLANTED[slug]
    content = har["log"]["entries"][number - 1]["response"]["content"]
    body = json.loads(content["text"])
    *way, last = place.split("/")[1:]
    holder = body
    for part in way:
        holder = holder[int(part) if part.isdigit() else part]
    holder[last] = holder[last] + 1 if isinstance(holder[last], int | float) else f"{holder[last]}?"
    content["text"] = json.dumps(body)

    done = replayed(har, slug, elsewhere, tmp_path / f"planted-{slug}.har")

    assert done.exit_code == 1
    (told,) = [line for line in done.output.splitlines() if line.startswith("entry ")]
    assert told.startswith(f"entry {number} ")
    assert f": {place} was " in told


@pytest.mark.parametrize("slug", list_slugs())
def test_every_scenario_meets_values_that_are_volatile(slug: str, server: Server, elsewhere: Server, mock: Mock) -> None:
    """Without this test the others would pass with an empty declaration."""
    play(SCENARIOS / "before" / f"{slug}.yaml", slug, elsewhere, mock.world)
    skipped = len(scenario(SCENARIOS / "before" / f"{slug}.yaml", load_document(slug)))
    here, there = recorded(slug, server, mock.world)["log"]["entries"], recorded(slug, elsewhere, mock.world)["log"]["entries"][skipped:]

    different = [
        one["_mock"]["operation"] for one, other in zip(here, there, strict=True) if one["response"]["content"] != other["response"]["content"]
    ]

    assert different
