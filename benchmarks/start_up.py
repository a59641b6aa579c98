"""How long until the server answers, and how much memory it holds idle.

Prints seconds from the start of the process to its first answer, and resident MiB after it: minimum, median and maximum over several starts.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

import psutil

from benchmarks.servers import first_answer, free_port

RUNS = 7


def main() -> None:
    """Start the server several times and print what it took."""
    seconds, mebibytes = [], []
    for _ in range(RUNS):
        port = free_port()
        started = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "mockserver", "serve", "--port", str(port)], stdout=subprocess.DEVNULL)
        first_answer(port)
        seconds.append(time.perf_counter() - started)
        mebibytes.append(psutil.Process(process.pid).memory_info().rss / 2**20)
        process.terminate()
        process.wait()
    for name, values in (("ready after, s", seconds), ("resident, MiB", mebibytes)):
        print(f"{name:16} min {min(values):7.2f}   median {statistics.median(values):7.2f}   max {max(values):7.2f}")


if __name__ == "__main__":
    main()
