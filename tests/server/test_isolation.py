"""Over all vendors: nothing of one world is visible in another, and the same calls at the same time give the same bytes."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from mockserver.testing import Mock
from tests.conftest import Server
from tests.server.samples import SLUGS, document_of, samples

if TYPE_CHECKING:
    from collections.abc import Iterator


START = datetime.fromisoformat("2026-01-01T00:00:00Z")


@dataclass
class Player:
    """A world with a separate time and separate faults, and calls of every vendor in it; its name is in everything that it writes."""

    mock: Mock
    number: int
    calls: int
    struck: int = 0
    seen: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def time(self) -> datetime:
        """The time at which the world's clock is frozen."""
        return START + timedelta(days=self.number)

    def play(self) -> None:
        """Set up the world and make the calls."""
        mock, chance = self.mock, Random(self.mock.world)
        mock.clock.freeze(self.time)
        slug = SLUGS[self.number % len(SLUGS)]
        documented = Counter(int(status) for spec in document_of(slug).operations for status in spec.spec["responses"] if int(status) >= 400)
        often = documented.most_common(1)[0][0]
        rules = [mock.faults.add(slug, status=often, every=2 + self.number % 3), mock.faults.add(slug, damage="reset", every=5)]
        clients = {slug: mock.api(slug).client(timeout=60) for slug in SLUGS}
        for _ in range(self.calls):
            sample = chance.choice(samples(slug if chance.random() < 0.3 else chance.choice(SLUGS))).marked(mock.world)
            if sample.body and chance.random() < 0.2:
                sample = sample.without(chance.choice(list(sample.body)))
            try:
                answer = sample.send(clients[sample.slug])
                self.seen.append((answer.status_code, answer.content))
            except httpx.TransportError:
                self.seen.append((0, b""))
        self.struck = sum(rule.struck for rule in rules)

    def texts(self) -> Iterator[str]:
        """Every text that can be read from the world."""
        for path in (f"/worlds/{self.mock.world}/export", "/outbox", "/journal/har", "/faults", "/snapshots", "/clock/timers"):
            yield httpx.get(f"{self.mock.url}/_mock{path}", headers=self.mock.headers, timeout=60).text


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A separate server: these worlds fill much of the journal and would push out the calls of other tests."""
    running = Server()
    yield running
    running.stop()


def players(url: str, count: int, calls: int, prefix: str) -> list[Player]:
    return [Player(Mock(url, f"{prefix}{number:03}x"), number, calls) for number in range(count)]


def check(found: list[Player], prefix: str) -> None:
    """Fail if something of one world is visible in another."""
    for player in found:
        name = player.mock.world
        for text in player.texts():
            assert text.count(prefix) == text.count(name)
        exchanges = player.mock.journal.exchanges()
        assert [(exchange.status, exchange.at) for exchange in exchanges] == [(status, player.time) for status, _ in player.seen]
        injected = [mark for exchange in exchanges for mark in exchange.injected]
        assert len(injected) == player.struck > 0
        assert len(player.mock.faults.rules) == 2
        assert player.mock.clock.now == player.time


@pytest.mark.parametrize(
    ("count", "calls"),
    [pytest.param(6, 40, id="few"), pytest.param(50, 120, id="many", marks=pytest.mark.slow)],
)
def test_parallel_worlds_never_meet(server: Server, count: int, calls: int) -> None:
    """Parallel worlds with mixed calls over all vendors, different clocks and faults share no record, message, journal entry, time or fault."""
    prefix = f"apart{count}y"
    with ExitStack() as stack, ThreadPoolExecutor(8) as threads:
        found = players(server.url, count, calls, prefix)
        for player in found:
            stack.enter_context(player.mock)
        list(threads.map(Player.play, found))
        check(found, prefix)
        written = sum(next(player.texts()).count(player.mock.world) for player in found)
    assert written > count


def test_two_worlds_given_the_same_calls_answer_the_same_bytes(server: Server) -> None:
    """Answers are equal except for the world's name in links that lead back into it."""
    played = []
    for name in ("twin-one", "the-other-twin"):
        with Mock(server.url, name) as mock:
            mock.reset()
            mock.clock.freeze(START)
            mock.faults.add(SLUGS[0], probability=0.3, status=401)
            chance = Random(11)
            answers: list[Any] = []
            for _ in range(120):
                sample = chance.choice(samples(chance.choice(SLUGS))).marked("the same")
                answer = sample.send(mock.api(sample.slug).client())
                headers = [(key, value.replace(name, "")) for key, value in answer.headers.items() if key not in ("date", "content-length")]
                answers.append((answer.status_code, headers, answer.content.replace(name.encode(), b"")))
            kept = [(exchange.at, exchange.status, exchange.operation, exchange.injected) for exchange in mock.journal.exchanges()]
            played.append((answers, kept, str(mock.export()).replace(name, "")))
    assert played[0] == played[1]


def test_forks_of_a_world_answer_alike(server: Server) -> None:
    with Mock(server.url, "model") as model:
        model.clock.freeze(START)
        for sample in samples(SLUGS[0]):
            sample.send(model.api(SLUGS[0]).client())
        forks = [model.fork() for _ in range(3)]
        answers = [[sample.send(fork.api(sample.slug).client()).content for slug in SLUGS for sample in samples(slug)] for fork in forks]
        plain = [[content.replace(fork.world.encode(), b"") for content in found] for fork, found in zip(forks, answers, strict=True)]
        assert plain[0] == plain[1] == plain[2]
        assert len({str(fork.export()).replace(fork.world, "") for fork in forks}) == 1
