"""The conversation in a ticket. Source: "Operaciones de threads"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import DeferredViolations, Reply, Transaction
from mockserver.apis.backoffice.faults import wrong
from mockserver.apis.backoffice.messages import add_message
from mockserver.apis.backoffice.shown import moment
from mockserver.apis.backoffice.state import THREADS, TICKETS


def list_threads(world: Transaction, id: int) -> Reply:
    """The messages of a ticket, oldest first; an unknown ticket has none (backoffice.D25)."""
    found = world.table(THREADS).select("ticket", id)
    return Reply(200, {"list": [{"id": thread.id, "content": thread.content, "created_at": moment(thread.created_at)} for thread in found]})


def create_thread(world: Transaction, body: Mapping[str, Any], late: DeferredViolations) -> Reply:
    """Add a message to a ticket. All violations are reported at once, with 404 (backoffice.D02)."""
    ticket_id = late.sound(body).get("ticket_id")
    is_unknown = ticket_id is not None and ticket_id not in world.table(TICKETS)
    late.refuse(*[wrong("ticket_id", "ticket_unknown")] * is_unknown)
    add_message(world, body["ticket_id"], body["content"])
    return Reply(200, {"message": "Ticket thread created successfully."})
