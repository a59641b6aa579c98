"""The mock as a real target: one shared state, no control plane, and a target file as its owner would write it."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

from contract_tests.suite.harness.target import Target
from mockserver.openapi.documents import load_document
from tests.verify.servers import serving

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from tests.verify.servers import Handler

NOT_PASSED = {"content-length", "accept-encoding", "connection", "x-mock-world"}
"""Headers that are not passed on; ``Host`` is, so that links lead back here."""
NOT_ANSWERED = {"content-length", "content-encoding", "transfer-encoding", "connection"}
"""Headers of an answer that this server sets itself."""

EXAMPLE, INVENTED = [("prefer", "dynamic=false")], [("prefer", "dynamic=true")]
"""Answers of a stub: the document's example of a success, or a generated value if there is no example."""
HOOKS = {"reset": ("POST", "/reset"), "outbox": ("GET", "/outbox")}
"""Actions that only the owner can do, by name: the method, and the path of the control plane behind it."""


@contextlib.contextmanager
def plain(origin: str, slug: str, folder: Path, *, hooks: Collection[str] = (), stubbed: bool = False) -> Iterator[str]:
    """The base URL of a target without worlds, described by ``contract.toml`` in a folder; changes of a run persist.

    ``hooks`` names the entries of ``HOOKS`` that the target file gives; by default none. ``stubbed`` answers every call with the document's example
    of a success and keeps no state, like a stub that was generated from the document.
    """
    world = f"plain-{uuid.uuid4().hex}"
    prefix = f"/~{world}"

    def handle(handler: Handler) -> None:
        path = handler.path.removeprefix(prefix)
        hook = HOOKS.get(path.removeprefix("/staging/"), ("", None))[1] if path.startswith("/staging/") else None
        if hook is not None:
            path = f"/_mock{hook}"
        elif path.startswith(("/_mock", "/~")):
            handler.answer(404, b'{"error": "not found"}')
            return
        kept = [(name, value) for name, value in handler.headers.items() if name.lower() not in NOT_PASSED]
        kept.append(("x-mock-world", world))
        answer = client.request(handler.command, path, headers=[*kept, *EXAMPLE] if stubbed else kept, content=handler.body)
        if "The document has no such answer" in answer.text:
            answer = client.request(handler.command, path, headers=[*kept, *INVENTED], content=handler.body)
        handler.send_response_only(answer.status_code)
        for name, value in answer.headers.multi_items():
            if name not in NOT_ANSWERED:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(answer.content)
        handler.wfile.flush()

    with httpx.Client(base_url=origin, timeout=60, follow_redirects=False, trust_env=False) as client, serving(handle) as shown:
        url = shown + load_document(slug).base_path
        found = Target.discover(slug, origin + load_document(slug).base_path)
        assert urlsplit(url).netloc != urlsplit(origin).netloc
        (folder / "contract.toml").write_text(_file(slug, url, found, {name: f"{HOOKS[name][0]} {shown}/staging/{name}" for name in hooks}))
        yield url


def _file(slug: str, url: str, target: Target, hooks: dict[str, str]) -> str:
    """A target file with everything that its owner knows. JSON strings are valid TOML strings."""
    lines = [f"api = {json.dumps(slug)}", f"base_url = {json.dumps(url)}"]
    for table, roles in (("credentials", target.credentials), ("logins", target.logins)):
        for role, values in roles.items():
            lines += [f"[{table}.{_key(role)}]", *(f"{_key(name)} = {json.dumps(value)}" for name, value in values.items())]
    lines += ["[known]", *(f"{_key(name)} = {json.dumps(str(value))}" for name, value in target.known.items())]
    lines += ["[hooks]", *(f"{name} = {json.dumps(value)}" for name, value in hooks.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return json.dumps(name)
