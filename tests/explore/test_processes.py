"""A command leaves no process behind, however it ends."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from mockserver.explore.model import Exited
from mockserver.explore.processes import CommandNotStarted, run_command

FORKS = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=sys.argv[1] == "away")
print(child.pid, flush=True)
"""
MARK = "EXPLORED_BY_THE_TESTS"


def execute(*command: str, hang: float = 60, calls: int = 0, most: int = 10) -> Exited:
    async def count() -> int:
        return calls

    variables = {**os.environ, MARK: "1"}
    return asyncio.run(run_command(command, variables, hang=hang, count_calls=count, most_calls=most, mark=f"{MARK}=1\0"))


def runs(number: int) -> bool:
    """Whether a process runs; one that was ended and not yet reaped does not."""
    try:
        state = Path(f"/proc/{number}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc").exists(), reason="processes that left their group are found by /proc only")
@pytest.mark.parametrize("where", ["beside", "away"])
def test_the_children_of_a_command_end_with_it(where: str) -> None:
    exited = execute(sys.executable, "-c", FORKS, where)
    assert (exited.code, exited.ended_by) == (0, None)
    # the kernel ends a killed process somewhat later
    until = time.monotonic() + 20
    while runs(int(exited.stdout)):
        assert time.monotonic() < until, "the child still runs"
        time.sleep(0.05)


def test_a_command_without_progress_is_ended() -> None:
    assert execute(sys.executable, "-c", "import time; time.sleep(600)", hang=0.1).ended_by == "hang"


def test_a_command_with_too_many_calls_is_ended() -> None:
    assert execute(sys.executable, "-c", "import time; time.sleep(600)", calls=11).ended_by == "storm"


def test_of_a_long_output_beginning_and_end_are_kept() -> None:
    exited = execute(sys.executable, "-c", "print('first' + 'x' * 300_000 + 'last')")
    assert exited.stdout.startswith("firstx")
    assert exited.stdout.endswith("xlast\n")
    assert "bytes left out" in exited.stdout


def test_a_command_that_is_not_there_is_reported() -> None:
    with pytest.raises(CommandNotStarted, match="no-such-program cannot be started"):
        execute("no-such-program")
