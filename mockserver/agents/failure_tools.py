"""Tools that make calls fail on purpose, judge an implementation, and explain a document."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from mockserver.agents.bounds import Offset, PageSize, bound, cut
from mockserver.agents.connection import ServerConnection
from mockserver.agents.vendor_tools import Slug, World
from mockserver.openapi.documents import Document, list_slugs
from mockserver.openapi.errors import SetupError
from mockserver.openapi.foreign.sources import choose_source
from mockserver.openapi.inference.explanation import explain
from mockserver.openapi.inference.infer import infer

TICK = 0.25
"""Seconds between two looks at a run."""
TOLD = 20
"""Lines of a run's output that are shown, the last ones."""
Wait = Annotated[int, Field(ge=0, le=50, description="Seconds to wait for the end of the run; it goes on if they are over.")]


def fault_tools(connection: ServerConnection) -> list[Callable[..., Any]]:
    """The tools about fault rules."""

    def list_faults(offset: Offset = 0, limit: PageSize = 50, world: World = "") -> dict[str, Any]:
        """List the fault rules of a world, how often each was applied, and the presets that add_fault takes."""
        presets = {one["name"]: one["description"] for one in connection.call("GET", "/faults/presets", world=world)["presets"]}
        return bound({**cut("rules", connection.call("GET", "/faults", world=world)["rules"], offset, limit), "presets": presets})

    def add_fault(
        preset: Annotated[str, Field(description="Name of a preset, such as lost-answer; list_faults shows all.")] = "",
        api: Annotated[str, Field(description="Only calls of this API.")] = "",
        operation: Annotated[str, Field(description="Only calls of this operation; needs api.")] = "",
        fields: Annotated[
            dict[str, Any] | None,
            Field(description='Further fields of the rule, such as {"answer": {"code": "…"}}, {"first": 2}, {"nth": 3}, {"delay": 1.5}.'),
        ] = None,
        world: World = "",
    ) -> dict[str, Any]:
        """Make calls fail: by a preset, with a documented status or code, late, or broken on the wire. The answer is the rule."""
        given = {name: value for name, value in {"preset": preset, "api": api, "operation": operation}.items() if value}
        if not given and not fields:
            raise ToolError("name a preset, or give the fields of a rule; list_faults shows the presets")
        return bound(connection.call("POST", "/faults", {**given, **(fields or {})}, world=world))

    def remove_faults(
        rule: Annotated[int | None, Field(ge=1, description="Id of one rule; all go without it.")] = None, world: World = ""
    ) -> dict[str, Any]:
        """Remove one fault rule, or all of a world."""
        connection.call("DELETE", "/faults" if rule is None else f"/faults/{rule}", world=world)
        return {"removed": "all" if rule is None else rule}

    return [list_faults, add_fault, remove_faults]


def judging_tools(connection: ServerConnection, *, reads_files: bool) -> list[Callable[..., Any]]:
    """The tools that judge implementations and documents. ``reads_files`` says whether a caller may name files and addresses of this machine."""

    def verify_url(
        api: Slug,
        url: Annotated[str, Field(description="Base URL of the implementation; this mock if it is empty.")] = "",
        level: Annotated[Literal["quick", "standard"], Field(description="How much is tried.")] = "quick",
        seconds: Annotated[int, Field(ge=5, le=600, description="Time budget of the run.")] = 60,
        wait: Wait = 30,
    ) -> dict[str, Any]:
        """Judge an implementation of an API with the contract suite. The server calls only itself and what its --allow-targets names."""
        body = {"api": api, "level": level, "seconds": seconds} | ({"url": url} if url else {})
        connection.call("POST", "/conformance", body)
        return _wait(connection, wait)

    def show_verification(wait: Wait = 0, offset: Offset = 0, limit: PageSize = 10) -> dict[str, Any]:
        """Show the current or the last run of the contract suite; its findings when it has ended."""
        return _wait(connection, wait, offset, limit)

    def explain_document(
        document: Annotated[str, Field(description="Slug of an API of the server; over stdio also a file or an address of an OpenAPI document.")],
        text: Annotated[str, Field(description="Only operations whose method and path contain this text.")] = "",
        offset: Offset = 0,
        limit: PageSize = 30,
    ) -> dict[str, Any]:
        """Explain what the mock understands of a document: its families of records, and the role of each operation with the reason."""
        data = _explain(connection, document, reads_files=reads_files)
        operations = [{"call": label, **told} for label, told in data["operations"].items() if text.casefold() in label.casefold()]
        return bound({"families": data["families"], **cut("operations", operations, offset, limit)})

    return [verify_url, show_verification, explain_document]


def _wait(connection: ServerConnection, seconds: int, offset: int = 0, limit: int = 10) -> dict[str, Any]:
    """The run, after it has ended or the time is over."""
    end = time.monotonic() + seconds
    found = connection.call("GET", "/conformance")
    while found["state"] == "running" and time.monotonic() < end:
        time.sleep(TICK)
        found = connection.call("GET", "/conformance")
    told = {**found, "lines": found["lines"][-TOLD:]}
    if found["state"] == "running":
        return bound({**told, "hint": "the run goes on; ask show_verification"})
    if not found["report"]:
        return bound(told)
    report = connection.call("GET", "/conformance/report")
    return bound({**told, "summary": report.get("summary"), **cut("findings", report.get("findings", []), offset, limit)})


def _explain(connection: ServerConnection, document: str, *, reads_files: bool) -> dict[str, Any]:
    slugs = [api["slug"] for api in connection.call("GET", "/apis")["apis"]]
    if not reads_files and document not in slugs:
        raise ToolError(f"over HTTP only documents of the server are explained, not {document!r}; there are {', '.join(slugs)}")
    try:
        is_published_only = document in slugs and document not in list_slugs()
        found = _read_published(connection, document) if is_published_only else choose_source(document).document
        return explain(found, infer(found))
    except SetupError as error:
        raise ToolError(str(error)) from None


def _read_published(connection: ServerConnection, slug: str) -> Document:
    """A document that the server was given, as it publishes it, with the defects of the file repaired."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{slug}.json"
        file.write_text(json.dumps(connection.read_document(slug).raw), encoding="utf-8")
        return choose_source(str(file)).document
