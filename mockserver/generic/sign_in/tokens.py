"""The codes and tokens that a world has issued, and the check of credentials."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from mockserver.core.base.faults import Unauthenticated
from mockserver.core.state.tables import Table
from mockserver.core.state.world import Transaction
from mockserver.generic.sign_in.signatures import is_signed_here, sign

KEY, TOKEN, USER, PASSWORD = "demo-key", "demo-token", "demo", "demo"
REFUSED = ("invalid", "expired", "wrong", "revoked")
"""How a credential begins that is refused with that reason."""
ACCESS_SECONDS = 3600
CODE_SECONDS = 600
_OPAQUE = "mock-at-"
"""How an opaque access token begins."""

IssuedKind = Literal["code", "access", "refresh"]
AuthMode = Literal["any", "strict"]
"""Which credentials are accepted: any that does not say itself that it is no good, or the published and the issued ones only."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A code or token. ``chain`` is shared by all that come from one sign-in. ``is_spent`` is set if it is no good any more."""

    id: int
    kind: IssuedKind
    text: str
    chain: int
    client: str
    subject: str
    scopes: tuple[str, ...]
    expires_at: datetime | None = None
    redirect_uri: str = ""
    challenge: str = ""
    challenge_method: str = ""
    nonce: str = ""
    is_spent: bool = False


class IssuedTokens:
    """The codes and tokens of one document.

    ``scopes`` are those that the document names. With ``as_jwt`` access tokens are JSON Web Tokens, else opaque texts.
    """

    def __init__(self, slug: str, scopes: Mapping[str, str], *, mode: AuthMode, as_jwt: bool, taken: Collection[str]) -> None:
        name = "issued-token"
        while name in taken:
            name += "-"
        self.table: Table[Issued] = Table(
            f"{slug}.{name}", Issued, {"text": "text", "chain": "chain"}, secrets=("text", "challenge"), is_bookkeeping=True
        )
        self.scopes = scopes
        self._mode = mode
        self._as_jwt = as_jwt
        self._issuer = slug

    def issue(
        self,
        world: Transaction,
        kind: IssuedKind,
        client: str,
        subject: str,
        scopes: tuple[str, ...],
        *,
        seconds: int | None = ACCESS_SECONDS,
        chain: int | None = None,
        text: str | None = None,
        **more: Any,
    ) -> Issued:
        """Store a new code or token, by default with a text of its own; ``seconds`` after now it expires, never if that is None."""
        number = world.draw(self.table.name)
        expires = None if seconds is None else world.now + timedelta(seconds=seconds)
        made = Issued(number, kind, "", number if chain is None else chain, client, subject, scopes, expires, **more)
        return world.table(self.table).add(replace(made, text=self._draw_text(world, made) if text is None else text))

    def _draw_text(self, world: Transaction, made: Issued) -> str:
        if made.kind == "access" and self._as_jwt:
            claims = {"iss": self._issuer, "sub": made.subject, "client_id": made.client, "scope": " ".join(made.scopes), "jti": str(made.id)}
            expires = {} if made.expires_at is None else {"exp": int(made.expires_at.timestamp())}
            return sign({**claims, "iat": int(world.now.timestamp()), **expires})
        return {"access": _OPAQUE, "refresh": "mock-rt-", "code": ""}[made.kind] + world.token(self.table.name)

    def find(self, world: Transaction, text: str, *kinds: IssuedKind) -> Issued | None:
        """What has this text and is one of some kinds, spent and expired ones too."""
        return next((one for one in world.table(self.table).select("text", text) if one.kind in kinds), None)

    def is_good(self, world: Transaction, issued: Issued) -> bool:
        return not issued.is_spent and (issued.expires_at is None or world.now < issued.expires_at)

    def spend(self, world: Transaction, issued: Issued) -> None:
        """Make a code or token no good any more."""
        world.table(self.table).change(issued, is_spent=True)

    def revoke_chain(self, world: Transaction, issued: Issued) -> None:
        """Make everything that comes from one sign-in no good any more."""
        for one in list(world.table(self.table).select("chain", issued.chain)):
            if not one.is_spent:
                self.spend(world, one)

    # Credentials of calls

    def verify(self, scheme: str, world: Transaction, credential: str) -> str:
        """The caller whom a credential names. Raises Unauthenticated."""
        plain = credential.strip()
        issued = self.find(world, plain, "access")
        if issued is not None:
            if not self.is_good(world, issued):
                raise Unauthenticated(scheme, "revoked" if issued.is_spent else "expired")
            return issued.subject
        if not plain or plain.lower().startswith(REFUSED):
            raise Unauthenticated(scheme, next((word for word in REFUSED if plain.lower().startswith(word)), "wrong"))
        if plain.startswith(_OPAQUE) or is_signed_here(plain):
            raise Unauthenticated(scheme, "issued in another world, or before a reset")
        if self._mode == "strict" and plain.partition(":")[0] not in (KEY, TOKEN) and plain != f"{USER}:{PASSWORD}":
            raise Unauthenticated(scheme, "unknown")
        return plain

    def scopes_of(self, world: Transaction, credential: str) -> Collection[str] | None:
        """The scopes of a credential, None if it has all: an issued token has its own, and ``demo-token:read,write`` has those that it names."""
        issued = self.find(world, credential.strip(), "access")
        if issued is not None:
            return issued.scopes
        plain, colon, named = credential.strip().partition(":")
        return named.replace(",", " ").split() if plain == TOKEN and colon else None
