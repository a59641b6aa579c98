"""Tokens by mail, with which a user can be changed. Source: "Tokens"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from mockserver import Reply, Transaction
from mockserver.apis.backoffice.state import EDIT_TOKENS, EditToken, user_by

LIFETIME = timedelta(hours=1)
BITS = 80
"""Of a token, which the page shows as 20 hexadecimal digits."""


def create_token(world: Transaction, body: Mapping[str, Any]) -> Reply:
    """Send a new token to a user. Earlier tokens stay valid until they expire; expired ones are deleted."""
    user = user_by(world, body["user_id"])
    tokens = world.table(EDIT_TOKENS)
    for held in list(tokens.select("user", user.id)):
        if held.expires_at <= world.now:
            tokens.remove(held.id)
    token = f"{world.chance('backoffice.edit_token').getrandbits(BITS):0{BITS // 4}x}"
    tokens.add(EditToken(world.draw("backoffice.edit_token"), user.id, token, world.now + LIFETIME))
    text = f"Hello {user.first_name}, use this token to edit your profile: {token}. It expires in 1 hour."
    world.send("backoffice", "mail", user.email, text, subject="Your security token", codes=(token,))
    return Reply(200, {"message": "A token was sent to you email. It expires in 1 hour."})
