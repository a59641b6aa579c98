"""The sign-in of a document as an API of its own, beside that of the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from faker import Faker

from mockserver.core.operation.api import Api, Credential
from mockserver.core.state.world import Transaction
from mockserver.generic.sign_in.endpoints import Endpoints, render_fault
from mockserver.generic.sign_in.tokens import TOKEN, IssuedTokens
from mockserver.openapi.documents import Document
from mockserver.openapi.foreign.read import ForeignDocument, read_foreign

_DOCUMENT = Path(__file__).with_name("oauth.yaml")
_SLUG = "{}-sign-in"
_BASE = "/_mock/oauth/{}"
"""Where the endpoints of a document are. No other document can have a path there, and no token of the control plane is needed."""

_PLACES = {"authorizationUrl": "{}/authorize", "tokenUrl": "{}/token", "refreshUrl": "{}/token"}


@dataclass
class SignInFixture:
    """No records, and the demo token for the user's address."""

    LOCALE: str = "en_US"
    SEEDED_RECORDS: Mapping[str, str] = field(default_factory=dict)

    def seed(self, world: Transaction, fake: Faker) -> None:
        """Nothing is issued in the beginning."""

    def credentials(self, _world: Transaction | None = None) -> Sequence[Credential]:
        return [Credential("demo", "A user.", {"Authorization": f"Bearer {TOKEN}"})]


def scopes_of(document: Document) -> dict[str, str]:
    """The scopes that the OAuth flows of a document name, with their meanings."""
    flows = [flow for scheme in document.security_schemes.values() for flow in _flows(scheme)]
    return {str(scope): str(meaning or "") for flow in flows for scope, meaning in (flow.get("scopes") or {}).items()}


def _flows(scheme: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = scheme.get("flows")
    return [flow for flow in found.values() if isinstance(flow, dict)] if isinstance(found, dict) else []


def needs_sign_in(document: Document) -> bool:
    """Whether a document has a security scheme of OAuth or OpenID Connect."""
    return any(scheme.get("type") in ("oauth2", "openIdConnect") for scheme in document.security_schemes.values())


def make_sign_in(document: Document, tokens: IssuedTokens) -> tuple[Api, Document, SignInFixture]:
    """The API of a document's sign-in, with its own document and fixture."""
    slug = _SLUG.format(document.slug)
    own = replace(_read().document, slug=slug).moved_to(_BASE.format(document.slug))
    titled = replace(own, raw={**own.raw, "info": {**own.raw["info"], "title": f"Sign-in to {document.title}"}})
    api = Api(
        slug=slug,
        handlers=(Endpoints(document.title, tokens).handlers,),
        render_fault=render_fault,
        verifiers={"token": partial(tokens.verify, "token")},
    )
    return api, titled, SignInFixture()


def point_here(document: Document) -> Document:
    """A document whose security schemes name the endpoints of this server, except those that are operations of the document itself."""
    schemes = document.raw.get("components", {}).get("securitySchemes", {})
    if not needs_sign_in(document):
        return document
    base = _BASE.format(document.slug)
    moved = {name: _moved(document, scheme, base) if isinstance(scheme, dict) else scheme for name, scheme in schemes.items()}
    return replace(document, raw={**document.raw, "components": {**document.raw["components"], "securitySchemes": moved}})


def _moved(document: Document, scheme: Mapping[str, Any], base: str) -> dict[str, Any]:
    moved = dict(scheme)
    if "openIdConnectUrl" in moved:
        moved["openIdConnectUrl"] = f"{base}/.well-known/openid-configuration"
    if isinstance(moved.get("flows"), dict):
        moved["flows"] = {
            name: {key: _PLACES[key].format(base) if key in _PLACES and not _is_own(document, value) else value for key, value in flow.items()}
            if isinstance(flow, dict)
            else flow
            for name, flow in moved["flows"].items()
        }
    return moved


def _is_own(document: Document, url: Any) -> bool:
    """Whether an address is that of an operation of a document."""
    try:
        parts = urlsplit(str(url))
    except ValueError:
        return False
    path = document.below_base(parts.path, parts.netloc)
    return path is not None and document.route("POST", path) is not None


@cache
def _read() -> ForeignDocument:
    return read_foreign(_DOCUMENT)


def addresses(document: Document) -> dict[str, str]:
    """What a client needs, by name, as paths of the server; empty for a document without sign-in."""
    if not needs_sign_in(document):
        return {}
    base = _BASE.format(document.slug)
    return {"authorization": f"{base}/authorize", "token": f"{base}/token", "discovery": f"{base}/.well-known/openid-configuration"}
