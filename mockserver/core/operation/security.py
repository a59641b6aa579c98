"""Checks credentials: extracts them as the document declares, and passes them to the vendor's verifiers."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any

from mockserver.core.base.faults import ScopeMissing, Unauthenticated
from mockserver.core.base.requests import Request
from mockserver.core.operation.bodies import parse_urlencoded
from mockserver.core.state.world import Transaction
from mockserver.openapi.documents import Document
from mockserver.openapi.errors import DocumentBroken

Verifier = Callable[[Transaction, str], object]
ScopesOf = Callable[[Transaction, str], Collection[str] | None]


@dataclass(frozen=True, slots=True)
class Scheme:
    """One security scheme. ``extract`` returns its credential or None; ``verify`` returns an identity or raises a fault.

    ``scopes`` are those that the operation requires of the credential.
    """

    name: str
    extract: Callable[[Request], str | None]
    verify: Verifier
    scopes: tuple[str, ...] = ()


class SecurityPlan:
    """The security requirements of one operation. One of them must be satisfied; each may require several schemes at once."""

    def __init__(
        self,
        requirements: Sequence[Sequence[Scheme]],
        join: Callable[[Mapping[str, Any]], object] | None,
        scopes_of: ScopesOf | None = None,
    ) -> None:
        self._requirements = requirements
        self._join = join
        self._scopes_of = scopes_of

    def identify(self, request: Request, world: Transaction) -> object:
        """The caller: the identity of the one scheme, or the vendor's combination of several; None if no credential is required.

        Raises Unauthenticated, ScopeMissing, and what else the verifiers raise.
        """
        refusals: list[Unauthenticated | ScopeMissing] = []
        for schemes in self._requirements:
            try:
                return self._satisfy(schemes, request, world)
            except (Unauthenticated, ScopeMissing) as refusal:
                refusals.append(refusal)
        if refusals:
            raise max(refusals, key=_closeness)
        return None

    def _satisfy(self, schemes: Sequence[Scheme], request: Request, world: Transaction) -> object:
        identities: dict[str, object] = {}
        for scheme in schemes:
            credential = scheme.extract(request)
            if credential is None:
                raise Unauthenticated(scheme.name, missing=True)
            identities[scheme.name] = scheme.verify(world, credential)
            if scheme.scopes and self._scopes_of is not None:
                self._check_scopes(scheme, self._scopes_of(world, credential))
        if self._join is not None:
            return self._join(identities)
        return next(iter(identities.values()), None) if len(identities) < 2 else identities  # noqa: PLR2004 - one or many

    @staticmethod
    def _check_scopes(scheme: Scheme, granted: Collection[str] | None) -> None:
        """Check that a credential has the scopes of a scheme. Raises ScopeMissing."""
        lacking = [] if granted is None else [scope for scope in scheme.scopes if scope not in granted]
        if lacking:
            raise ScopeMissing(scheme.name, lacking)


def _closeness(refusal: Unauthenticated | ScopeMissing) -> int:
    """How near a request came to what was required: a good token without a scope, a wrong credential, none."""
    return 2 if isinstance(refusal, ScopeMissing) else 0 if refusal.missing else 1


def plan_security(
    document: Document,
    spec: Mapping[str, Any],
    verifiers: Mapping[str, Verifier],
    join: Callable[[Mapping[str, Any]], object] | None,
    scopes_of: ScopesOf | None = None,
) -> SecurityPlan:
    """The plan of an operation. Raises DocumentBroken if a scheme is not declared or has no verifier."""
    declared = document.security_schemes
    requirements = []
    for requirement in spec.get("security", document.raw.get("security", ())):
        schemes = []
        for name, scopes in requirement.items():
            if name not in declared or name not in verifiers:
                missing = "is not declared" if name not in declared else "has no verifier"
                raise DocumentBroken(f"{document.source}: the security scheme {name} {missing}")
            schemes.append(
                Scheme(name, _build_extractor(document, declared[name]), verifiers[name], tuple(map(str, scopes)) if isinstance(scopes, list) else ())
            )
        requirements.append(schemes)
    return SecurityPlan(requirements, join, scopes_of)


def _build_extractor(document: Document, scheme: Mapping[str, Any]) -> Callable[[Request], str | None]:
    kind = (scheme.get("type"), str(scheme.get("scheme", scheme.get("in", ""))).lower())
    if kind[0] == "apiKey":
        name = scheme["name"]
        return {"header": _extract_from_header, "query": _extract_from_query, "cookie": _extract_from_cookie}[kind[1]](name)
    if kind == ("http", "bearer") or kind[0] in ("oauth2", "openIdConnect"):
        return _extract_from_authorization("bearer", without_space=bool(scheme.get("x-accept-without-space")))
    if kind == ("http", "basic"):
        basic, password_only = _extract_from_authorization("basic", without_space=False), bool(scheme.get("x-accept-password-only"))
        return lambda request: _decode_basic(basic(request), password_only=password_only)
    if kind[0] == "http":
        return _extract_from_authorization(re.escape(kind[1]), without_space=False)
    if kind[0] == "mutualTLS":
        return lambda _request: ""  # the connection carries the certificate, not the request
    raise DocumentBroken(f"{document.source}: security schemes of type {' '.join(map(str, kind))} are not supported")


def _extract_from_header(name: str) -> Callable[[Request], str | None]:
    key = name.lower()
    return lambda request: request.headers.get(key)


def _extract_from_query(name: str) -> Callable[[Request], str | None]:
    return lambda request: dict(parse_urlencoded(request.query)).get(name)


def _extract_from_cookie(name: str) -> Callable[[Request], str | None]:
    def extract(request: Request) -> str | None:
        try:
            morsel = SimpleCookie(request.headers.get("cookie", "")).get(name)
        except CookieError:
            return None
        return None if morsel is None else morsel.value

    return extract


def _extract_from_authorization(scheme: str, *, without_space: bool) -> Callable[[Request], str | None]:
    pattern = re.compile(rf"{scheme}{'[ ]*' if without_space else '[ ]+'}(\S.*)", re.IGNORECASE)

    def extract(request: Request) -> str | None:
        found = pattern.fullmatch(request.headers.get("authorization", "").strip())
        return None if found is None else found.group(1)

    return extract


def _decode_basic(credential: str | None, *, password_only: bool) -> str | None:
    """``user:password`` of a Basic credential, or None if it cannot be decoded. ``password_only`` allows a password without a user."""
    if credential is None:
        return None
    try:
        text = base64.b64decode(credential, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    if ":" in text:
        return text
    return f":{text}" if password_only else None
