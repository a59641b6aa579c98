"""Server processes on one core and load from another: wrk with its figures, and the processor time of the server."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

CONNECTIONS = 32
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True)
class Call:
    """One kind of call, sent repeatedly."""

    name: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None
    status: int = 200


@dataclass(frozen=True)
class Load:
    """The result of one load run: calls per second, the 99th percentile of latency, and calls per second of the server's processor time."""

    calls: int
    rate: float
    p99_ms: float
    per_cpu: float
    refused: int


def free_port() -> int:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def cores() -> tuple[int, int]:
    """A core for servers and one for load; both are the same if there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """A command that is pinned to one core."""
    return ["taskset", "-c", str(core), *command]


def need_tools() -> None:
    """Exit with a message if wrk or taskset is missing."""
    for tool, package in (("wrk", "wrk"), ("taskset", "util-linux")):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is needed for the benchmark; on Debian: apt-get install {package}")


@contextmanager
def served(command: Sequence[str], port: int, path: str, env: Mapping[str, str] | None = None, patience: float = 30.0) -> Iterator[psutil.Process]:
    """A ready server on the servers' core; stopped at the end."""
    with tempfile.TemporaryDirectory() as place, Path(place, "log").open("w+") as log:
        process = subprocess.Popen(
            pinned(cores()[0], command), stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=env, cwd=Path(__file__).parent.parent
        )
        try:
            if not answers(port, path, process, patience):
                log.seek(0)
                raise TimeoutError(f"{command[0]} did not answer within {patience} s: {log.read()[-500:]}")
            yield psutil.Process(process.pid)
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process and its children."""
    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            child.terminate()
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def answers(port: int, path: str, process: subprocess.Popen[bytes], patience: float) -> bool:
    """Wait until a server answers; returns False if it ends or takes too long."""
    until = time.perf_counter() + patience
    while time.perf_counter() < until and process.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            connection.getresponse().read()
        except (OSError, HTTPException):
            time.sleep(0.005)
        else:
            return True
        finally:
            connection.close()
    return False


def ask(port: int, base: str, call: Call) -> tuple[int, bytes]:
    """Status and body of one call."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET" if call.body is None else "POST", base + call.path, call.body, dict(call.headers))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def cpu_seconds(process: psutil.Process) -> float:
    """Processor time of a process and its children."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system
    return total


def memory_mib(process: psutil.Process) -> float:
    """Resident MiB of a process and its children."""
    total = 0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total / 2**20


def run_wrk(process: psutil.Process, port: int, base: str, call: Call, seconds: int, connections: int = CONNECTIONS) -> Load:
    """Load a server with one kind of call."""
    with tempfile.TemporaryDirectory() as place:
        script = Path(place, "call.lua")
        lines = [f"wrk.headers[{_lua(name)}] = {_lua(value)}" for name, value in call.headers.items()]
        if call.body is not None:
            lines += ['wrk.method = "POST"', f"wrk.body = {_lua(call.body.decode())}"]
        script.write_text("\n".join(lines), encoding="utf-8")
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), f"http://127.0.0.1:{port}{base}{call.path}"]
        before = cpu_seconds(process)
        said = subprocess.run(pinned(cores()[1], command), capture_output=True, text=True, check=True).stdout
        spent = cpu_seconds(process) - before
    return _read(said, spent)


def _lua(text: str) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in text.encode()) + '"'


def _read(said: str, spent: float) -> Load:
    calls = int(_found(r"(\d+) requests in", said, "0"))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", said).groups()  # type: ignore[union-attr]
    refused = int(_found(r"Non-2xx or 3xx responses: (\d+)", said, "0"))
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    refused += sum(map(int, errors.groups()[:3])) if errors else 0
    return Load(calls, float(_found(r"Requests/sec:\s+([\d.]+)", said, "0")), float(value) * _UNITS[unit], calls / max(spent, 1e-9), refused)


def _found(pattern: str, text: str, default: str) -> str:
    match = re.search(pattern, text)
    return match.group(1) if match else default
