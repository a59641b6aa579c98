"""The messages that the vendors would have sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockserver.core.reply import Reply

if TYPE_CHECKING:
    from mockserver.core.world import Draft


def list_messages(world: Draft) -> Reply:
    """Every message of the world, oldest first."""
    return Reply(200, {"messages": [message.to_json() for message in world.outbox.ascending()]})


def delete_messages(world: Draft) -> Reply:
    """Forget every message of the world."""
    world.clear_outbox()
    return Reply(204)
