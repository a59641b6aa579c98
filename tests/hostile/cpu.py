"""Runs parts of a program in processes of their own, each with few seconds of processor time.

A regular expression cannot be interrupted by an exception, so the kernel has to end its process.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import traceback
from collections.abc import Callable

from tests.conftest import ROOT

SECONDS = 6
"""Processor time of one part. A linear pattern needs one or two on a busy machine, one that is not linear minutes."""
LENGTH = 64 * 1024
"""Characters of a hostile text: as many as the head of a request may have."""


def try_part(name: str, part: Callable[[], object]) -> None:
    """Run a part in a fork of this process, and print its name. Exits if the part fails or needs more than SECONDS of processor time."""
    sys.stdout.write(f"{name}\n")
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        try:
            part()
        except BaseException:  # noqa: BLE001 - the fork has to end here, whatever happens
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        sys.exit(f"{name}: {'ended by signal ' + str(-code) if code < 0 else 'failed'}")


def run(module: str) -> list[str]:
    """Run a module as a child process. Returns the names of its parts; fails if one of them did."""
    # Measuring coverage would use up the processor time of a part.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.splitlines()


def texts() -> list[str]:
    """Texts on which a pattern that is not linear takes minutes: one long run, many runs, and an end that fits nothing."""
    units = [
        "a",
        "A1",
        "1",
        " ",
        "\t",
        '"',
        "'",
        "\\",
        '\\"',
        "/",
        "//",
        "[",
        "]",
        "[]",
        "[a",
        "{",
        "{}",
        "-",
        "_",
        ".",
        "=",
        ":",
        ",",
        ";",
        "&",
        "%",
    ]
    units += [
        "a=",
        "a,",
        "a;",
        'a="',
        "a ",
        "é",
        "\x00",
        "eyJ",
        "eyJaaaaaaaa.",
        "token",
        "token=",
        "passw:",
        "Bearer ",
        "http://",
        "<!doctype ",
        "127.",
    ]
    found = []
    for unit in units:
        run_of = unit * (LENGTH // len(unit))
        found += [run_of, run_of + "!", "a" + run_of + "\x00", unit + " " * LENGTH + "!", '"' + run_of]
    return found
