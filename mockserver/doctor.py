"""Checks of this set-up, with advice for each problem."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from mockserver.extras import MODULES
from mockserver.testing import Mock, Refused

OLDEST = (3, 11)
FILES = 1024
"""Files that a process should be allowed to open; each connection counts as one."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of one check. ``advice`` is empty if all is well."""

    text: str
    advice: str = ""


def examine(url: str, world: str, token: str | None, specs: Path | None) -> Iterator[Diagnosis]:
    """Run every check, one after the other."""
    yield _check_python()
    yield from _check_packages()
    yield from _check_documents(specs)
    yield _check_proxies(url)
    yield from _check_open_files()
    yield from _check_server(url, world, token)


def _check_python() -> Diagnosis:
    version_text = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST))
    return Diagnosis(
        f"Python {version_text}", "" if sys.version_info[:2] >= OLDEST else f"install Python {wanted} or newer and set PYTHON=… for make"
    )


def _check_packages() -> Iterator[Diagnosis]:
    try:
        needed = requires("mockserver") or []
    except PackageNotFoundError:
        yield Diagnosis("the package mockserver is not installed", "run `make serve`, or `pip install -e .` in the checkout")
        return
    base = [name for requirement in needed if "extra ==" not in requirement for name in _needed_here(requirement)]
    missing = [name for name in base if not _is_installed(name)]
    yield Diagnosis(
        f"{len(base)} packages needed", f"{', '.join(missing)} missing: install mockserver again, in a checkout by `make serve`" if missing else ""
    )
    lacking = sorted({extra for module, extra in MODULES.items() if find_spec(module) is None})
    yield Diagnosis(f"not installed: the extra {' and '.join(lacking)}" if lacking else "every extra is installed")


def _needed_here(requirement: str) -> list[str]:
    """The distribution that a requirement names, unless it is for another system."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    return [] if found is None or ("sys_platform" in requirement and sys.platform == "win32") else [found[0]]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _check_documents(specs: Path | None) -> Iterator[Diagnosis]:
    from mockserver.app import ServerSettings, create_app  # noqa: PLC0415 - an error on import is a finding
    from mockserver.openapi.documents import SPECS  # noqa: PLC0415
    from mockserver.openapi.errors import SetupError  # noqa: PLC0415 - likewise

    try:
        app = create_app(ServerSettings(specs=specs or SPECS))
    except SetupError as error:
        yield Diagnosis("documents and handlers do not fit together", str(error))
    except ImportError as error:
        yield Diagnosis("the server cannot be loaded", f"{error}: run `make serve`, which installs what is missing")
    else:
        yield Diagnosis(f"{len(app.vendors)} APIs with {len(app.control.operations)} operations: {', '.join(app.vendors)}")


def _check_proxies(url: str) -> Diagnosis:
    host = urlsplit(url).hostname or ""
    proxy = getproxies().get("http")
    if not proxy or proxy_bypass(host):
        return Diagnosis("no proxy between apps and the mock")
    return Diagnosis("a proxy is set for HTTP", f"apps would reach {host} through it: set NO_PROXY={host}")


def _check_open_files() -> Iterator[Diagnosis]:
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    yield Diagnosis(f"{allowed} files may be open", "" if allowed >= FILES else f"many connections at once will fail: run `ulimit -n {FILES * 4}`")


def _check_server(url: str, world: str, token: str | None) -> Iterator[Diagnosis]:
    parts = urlsplit(url)
    try:
        with Mock(url, world, token) as mock:
            health = mock.call("GET", "/health")
            yield Diagnosis(
                f"a server answers at {url}: version {health['version']}, world {health['world']}, {health['now']}",
                _compare_version(health["version"]),
            )
            worlds = mock.call("GET", "/worlds", params={"limit": 1})["total"]
            clock = mock.call("GET", "/clock")
    except Refused as error:
        if error.status in (401, 403):
            yield Diagnosis(
                "the control plane refuses access",
                "set MOCKSERVER_TOKEN (or --token) to the token that the server printed at start, or call it as localhost",
            )
        elif error.status:
            yield Diagnosis(f"something else answers at {url}", f"it says {error.text[:200]}; choose another address with --url")
        else:
            yield _diagnose_silence(url, parts.hostname or "127.0.0.1", parts.port or 80)
        return
    yield Diagnosis(f"{worlds} worlds")
    variable = os.environ.get("MOCKSERVER_WORLD")
    yield Diagnosis(f"the clock of {world} is {clock['mode']} at {clock['now']}" + (f" (MOCKSERVER_WORLD={variable})" if variable else ""))


def _compare_version(served: str) -> str:
    try:
        here = version("mockserver")
    except PackageNotFoundError:
        return ""
    return "" if served == here else f"it is version {served}, this command is {here}: restart the server"


def _diagnose_silence(url: str, host: str, port: int) -> Diagnosis:
    try:
        with socket.create_connection((host, port), timeout=2):
            return Diagnosis(f"something listens at {url}, but does not answer HTTP", "stop it, or choose another port with --port")
    except OSError:
        return Diagnosis(f"no server at {url}", f"start one with `mockserver serve --port {port}`, or name its address with --url or MOCKSERVER_URL")
