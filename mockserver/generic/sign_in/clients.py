"""The client that calls a token endpoint: by HTTP Basic, or by fields of the form."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from mockserver.core.base.requests import Request
from mockserver.generic.sign_in.errors import OAuthError
from mockserver.generic.sign_in.tokens import REFUSED


@dataclass(frozen=True, slots=True)
class Client:
    """A client; ``name`` is empty if it does not say who it is."""

    name: str


def read_client(request: Request, body: Mapping[str, Any]) -> Client:
    """The client of a call. Raises OAuthError if its credentials cannot be read, or say themselves that they are no good."""
    name, secret = str(body.get("client_id", "")), str(body.get("client_secret", ""))
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(sent.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise OAuthError("invalid_client", "the Basic credential cannot be read", 401) from None
        name, _, secret = (unquote_plus(part) for part in decoded.partition(":"))
    if name.lower().startswith(REFUSED) or secret.lower().startswith(REFUSED):
        raise OAuthError("invalid_client", "client_id or client_secret is wrong", 401)
    return Client(name)
