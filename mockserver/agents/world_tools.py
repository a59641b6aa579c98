"""Tools about a world: its journal, records, changes, clock, messages, and the worlds and snapshots that can be made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from mockserver.agents.bounds import Offset, PageSize, bound, cut, page
from mockserver.agents.connection import ServerConnection
from mockserver.agents.vendor_tools import Number, Slug, World
from mockserver.testing.parts import write_parameter

SAID = {
    "advance": "a duration such as P31D or PT1H",
    "shift": "a duration such as P1D or -PT1H",
    "freeze": "a moment such as 2026-01-01T00:00:00Z",
    "run_from": "a moment such as 2026-01-01T00:00:00Z",
}
"""What a change of the clock takes as its value."""
Name = Annotated[str, Field(min_length=1, max_length=64, description="Name of a snapshot or of a world.")]


def journal_tools(connection: ServerConnection) -> list[Callable[..., Any]]:
    """The tools that read what was called."""

    def search_journal(
        api: Annotated[str, Field(description="Only calls of this API.")] = "",
        operation: Annotated[str, Field(description="Only calls of this operation.")] = "",
        method: Annotated[str, Field(description="Only this method, in capitals.")] = "",
        path: Annotated[str, Field(description="A text that the path contains.")] = "",
        status: Annotated[str, Field(description="A status such as 404, or a class such as 4xx.")] = "",
        text: Annotated[str, Field(description="A text that path, query or a body contains.")] = "",
        changed: Annotated[bool | None, Field(description="Only calls that changed the world, or only the others.")] = None,
        before: Annotated[int | None, Field(ge=1, description="Only calls before this number; take `next_before` for the page before.")] = None,
        limit: PageSize = 20,
        world: World = "",
    ) -> dict[str, Any]:
        """Search the recorded calls, the latest ones, oldest first. Start here after a run of an app: `status` 4xx shows what was refused."""
        given = {"api": api, "operation": operation, "method": method, "path": path, "status": status, "text": text}
        params = {name: value for name, value in given.items() if value} | {"changed": changed, "before": before, "limit": limit}
        found = connection.call("GET", "/journal", params=params, world=world)
        rows = found["exchanges"]
        more = rows[0]["number"] if rows and found["total"] > len(rows) else None
        return bound({"exchanges": rows, "total": found["total"], "dropped": found["dropped"], "next_before": more})

    def show_exchange(number: Number, world: World = "") -> dict[str, Any]:
        """Show one call whole: request, answer, findings, the records that it changed, and fields that the document does not know."""
        return bound(connection.call("GET", f"/journal/{number}", world=world))

    def read_outbox(
        to: Annotated[str, Field(description="Only messages to this address or number.")] = "",
        api: Annotated[str, Field(description="Only messages of this API.")] = "",
        text: Annotated[str, Field(description="A text that subject or body contains, regardless of case.")] = "",
        offset: Offset = 0,
        limit: PageSize = 10,
        world: World = "",
    ) -> dict[str, Any]:
        """Read the mails, SMS and webhooks that the vendors would have sent, newest first, with codes and links, webhooks with each attempt."""
        params = {name: value for name, value in {"to": to, "api": api}.items() if value}
        found = connection.call("GET", "/outbox", params=params, world=world)["messages"]
        wanted = [one for one in reversed(found) if text.casefold() in f"{one['subject']} {one['body']}".casefold()]
        return cut("messages", wanted, offset, limit)

    def resend_webhook(
        message: Annotated[int, Field(ge=1, description="Id of a webhook in the outbox, as read_outbox shows it.")], world: World = ""
    ) -> dict[str, Any]:
        """Send a webhook again now, signed for this moment. `delivery` tells what the receiver answered, in the last of its attempts."""
        return bound(connection.call("POST", f"/outbox/{message}/resend", world=world))

    return [search_journal, show_exchange, read_outbox, resend_webhook]


def state_tools(connection: ServerConnection) -> list[Callable[..., Any]]:
    """The tools that read records, and compare them."""

    def list_records(
        api: Slug,
        table: Annotated[str, Field(description="Name of a table; without it the tables are listed with how many records each has.")] = "",
        where: Annotated[dict[str, Any] | None, Field(description="Values that fields of the record have to have.")] = None,
        offset: Offset = 0,
        limit: PageSize = 20,
        world: World = "",
    ) -> dict[str, Any]:
        """List the records of a world, secrets left out."""
        if not table:
            return bound({"tables": connection.call("GET", f"/state/{api}", world=world)["tables"]})
        state = [f"{name}={write_parameter(value)}" for name, value in (where or {}).items()]
        params = {"where": state, "offset": offset, "limit": limit}
        found = connection.call("GET", f"/state/{api}/{table}", params=params, world=world)
        return page("records", found["records"], found["total"], offset)

    def show_changes(
        before: Annotated[str, Field(description="Name of the snapshot to start from; the start of the world if it is empty.")] = "",
        after: Annotated[str, Field(description="Name of the snapshot to end with; now if it is empty.")] = "",
        call: Annotated[int | None, Field(ge=1, description="Start from the state before the exchange of this number instead.")] = None,
        other: Annotated[str, Field(description="Compare with this other world as it is now instead.")] = "",
        offset: Offset = 0,
        limit: PageSize = 50,
        world: World = "",
    ) -> dict[str, Any]:
        """Show every record that was added, removed or changed, with the fields that differ."""
        params: dict[str, Any] = {name: value for name, value in {"before": before, "after": after, "call": call, "other": other}.items() if value}
        found = connection.call("GET", "/diff", params={**params, "offset": offset, "limit": limit}, world=world)
        return page("changes", found["changes"], found["total"], offset)

    return [list_records, show_changes]


def clock_tools(connection: ServerConnection) -> list[Callable[..., Any]]:
    """The tools that read and move the time of a world."""

    def show_clock(offset: Offset = 0, limit: PageSize = 20, world: World = "") -> dict[str, Any]:
        """Show the time of a world, whether its clock runs, and what is going to happen by itself."""
        timers = connection.call("GET", "/clock/timers", world=world)["timers"]
        return bound({**connection.call("GET", "/clock", world=world), **cut("timers", timers, offset, limit)})

    def move_clock(
        change: Annotated[Literal["advance", "freeze", "run_from", "shift", "next_timer", "resume"], Field(description="What to do with the clock.")],
        value: Annotated[str, Field(description="A duration such as P31D or PT1H to advance or shift, a moment such as 2026-01-01T00:00:00Z.")] = "",
        world: World = "",
    ) -> dict[str, Any]:
        """Move the time of a world. What becomes due by that happens before the next call is answered."""
        if change in SAID and not value:
            raise ToolError(f"{change} needs a value, {SAID[change]}")
        wanted: dict[str, Any] = {"to": "next_timer"} if change == "next_timer" else {change: change == "resume" or value}
        try:
            found: dict[str, Any] = connection.call("PATCH", "/clock", wanted, world=world)
        except ToolError as error:
            raise ToolError(f"{error}; write {SAID[change]}" if change in SAID else str(error)) from None
        return found

    return [show_clock, move_clock]


def world_tools(connection: ServerConnection) -> list[Callable[..., Any]]:
    """The tools that make worlds and snapshots, and go back to them."""

    def list_worlds(
        prefix: Annotated[str, Field(description="How the names begin.")] = "", offset: Offset = 0, limit: PageSize = 50
    ) -> dict[str, Any]:
        """List the worlds, the least recently used first, and the snapshots of the world of the command."""
        found = connection.call("GET", "/worlds", params={"offset": offset, "limit": limit, **({"prefix": prefix} if prefix else {})})
        snapshots = [one["name"] for one in connection.call("GET", "/snapshots")["snapshots"]]
        return bound({**page("worlds", found["worlds"], found["total"], offset), "snapshots": snapshots})

    def save_snapshot(name: Name, world: World = "") -> dict[str, Any]:
        """Save the world under a name, to go back to it or to compare with it."""
        connection.call("PUT", f"/snapshots/{_in_path(name)}", world=world)
        return {"snapshot": name, "world": world or connection.world}

    def restore_snapshot(name: Name, world: World = "") -> dict[str, Any]:
        """Restore the world from a snapshot: records, clock, messages and fault rules; the journal is kept."""
        connection.call("POST", f"/snapshots/{_in_path(name)}/restore", world=world)
        return {"restored": name, "world": world or connection.world}

    def fork_world(
        name: Name,
        snapshot: Annotated[str, Field(description="Start from this snapshot instead of now.")] = "",
        before: Annotated[int | None, Field(ge=1, description="Start from the state before the exchange of this number instead.")] = None,
        world: World = "",
    ) -> dict[str, Any]:
        """Make a new world that starts as this one is now, or as it was before. Give its name to the other tools as `world`."""
        start = {"world": world or connection.world} | ({"snapshot": snapshot} if snapshot else {}) | ({"before": before} if before else {})
        connection.call("POST", "/worlds", {"name": name, "from": start}, world=world)
        return bound({"world": name, "apis": {slug: api.base_url for slug, api in connection.mock(name).apis.items()}})

    def rewind_world(number: Number, world: World = "") -> dict[str, Any]:
        """Go back to the state before the exchange of a number; the journal is kept.

        search_journal shows which are `rewindable`, and afterwards which are `undone`.
        """
        connection.call("POST", f"/journal/{number}/rewind", world=world)
        return {"rewound": number, "world": world or connection.world}

    def reset_world(world: World = "") -> dict[str, Any]:
        """Undo everything that happened in a world since it was made; the journal is emptied, snapshots are kept."""
        found: dict[str, Any] = connection.call("POST", "/reset", {}, world=world)
        return found

    return [list_worlds, save_snapshot, restore_snapshot, fork_world, rewind_world, reset_world]


def _in_path(name: str) -> str:
    """A name as a part of a path. Raises ToolError for one that would be another path."""
    if "/" in name or name in (".", ".."):
        raise ToolError(f"{name!r} cannot be a name; write letters, digits, dots and dashes")
    return name
