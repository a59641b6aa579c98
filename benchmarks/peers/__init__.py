"""The servers of the comparison: how each is installed, started and called, and what it checks.

Peers on Node and on the JVM are installed from npm into this folder, at the versions of ``package.json``. A peer that cannot be installed is listed
with the reason.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from benchmarks.reference import payloads

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).resolve().parent
MODULES = FOLDER / "node_modules"
MADE = FOLDER / ".generated"
DOCUMENT = MADE / "reference.json"


class Missing(Exception):
    """A peer cannot be installed. The text gives the reason."""


@dataclass(frozen=True)
class Peer:
    """One server. ``command`` starts it on a port, or raises Missing; ``checks`` states what it validates; ``base`` is the document's base path."""

    name: str
    checks: str
    command: Callable[[int], list[str]]
    version: Callable[[], str]
    base: str = "/reference"
    start_up: float = 30.0
    env: dict[str, str] = field(default_factory=dict)


def install() -> str | None:
    """Install the npm packages; returns the reason if that fails."""
    if shutil.which("npm") is None:
        return "npm is not installed"
    done = subprocess.run(
        ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", "--prefix", str(FOLDER)],
        capture_output=True,
        text=True,
        check=False,
    )
    return None if done.returncode == 0 else f"npm install failed: {done.stderr.strip()[-300:]}"


def generate() -> None:
    """Write the document and the payloads in the format of each peer."""
    MADE.mkdir(exist_ok=True)
    document = payloads.document_with_examples()
    DOCUMENT.write_bytes(orjson.dumps(document))
    (MADE / "mockoon.json").write_bytes(orjson.dumps(_mockoon()))
    mappings = MADE / "wiremock" / "mappings"
    mappings.mkdir(parents=True, exist_ok=True)
    (mappings / "reference.json").write_bytes(orjson.dumps({"mappings": _wiremock(document)}))


ANSWERS: tuple[tuple[str, str, int, Any], ...] = (
    ("GET", "/reference/plans", 200, payloads.page()),
    ("GET", "/reference/plans/:plan_id", 200, payloads.plan(1)),
    ("POST", "/reference/subscriptions", 201, payloads.SUBSCRIPTION),
)


def _mockoon() -> dict[str, Any]:
    """The answers as a data file of Mockoon, which does not read examples from an OpenAPI document."""
    routes = [
        {
            "uuid": f"route-{number}",
            "type": "http",
            "method": method.lower(),
            "endpoint": path[1:],
            "responses": [
                {
                    "uuid": f"response-{number}",
                    "statusCode": status,
                    "headers": [{"key": "Content-Type", "value": "application/json"}],
                    "bodyType": "INLINE",
                    "body": orjson.dumps(body).decode(),
                    "latency": 0,
                    "disableTemplating": True,
                    "default": True,
                }
            ],
        }
        for number, (method, path, status, body) in enumerate(ANSWERS)
    ]
    return {
        "uuid": "reference",
        "name": "reference",
        "port": 3000,
        "routes": routes,
        "rootChildren": [{"type": "route", "uuid": r["uuid"]} for r in routes],
    }


