"""Operations of a document that hand out tokens, and those that take them back.

A login takes a password, a grant or a refresh token and answers with a token; that token is then accepted. A logout makes the token that it is called
with no good any more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from mockserver.core.base.faults import Unauthenticated
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.handlers import OperationPlayer
from mockserver.generic.sign_in.tokens import ACCESS_SECONDS, REFUSED, USER, IssuedTokens
from mockserver.generic.values import ValueMaker
from mockserver.openapi.inference.model import Kind
from mockserver.openapi.inference.shapes import body_schema
from mockserver.openapi.inference.words import fold

_SECRETS = frozenset("password passwd pwd pin granttype clientsecret refreshtoken apisecret otp".split())
_NAMES = frozenset("username email login user clientid phone account".split())
_TOKENS = frozenset("accesstoken token authtoken jwt idtoken sessiontoken bearertoken authenticationtoken accesskey".split())
_LIFETIMES = frozenset("expiresin expiresinseconds tokenexpiresin".split())
_LEAVING = re.compile(r"/(?:log-?_?out|sign-?_?out|revoke)/?$", re.IGNORECASE)
_LEVELS = 3
"""Levels of an answer in which a token is looked for."""


def wrap_login(player: OperationPlayer, tokens: IssuedTokens) -> Callable[..., Reply]:
    """The handler of an operation. That of a login issues the token that it answers with, that of a logout revokes the caller's."""
    if is_login(player):
        return _make_login(player, tokens)
    if player.role.kind is Kind.ANSWER and player.spec.method in ("POST", "DELETE") and _LEAVING.search(player.spec.path):
        return _make_logout(player, tokens)

    def handle(world: Transaction, request: Request, sent: Sent) -> Reply:
        return player(world, request, sent)

    return handle


def is_login(player: OperationPlayer) -> bool:
    """Whether an operation takes a secret and answers with a token."""
    if player.spec.method != "POST":
        return False
    values, schema = player.engine.values, body_schema(player.spec)
    sent = {fold(name) for name in values.shapes.of(schema).properties} if schema is not None else set()
    chosen = player.answers.success.media("")
    if not sent & _SECRETS or chosen is None:
        return False
    return any(True for _ in _token_schemas(values, chosen[1].get("schema", {}), 0))


def _token_schemas(values: ValueMaker, schema: Any, depth: int) -> Iterator[Any]:
    shape = values.shapes.of(schema)
    for name, inner in shape.properties.items() if depth < _LEVELS else ():
        part = values.shapes.of(inner)
        if fold(name) in _TOKENS and "string" in part.kinds and not part.enum:
            yield inner
        elif part.is_object:
            yield from _token_schemas(values, inner, depth + 1)


def _make_login(player: OperationPlayer, tokens: IssuedTokens) -> Callable[..., Reply]:
    values = player.engine.values
    chosen = player.answers.success.media("")
    schema: Any = chosen[1].get("schema", {}) if chosen is not None else {}

    def handle(world: Transaction, request: Request, sent: Sent) -> Reply:
        fields = {fold(name): value for name, value in sent.body.items() if isinstance(value, str)} if isinstance(sent.body, dict) else {}
        for name in _SECRETS | _NAMES:
            if fields.get(name, "").lower().startswith(REFUSED):
                raise Unauthenticated("login", "wrong")
        reply = player(world, request, sent)
        if not isinstance(reply.body, dict):
            return reply
        subject = next((fields[name] for name in sorted(_NAMES) if fields.get(name)), USER)
        scopes = tuple(fields.get("scope", "").split()) or tuple(tokens.scopes)
        made = tokens.issue(world, "access", fields.get("clientid", ""), subject, scopes)
        told = _with_token(reply.body, made.text, 0)
        if player.role.kind is Kind.ANSWER and values.is_valid(schema, told):
            return replace(reply, body=told)
        for shown in _tokens_in(reply.body, 0):  # a token with a form of its own: it is accepted as it is shown
            tokens.issue(world, "access", made.client, subject, scopes, chain=made.chain, text=shown)
        return reply

    return handle


def _with_token(body: Any, token: str, depth: int) -> Any:
    """An answer with a token in its fields of that name, and with the seconds after which it expires."""
    if not isinstance(body, dict) or depth > _LEVELS:
        return body
    told: dict[str, Any] = {}
    for name, value in body.items():
        folded = fold(name)
        if folded in _TOKENS and isinstance(value, str):
            told[name] = token
        elif folded in _LIFETIMES and isinstance(value, int) and not isinstance(value, bool):
            told[name] = ACCESS_SECONDS
        else:
            told[name] = _with_token(value, token, depth + 1)
    return told


def _tokens_in(body: Any, depth: int) -> Iterator[str]:
    if isinstance(body, dict) and depth <= _LEVELS:
        for name, value in body.items():
            if fold(name) in _TOKENS and isinstance(value, str):
                yield value
            else:
                yield from _tokens_in(value, depth + 1)


def _make_logout(player: OperationPlayer, tokens: IssuedTokens) -> Callable[..., Reply]:
    def handle(world: Transaction, request: Request, sent: Sent) -> Reply:
        reply = player(world, request, sent)
        _, _, sent_token = request.headers.get("authorization", "").partition(" ")
        issued = tokens.find(world, sent_token.strip(), "access")
        if issued is not None:
            tokens.revoke_chain(world, issued)
        return reply

    return handle
