"""What is wrong with this set-up, and what to do about it."""

from __future__ import annotations

import os
import re
import socket
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mockserver.testing import Mock, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OLDEST = (3, 11)
FILES = 1024
"""Files that a process should be allowed to open; each connection is one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. ``advice`` is empty where it is well."""

    what: str
    advice: str = ""


def examine(url: str, world: str, token: str | None, specs: Path | None) -> Iterator[Finding]:
    """Everything that is worth a look, one after the other."""
    yield _python()
    yield from _packages()
    yield from _documents(specs)
    yield _proxies(url)
    yield from _open_files()
    yield from _server(url, world, token)


def _python() -> Finding:
    said = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST))
    return Finding(f"Python {said}", "" if sys.version_info[:2] >= OLDEST else f"install Python {wanted} or newer and set PYTHON=… for make")


def _packages() -> Iterator[Finding]:
    try:
        needed = requires("mockserver") or []
    except PackageNotFoundError:
        yield Finding("the package mockserver is not installed", "run `make serve`, or `pip install -e .` in the checkout")
        return
    missing = []
    for requirement in needed:
        found = re.match(r"[A-Za-z0-9._-]+", requirement)
        if found is None or ("sys_platform" in requirement and sys.platform == "win32") or "extra ==" in requirement:
            continue
        try:
            version(found[0])
        except PackageNotFoundError:
            missing.append(found[0])
    yield Finding(f"{len(needed)} packages needed", f"{', '.join(missing)} missing: run `pip install -r requirements.lock`" if missing else "")


def _documents(specs: Path | None) -> Iterator[Finding]:
    from mockserver.app import SPECS, Settings, create_app  # noqa: PLC0415 - what keeps the server from loading is what is looked for
    from mockserver.openapi.errors import SetupError  # noqa: PLC0415 - likewise

    try:
        app = create_app(Settings(specs=specs or SPECS))
    except SetupError as error:
        yield Finding("documents and handlers do not fit", str(error))
    except ImportError as error:
        yield Finding("the server cannot be loaded", f"{error}: run `make serve`, which installs what is missing")
    else:
        yield Finding(f"{len(app.vendors)} APIs with {len(app.lab.operations)} operations: {', '.join(app.vendors)}")


def _proxies(url: str) -> Finding:
    host = urlsplit(url).hostname or ""
    proxy = getproxies().get("http")
    if not proxy or proxy_bypass(host):
        return Finding("no proxy between apps and the mock")
    return Finding("a proxy is set for HTTP", f"apps would reach {host} through it: set NO_PROXY={host}")


def _open_files() -> Iterator[Finding]:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    yield Finding(f"{allowed} files may be open", "" if allowed >= FILES else f"many connections at once will fail: run `ulimit -n {FILES * 4}`")


def _server(url: str, world: str, token: str | None) -> Iterator[Finding]:
    parts = urlsplit(url)
    try:
        with Mock(url, world, token) as mock:
            health = mock.call("GET", "/health")
            yield Finding(
                f"a server answers at {url}: version {health['version']}, world {health['world']}, {health['now']}", _older(health["version"])
            )
            worlds = mock.call("GET", "/worlds", params={"limit": 1})["total"]
            clock = mock.call("GET", "/clock")
    except Refused as error:
        if error.status in (401, 403):
            yield Finding(
                "the control plane refuses", "set MOCKSERVER_TOKEN (or --token) to what the server printed at start, or call it by localhost"
            )
        elif error.status:
            yield Finding(f"something else answers at {url}", f"it says {error.text[:200]}; choose another address with --url")
        else:
            yield _no_server(url, parts.hostname or "127.0.0.1", parts.port or 80)
        return
    yield Finding(f"{worlds} worlds")
    known = os.environ.get("MOCKSERVER_WORLD")
    yield Finding(f"the clock of {world} is {clock['mode']} at {clock['now']}" + (f" (MOCKSERVER_WORLD={known})" if known else ""))


def _older(served: str) -> str:
    try:
        here = version("mockserver")
    except PackageNotFoundError:
        return ""
    return "" if served == here else f"it is version {served}, this command is {here}: restart the server"


def _no_server(url: str, host: str, port: int) -> Finding:
    try:
        with socket.create_connection((host, port), timeout=2):
            return Finding(f"something listens at {url}, but does not answer HTTP", "stop it, or choose another port with --port")
    except OSError:
        return Finding(f"no server at {url}", f"start one with `mockserver serve --port {port}`, or say where it is with --url or MOCKSERVER_URL")
