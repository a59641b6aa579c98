"""The server process that is attacked, and what must hold of it after every round."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import psutil

from tests.conftest import ROOT, START_UP, TLS
from tests.hostile.inside import KEY, SALE

MEBIBYTE = 1024 * 1024
MEMORY = 150 * MEBIBYTE
"""Resident bytes that the server may have beyond those of its first health check."""
ANSWER_SECONDS = 2.0
"""How long the attacker waits for an answer before it hangs up. Streams and delayed calls may last longer."""
HEALTH_SECONDS = 20.0
"""How long a health check may take on a busy machine."""
REST_SECONDS = 10.0
"""How long memory beyond its bound may take to be given back."""
BYSTANDERS = tuple(f"bystander-{number}" for number in range(4))
_LENGTH = re.compile(rb"^content-length: *(\d+)\r?$", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_ON_PURPOSE = re.compile(rb"^(?:preference-applied|x-mock-injected):", re.IGNORECASE | re.MULTILINE)
"""Headers of an answer that a call or a fault rule asked for, which may be any documented one."""


class Finding(AssertionError):
    """The server did what no input may make it do."""


@dataclass(frozen=True)
class RawAnswer:
    """Status, head and body of one answer."""

    status: int
    head: bytes
    body: bytes


@dataclass
class Besieged:
    """A running server.

    ``calls`` counts what was sent, ``silent`` what was not answered in time, ``statuses`` the answers. ``resident`` are the bytes of memory before
    the attack and after each part of it, ``digests`` those of the bystanders' worlds.
    """

    process: subprocess.Popen[bytes]
    log: Path
    port: int
    calls: int = 0
    silent: int = 0
    resident: list[int] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    digests: dict[str, str] = field(default_factory=dict)
    _read: int = 0

    def call(self, method: str, path: str, world: str = "", **options: Any) -> httpx.Response:
        """A well-formed call that is not part of the attack."""
        headers = {**options.pop("headers", {}), **({"x-mock-world": world} if world else {})}
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.request(method, url, headers=headers, timeout=HEALTH_SECONDS, verify=TLS, trust_env=False, **options)

    def digest(self, world: str) -> str:
        return str(self.call("GET", f"/_mock/worlds/{world}/digest").json()["digest"])

    def settle(self) -> None:
        """Let the bystanders change their worlds and note what has to stay as it is."""
        for number, world in enumerate(BYSTANDERS):
            for _ in range(number + 1):
                sold = self.call("POST", "/monedero/wallet/sale", world, headers=KEY, data=SALE)
                assert sold.status_code == 200, sold.text
        self.digests = {world: self.digest(world) for world in BYSTANDERS}
        self.resident = [self.memory()]

    def memory(self) -> int:
        """Resident bytes of the server process."""
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def send(self, data: bytes, *, half: bool = False, patience: float = ANSWER_SECONDS) -> list[RawAnswer]:
        """The answers to raw bytes that come within ``patience`` seconds. Raises Finding if one is a 500 that no call and no rule asked for.

        ``half`` ends this side of the connection after the bytes.
        """
        self.calls += 1
        received = b""
        with closing(socket.create_connection(("127.0.0.1", self.port), timeout=HEALTH_SECONDS)) as line:
            line.settimeout(patience)
            try:
                line.sendall(data)
                if half:
                    line.shutdown(socket.SHUT_WR)
                until = time.monotonic() + patience
                while (part := line.recv(1 << 18)) and time.monotonic() < until:
                    received += part
            except TimeoutError:
                self.silent += not received
            except OSError:  # the server has closed the connection, before or while something was sent
                pass
        answers = list(split_answers(received))
        self.statuses.update(answer.status for answer in answers)
        for answer in answers:
            if answer.status == 500 and not _ON_PURPOSE.search(answer.head):
                raise Finding(f"answered 500: {answer.body[:600]!r}")
        return answers

    def check_health(self) -> None:
        """Raise Finding if the server does not answer."""
        try:
            status = self.call("GET", "/_mock/health").status_code
        except httpx.HTTPError as error:
            raise Finding(f"the server does not answer: {error!r}; exit code {self.process.poll()}; {self.read_log()[-2000:]}") from None
        if status != 200:
            raise Finding(f"health is answered {status}")

    def check(self) -> None:
        """Raise Finding if anything that has to hold after a round does not."""
        self.check_health()
        for world, before in self.digests.items():
            if self.digest(world) != before:
                raise Finding(f"the world {world} of a bystander has changed")
        said = self.read_log()
        if "Traceback" in said or "at fault" in said:
            raise Finding(f"the log says: {said[-3000:]}")
        self.resident.append(self._memory_at_rest())
        if self.resident[-1] > self.resident[0] + MEMORY:
            raise Finding(f"{self.resident[-1] / MEBIBYTE:.0f} MiB are resident, {self.resident[0] / MEBIBYTE:.0f} MiB before the attack")

    def _memory_at_rest(self) -> int:
        """Resident bytes, asked for again for some seconds while they are too many: memory is collected when no call comes."""
        until = time.monotonic() + REST_SECONDS
        while (found := self.memory()) > self.resident[0] + MEMORY and time.monotonic() < until:
            time.sleep(0.5)
        return found

    def read_log(self) -> str:
        """What the server has logged since the last time."""
        with self.log.open("rb") as file:
            file.seek(self._read)
            said = file.read()
        self._read += len(said)
        return said.decode(errors="replace")


def split_answers(received: bytes) -> Iterator[RawAnswer]:
    """The answers in the bytes of a connection; the last one may be cut off."""
    while match := _STATUS.match(received):
        head, _, rest = received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        size = len(rest) if length is None else int(length[1])
        yield RawAnswer(int(match[1]), head, rest[:size])
        received = rest[size:]


@contextmanager
def besiege(*options: str) -> Iterator[Besieged]:
    """A server process with bystanders in it; stopped at the end."""
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mockserver", "serve", "--port", "0", "--reports", str(Path(folder, "reports")), *options],
            cwd=ROOT,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            server = Besieged(process, Path(folder, "log"), _wait_for_port(process, log))
            server.settle()
            yield server
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for_port(process: subprocess.Popen[bytes], log: IO[bytes]) -> int:
    until = time.monotonic() + START_UP
    while process.poll() is None and time.monotonic() < until:
        said = Path(log.name).read_text(encoding="utf-8", errors="replace")
        found = re.search(r"on http://\S+?:(\d+)", said)
        if found and "/docs/mock" in said:
            return int(found[1])
        time.sleep(0.05)
    raise AssertionError("the server did not start: " + Path(log.name).read_text(encoding="utf-8", errors="replace"))
