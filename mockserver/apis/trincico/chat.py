"""Chats over polling. Source: "Routes"; lists, counts and storing are the engine's, who may write to whom is decided here."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from mockserver import Reply, Transaction, VendorFault
from mockserver.apis.trincico import events, projections
from mockserver.apis.trincico.blocks import find_blocked
from mockserver.apis.trincico.community import CHATS, Chat
from mockserver.apis.trincico.ownership import any_service
from mockserver.apis.trincico.state import USERS, User

PUSHER_KEY, PUSHER_SECRET = "trincico-pusher-key", b"trincico-pusher-secret"
_PREFIXES = ("private-user-", "private-chat-")


def create_chat(world: Transaction, caller: User, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """The chat with a user, or with the owner of a service; a new one if there is none."""
    service = any_service(world, body["service_id"]) if "service_id" in body else None
    other = world.table(USERS).get(body.get("user_id", "").lower() if service is None else service.owner_id)
    if other is None or not other.active:
        raise VendorFault("not_found")
    if other.id == caller.id:
        raise VendorFault("non_processable")
    _need_no_block(world, caller, other.id)
    pair = {caller.id, other.id}
    held = next((chat for chat in world.table(CHATS).all() if {chat.user_id, chat.other_id} == pair), None)
    if held is None:
        return infer(other_id=other.id, service_id=None if service is None else service.id)
    seen = world.table(CHATS).change(held, hidden_for=tuple(name for name in held.hidden_for if name != caller.id))
    return Reply(201, projections.chat(world, seen, caller))


def delete_chat(world: Transaction, caller: User, chat_id: str, infer: Callable[..., Reply]) -> Reply:
    """Hide a chat from the caller."""
    chat = world.table(CHATS).get(chat_id) or world.table(CHATS).get(chat_id.lower())
    return infer(hidden_for=(caller.id,) if chat is None else (*chat.hidden_for, caller.id))


def send_message(world: Transaction, caller: User, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Send a message in a chat of the caller; the other user gets a notice, and sees the chat again."""
    chat = _own_chat(world, caller, body["chat_id"])
    other = chat.other_id if caller.id == chat.user_id else chat.user_id
    _need_no_block(world, caller, other)
    reply = infer(chat_id=chat.id)
    world.table(CHATS).change(chat, hidden_for=())
    events.written(world, chat, caller, other)
    return reply


def mark_message_received(world: Transaction, caller: User, body: Mapping[str, Any], infer: Callable[..., Reply]) -> Reply:
    """Mark messages of a chat of the caller as received."""
    _own_chat(world, caller, body["chat_id"])
    return infer()


def authorize_pusher_channel(world: Transaction, caller: User, body: Mapping[str, Any]) -> Reply:
    """Sign a private channel: of the caller, or of one of the caller's chats."""
    channel = body["channel_name"]
    prefix = next((one for one in _PREFIXES if channel.startswith(one)), "")
    named = channel.removeprefix(prefix)
    chat = world.table(CHATS).get(named) if prefix == "private-chat-" else None
    if not (prefix == "private-user-" and named == caller.id) and not _is_member(chat, caller):
        raise VendorFault("forbidden_resource")
    signature = hmac.new(PUSHER_SECRET, f"{body['socket_id']}:{channel}".encode(), sha256).hexdigest()
    return Reply(200, {"auth": f"{PUSHER_KEY}:{signature}"})


def _own_chat(world: Transaction, caller: User, chat_id: str) -> Chat:
    """A chat of the caller. Raises not_found."""
    chat = world.table(CHATS).get(chat_id)
    if chat is None or not _is_member(chat, caller):
        raise VendorFault("not_found")
    return chat


def _is_member(chat: Chat | None, caller: User) -> bool:
    return chat is not None and caller.id in (chat.user_id, chat.other_id)


def _need_no_block(world: Transaction, caller: User, other_id: str) -> None:
    """Raise forbidden_resource if one of the two has blocked the other."""
    if other_id in find_blocked(world, caller.id):
        raise VendorFault("forbidden_resource")
