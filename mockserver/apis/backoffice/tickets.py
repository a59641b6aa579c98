"""Questions of members. Source: "Operaciones de tickets"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mockserver import DeferredViolations, Reply, Transaction
from mockserver.apis.backoffice.faults import wrong
from mockserver.apis.backoffice.messages import add_message
from mockserver.apis.backoffice.shown import moment
from mockserver.apis.backoffice.state import TICKETS, USERS, Ticket

NEW = "New"


def list_user_tickets(world: Transaction, id: int) -> Reply:
    """The tickets of a user, oldest first; an unknown user has none (backoffice.D25)."""
    found = world.table(TICKETS).select("user", id)
    return Reply(
        200,
        {
            "list": [
                {"id": ticket.id, "subject": ticket.subject, "created_at": moment(ticket.created_at), "status": ticket.status} for ticket in found
            ]
        },
    )


def create_user_ticket(world: Transaction, body: Mapping[str, Any], late: DeferredViolations) -> Reply:
    """Open a ticket, whose comment is its first message (backoffice.D33). All violations are reported at once, with 404 (backoffice.D01)."""
    user_id = late.sound(body).get("user_id")
    is_unknown = user_id is not None and user_id not in world.table(USERS)
    late.refuse(*[wrong("user_id", "user_unknown")] * is_unknown)
    ticket = world.table(TICKETS).add(Ticket(world.draw("backoffice.ticket"), body["user_id"], body["subject"], NEW, world.now))
    add_message(world, ticket.id, body["comment"])
    return Reply(200, {"message": "Ticket created successfully."})
