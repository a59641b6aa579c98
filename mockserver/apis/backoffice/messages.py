"""Messages of a ticket, written by its opening and by its answers."""

from __future__ import annotations

from html import escape

from mockserver import Transaction
from mockserver.apis.backoffice.state import THREADS, Thread


def add_message(world: Transaction, ticket_id: int, text: str) -> Thread:
    """Add a message; the text is kept as HTML, in a div (backoffice.D33)."""
    content = f"<div>{escape(text, quote=False)}</div>"
    return world.table(THREADS).add(Thread(world.draw("backoffice.thread"), ticket_id, content, world.now))