def _wiremock(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers as WireMock stub mappings; the body of a creation must match the schema."""
    schema = orjson.loads(orjson.dumps(document["components"]["schemas"]["NewSubscription"]).replace(b"#/components/schemas/", b"#/$defs/"))
    schema["$defs"] = orjson.loads(orjson.dumps(document["components"]["schemas"]).replace(b"#/components/schemas/", b"#/$defs/"))
    made = []
    for method, path, status, body in ANSWERS:
        request: dict[str, Any] = {"method": method, "headers": {"X-Api-Key": {"equalTo": payloads.KEY}}}
        if ":" in path:
            request["urlPathPattern"] = path.partition(":")[0] + "[0-9]+"
        else:
            request["urlPath"] = path
        if method == "POST":
            request["bodyPatterns"] = [{"matchesJsonSchema": orjson.dumps(schema).decode(), "schemaVersion": "V202012"}]
        answer = {"status": status, "headers": {"Content-Type": "application/json"}, "body": orjson.dumps(body).decode()}
        made.append({"request": request, "response": answer})
    return made


def _python(module: str, *more: str) -> Callable[[int], list[str]]:
    return lambda port: [sys.executable, "-m", module, str(port), *more]


def _npm(package: str, file: str = "package.json") -> str:
    """A file of an installed package, by a pattern."""
    found = sorted((MODULES / package).glob(file))
    if not found:
        raise Missing(f"{package} could not be installed from npm")
    return str(found[0])


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def _node(package: str, script: str, *more: str) -> Callable[[int], list[str]]:
    return lambda port: [_program("node"), _npm(package, script), *(word.replace("PORT", str(port)) for word in more)]


def _java(package: str, jar: str, *more: str) -> Callable[[int], list[str]]:
    return lambda port: [_program("java"), "-jar", _npm(package, jar), *(word.replace("PORT", str(port)) for word in more)]


def _own_script(script: str, package: str | None, *more: str) -> Callable[[int], list[str]]:
    def command(port: int) -> list[str]:
        if package is not None:
            _npm(package)
        return [_program("node"), str(FOLDER / script), str(port), str(DOCUMENT), *more]

    return command


def _package_version(package: str) -> Callable[[], str]:
    return lambda: str(orjson.loads(Path(_npm(package)).read_bytes())["version"])


@cache
def runtime(name: str) -> str:
    """The version that a runtime prints: its first dotted number."""
    said = subprocess.run([_program(name), "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\d+(?:\.\d+)+", said.stdout + said.stderr)
    return found.group() if found else "?"


def _python_versions(*names: str) -> Callable[[], str]:
    return lambda: ", ".join(f"{name} {version(name)}" for name in names)


OURS = "this server"
PEERS = (
    Peer(OURS, "requests and answers", _python("benchmarks.reference.vendor"), _python_versions("mockserver")),
    Peer(
        "Prism, logging silenced",
        "requests",
        _node("@stoplight/prism-cli", "dist/index.js", "mock", "--port", "PORT", "--verboseLevel", "silent", str(DOCUMENT)),
        _package_version("@stoplight/prism-cli"),
        base="",
    ),
    Peer("openapi-backend", "requests", _own_script("openapi_backend.mjs", "openapi-backend", payloads.KEY), _package_version("openapi-backend")),
    Peer(
        "Connexion AsyncApp, response validation", "requests and answers", _python("benchmarks.peers.stock_connexion"), _python_versions("connexion")
    ),
    Peer(
        "WireMock, no request journal",
        "the body of POST, the key",
        _java(
            "wiremock", "build/*.jar", "--port", "PORT", "--bind-address", "127.0.0.1", "--no-request-journal", "--root-dir", str(MADE / "wiremock")
        ),
        _package_version("wiremock"),
    ),
    Peer(
        "Mockoon, fixed answers",
        "nothing",
        _node(
            "@mockoon/cli",
            "bin/run.js",
            "start",
            "--data",
            str(MADE / "mockoon.json"),
            "--port",
            "PORT",
            "--hostname",
            "127.0.0.1",
            "--disable-admin-api",
            "--disable-log-to-file",
            "--repair",
        ),
        _package_version("@mockoon/cli"),
    ),
    Peer(
        "Specmatic",
        "requests",
        _java("specmatic", "specmatic.jar", "mock", "--port", "PORT", "--host", "127.0.0.1", str(DOCUMENT)),
        _package_version("specmatic"),
        base="",
        start_up=90.0,
    ),
    Peer(
        "Starlette + uvicorn, ready bytes", "nothing (a limit)", _python("benchmarks.peers.bare_starlette"), _python_versions("starlette", "uvicorn")
    ),
    Peer(
        "Starlette + uvicorn, JSONResponse",
        "nothing (a limit)",
        _python("benchmarks.peers.bare_starlette", "encoded"),
        _python_versions("starlette", "uvicorn"),
    ),
    Peer("ASGI function + uvicorn, ready bytes", "nothing (a limit)", _python("benchmarks.peers.bare_asgi"), _python_versions("uvicorn")),
    Peer("Node's http, ready bytes", "nothing (a limit)", _own_script("bare_node.mjs", None), lambda: f"Node {runtime('node')}"),
)


def environment(peer: Peer) -> dict[str, str]:
    """The environment of a peer's process: ours, without the variables of debuggers and tracers."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}, **peer.env}
