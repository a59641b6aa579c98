"""The clients of the benchmark of ``mockserver explore``: the correct ones work, and every planted bug is described."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from benchmarks.explore.planted import CLIENTS, CLIENTS_FOLDER, DOCUMENT, FOLDER, ORACLES, RECORDS, Client
from mockserver.testing import Mock as Control
from mockserver.testing.environment import list_variables
from tests import node
from tests.conftest import Mock, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVED = "workshop"
PYTHON = [client for client in CLIENTS if client.file.endswith(".py") and client.name != SERVED]
VARIANT = re.compile(r'(?:\b(?:bug|BUG) [!=]==? |\bcase )"([a-z-]+)"')
"""Where a client asks which variant it is."""
NODE = [client for client in CLIENTS if client.file.endswith(".mjs")]


def _run(client: Client, url: str, world: str) -> subprocess.CompletedProcess[str]:
    """The end of a correct client in a world."""
    with Control(url, world) as control:
        variables = list_variables(url, world, control.apis.values())
    return subprocess.run(client.command(), env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=False)


def _assert_worked(done: subprocess.CompletedProcess[str]) -> None:
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1, done.stdout


@pytest.fixture(scope="module")
def workshop() -> Iterator[Server]:
    """A server of the document that no vendor wrote."""
    running = Server("--seed-file", f"workshop={RECORDS}", f"workshop={DOCUMENT}")
    yield running
    running.stop()


def test_forty_bugs_are_planted_in_twelve_clients() -> None:
    assert len(CLIENTS) == 12
    assert sum(len(client.bugs) for client in CLIENTS) == 40
    assert {bug.oracle for client in CLIENTS for bug in client.bugs} == set(ORACLES)
    assert sum(client.has_defaults for client in CLIENTS) >= 3


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
def test_each_bug_has_a_sentence_and_is_a_variant_of_its_client(client: Client) -> None:
    names = [bug.name for bug in client.bugs]
    assert len(set(names)) == len(names)
    assert all(bug.sentence.endswith(".") and bug.oracle in ORACLES for bug in client.bugs)
    written = (CLIENTS_FOLDER / client.file).read_text(encoding="utf-8")
    assert set(VARIANT.findall(written)) == set(names)


@pytest.mark.parametrize("client", PYTHON, ids=lambda client: client.name)
def test_the_correct_client_works(client: Client, mock: Mock) -> None:
    _assert_worked(_run(client, mock.url, mock.world))


def test_the_correct_client_of_a_served_document_works(workshop: Server) -> None:
    (client,) = (client for client in CLIENTS if client.name == SERVED)
    _assert_worked(_run(client, workshop.url, "default"))


@pytest.mark.slow
@pytest.mark.skipif(not node.is_there(), reason=node.MISSING)
@pytest.mark.parametrize("client", NODE, ids=lambda client: client.name)
def test_the_correct_node_client_works(client: Client, mock: Mock) -> None:
    node.install(FOLDER)
    _assert_worked(_run(client, mock.url, mock.world))
