"""The endpoints of OAuth 2.0 and OpenID Connect, as ``oauth.yaml`` describes them."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from mockserver.core.base.faults import Fault, Unauthenticated
from mockserver.core.base.replies import Reply
from mockserver.core.base.requests import Request
from mockserver.core.operation.api import FaultContext, Sent
from mockserver.core.state.world import Transaction
from mockserver.generic.sign_in.clients import Client, read_client
from mockserver.generic.sign_in.errors import OAuthError
from mockserver.generic.sign_in.signatures import key_set, sign
from mockserver.generic.sign_in.tokens import ACCESS_SECONDS, CODE_SECONDS, REFUSED, TOKEN, USER, Issued, IssuedTokens

_TEMPLATES = Environment(loader=PackageLoader("mockserver.generic.sign_in"), autoescape=True, undefined=StrictUndefined)
_PAGE = _TEMPLATES.get_template("authorize.html")
_HTML = "text/html; charset=utf-8"
_PAGE_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"}
_NOT_KEPT = {"Cache-Control": "no-store"}
_STANDARD = frozenset("openid profile email address phone offline_access".split())
"""Scopes that every document has, whether it names them or not."""
_TARGET = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):[!-\"$-~]+")
"""An absolute URI without a fragment, in ASCII."""
_NEVER = frozenset("javascript data vbscript file blob about".split())
"""Schemes to which no page is sent."""
_KEPT = ("response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method")
"""What the page hands on from the request to the decision."""
_LOWEST_REFUSAL = 400


def refuse(error: str, text: str, status: int = 400, scheme: str = "") -> Reply:
    challenge = {"WWW-Authenticate": scheme} if scheme else {}
    return Reply(status, {"error": error, "error_description": text}, {**_NOT_KEPT, **challenge}, is_undocumented=status not in (400, 401))


def render_fault(fault: Fault, _context: FaultContext) -> Reply:
    if isinstance(fault, Unauthenticated):
        return refuse("invalid_token", str(fault), 401, 'Bearer error="invalid_token"')
    status = fault.status if fault.status in (404, 405, 413) else _LOWEST_REFUSAL
    return refuse("invalid_request", str(fault), status)


class Endpoints:
    """The handlers of one document's sign-in. ``title`` is that of the document."""

    def __init__(self, title: str, tokens: IssuedTokens) -> None:
        self._title = title
        self._tokens = tokens
        self._grants: Mapping[str, Callable[[Transaction, Client, Mapping[str, Any], str], dict[str, Any]]] = {
            "authorization_code": self._redeem_code,
            "refresh_token": self._refresh,
            "password": self._take_password,
            "client_credentials": self._take_client,
        }

    @property
    def handlers(self) -> Mapping[str, Callable[..., Reply]]:
        return {
            "read_openid_configuration": self._read_metadata,
            "read_server_metadata": self._read_metadata,
            "show_authorization": self._show_authorization,
            "decide_authorization": self._decide_authorization,
            "make_token": self._make_token,
            "revoke_token": self._revoke_token,
            "introspect_token": self._introspect_token,
            "read_user": self._read_user,
            "read_keys": lambda sent: Reply(200, key_set()),  # noqa: ARG005 - that it takes everything that was sent
        }

    # Metadata

    def _read_metadata(self, home: str, sent: Sent) -> Reply:  # noqa: ARG002 - that it takes everything that was sent
        return Reply(
            200,
            {
                "issuer": home,
                "authorization_endpoint": f"{home}/authorize",
                "token_endpoint": f"{home}/token",
                "userinfo_endpoint": f"{home}/userinfo",
                "jwks_uri": f"{home}/jwks",
                "revocation_endpoint": f"{home}/revoke",
                "introspection_endpoint": f"{home}/introspect",
                "scopes_supported": sorted({*self._tokens.scopes, *_STANDARD}),
                "response_types_supported": ["code", "token", "id_token", "id_token token"],
                "grant_types_supported": [*self._grants, "implicit"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
                "code_challenge_methods_supported": ["S256", "plain"],
                "claims_supported": ["sub", "name", "preferred_username", "email", "email_verified"],
            },
        )

    # The page

    def _show_authorization(self, world: Transaction, home: str, sent: Sent) -> Reply:
        asked = sent.query
        problem = _find_target_problem(asked["redirect_uri"])
        if problem:
            return refuse("invalid_request", problem)
        try:
            scopes = self._read_scopes(asked.get("scope"))
        except OAuthError as error:
            return _send_back(asked, {"error": error.error, "error_description": str(error)})
        user = asked.get("login_hint") or USER
        if asked.get("prompt") == "none":
            return self._allow(world, home, asked, scopes, user)
        shown = _PAGE.render(
            title=self._title,
            client=asked["client_id"],
            scopes=[(scope, self._tokens.scopes.get(scope, "")) for scope in scopes],
            action=f"{home}/authorize",
            hidden=[(name, asked[name]) for name in _KEPT if name in asked],
            user=user,
            target=asked["redirect_uri"],
        )
        return Reply(200, shown.encode(), {**_PAGE_HEADERS, **_NOT_KEPT}, _HTML)

    def _decide_authorization(self, world: Transaction, home: str, sent: Sent) -> Reply:
        asked = sent.body
        problem = _find_target_problem(asked["redirect_uri"])
        if problem:
            return refuse("invalid_request", problem)
        if asked["decision"] == "deny":
            return _send_back(asked, {"error": "access_denied", "error_description": "the user denied it"})
        try:
            scopes = self._read_scopes(asked.get("scope"))
        except OAuthError as error:
            return _send_back(asked, {"error": error.error, "error_description": str(error)})
        return self._allow(world, home, asked, scopes, asked.get("username") or USER)

    def _allow(self, world: Transaction, home: str, asked: Mapping[str, Any], scopes: tuple[str, ...], user: str) -> Reply:
        """Send the client a code, or for the implicit flow its tokens."""
        wanted, client, nonce = asked["response_type"].split(), asked["client_id"], asked.get("nonce") or ""
        if user.lower().startswith(REFUSED) or client.lower().startswith(REFUSED):
            return _send_back(asked, {"error": "access_denied", "error_description": "this user or client is refused"})
        if wanted == ["code"]:
            challenge = asked.get("code_challenge") or ""
            method = (asked.get("code_challenge_method") or "plain") if challenge else ""
            code = self._tokens.issue(
                world,
                "code",
                client,
                user,
                scopes,
                seconds=CODE_SECONDS,
                redirect_uri=asked["redirect_uri"],
                challenge=challenge,
                challenge_method=method,
                nonce=nonce,
            )
            return _send_back(asked, {"code": code.text})
        access = self._tokens.issue(world, "access", client, user, scopes) if "token" in wanted else None
        told = (
            {} if access is None else {"access_token": access.text, "token_type": "Bearer", "expires_in": ACCESS_SECONDS, "scope": " ".join(scopes)}
        )
        if "id_token" in wanted:
            told["id_token"] = _make_id_token(world, home, client, user, nonce, "" if access is None else access.text)
        return _send_back(asked, told)

    def _read_scopes(self, text: str | None) -> tuple[str, ...]:
        """The scopes that are granted: those asked for, or all if none is. Raises OAuthError for one that the document does not name."""
        asked = tuple(dict.fromkeys((text or "").split()))
        unknown = [scope for scope in asked if self._tokens.scopes and scope not in self._tokens.scopes and scope not in _STANDARD]
        if unknown:
            raise OAuthError("invalid_scope", f"the document has no scope {unknown[0][:200]}")
        return asked or tuple(self._tokens.scopes)

    # Tokens

    def _make_token(self, world: Transaction, request: Request, home: str, sent: Sent) -> Reply:
        body = sent.body
        grant = self._grants.get(body["grant_type"])
        if grant is None:
            return refuse("unsupported_grant_type", f"the grant type is none of {', '.join(self._grants)}")
        try:
            # A refusal is a reply here and no fault, so that what it revokes is committed.
            return Reply(200, grant(world, read_client(request, body), body, home), _NOT_KEPT)
        except OAuthError as error:
            return refuse(error.error, str(error), error.status, "Basic" if error.status == 401 else "")  # noqa: PLR2004 - unauthorized

    def _redeem_code(self, world: Transaction, client: Client, body: Mapping[str, Any], home: str) -> dict[str, Any]:
        code = self._find(world, body, "code", client)
        if code.is_spent:
            self._tokens.revoke_chain(world, code)
            raise OAuthError("invalid_grant", "the code was used before; what came of it is revoked")
        if not self._tokens.is_good(world, code):
            raise OAuthError("invalid_grant", "the code has expired")
        if body.get("redirect_uri", code.redirect_uri) != code.redirect_uri:
            raise OAuthError("invalid_grant", "redirect_uri is another one than that of the authorization")
        if code.challenge and not _fits_challenge(code, body.get("code_verifier", "")):
            raise OAuthError("invalid_grant", "code_verifier does not fit the code_challenge")
        self._tokens.spend(world, code)
        return self._hand_out(world, home, code)

    def _refresh(self, world: Transaction, client: Client, body: Mapping[str, Any], home: str) -> dict[str, Any]:
        used = self._find(world, body, "refresh_token", client)
        if not self._tokens.is_good(world, used):
            raise OAuthError("invalid_grant", "the refresh token was used before, or is revoked")
        narrower = tuple(body.get("scope", "").split())
        if not set(narrower) <= set(used.scopes):
            raise OAuthError("invalid_scope", "a scope was not granted in the first place")
        self._tokens.spend(world, used)
        return self._hand_out(world, home, used, scopes=narrower or used.scopes)

    def _take_password(self, world: Transaction, client: Client, body: Mapping[str, Any], home: str) -> dict[str, Any]:
        user, password = body.get("username", ""), body.get("password", "")
        if not user or not password:
            raise OAuthError("invalid_request", "username and password are needed")
        if user.lower().startswith(REFUSED) or password.lower().startswith(REFUSED):
            raise OAuthError("invalid_grant", "user name or password is wrong")
        scopes = self._read_scopes(body.get("scope"))
        return self._hand_out(world, home, Issued(0, "code", "", world.draw(self._tokens.table.name), client.name, user, scopes))

    def _take_client(self, world: Transaction, client: Client, body: Mapping[str, Any], _home: str) -> dict[str, Any]:
        if not client.name:
            raise OAuthError("invalid_client", "the client does not say who it is: send client_id and client_secret, or Basic", 401)
        scopes = self._read_scopes(body.get("scope"))
        access = self._tokens.issue(world, "access", client.name, client.name, scopes)
        return _describe(access)

    def _find(self, world: Transaction, body: Mapping[str, Any], name: str, client: Client) -> Issued:
        """The code or refresh token in a field of the body. Raises OAuthError."""
        if not body.get(name):
            raise OAuthError("invalid_request", f"{name} is needed")
        found = self._tokens.find(world, body[name], "code" if name == "code" else "refresh")
        if found is None or (client.name and client.name != found.client):
            raise OAuthError("invalid_grant", f"this {name} was not issued to this client in this world")
        return found

    def _hand_out(self, world: Transaction, home: str, basis: Issued, scopes: tuple[str, ...] | None = None) -> dict[str, Any]:
        """New tokens of a sign-in."""
        granted = basis.scopes if scopes is None else scopes
        access = self._tokens.issue(world, "access", basis.client, basis.subject, granted, chain=basis.chain)
        refresh = self._tokens.issue(world, "refresh", basis.client, basis.subject, basis.scopes, seconds=None, chain=basis.chain)
        told = {**_describe(access), "refresh_token": refresh.text}
        if "openid" in granted:
            told["id_token"] = _make_id_token(world, home, basis.client, basis.subject, basis.nonce, access.text)
        return told

    def _revoke_token(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        try:
            read_client(request, sent.body)
        except OAuthError as error:
            return refuse(error.error, str(error), error.status, "Basic")
        found = self._tokens.find(world, sent.body["token"], "access", "refresh")
        if found is not None:
            self._tokens.revoke_chain(world, found)
        return Reply(200)

    def _introspect_token(self, world: Transaction, request: Request, sent: Sent) -> Reply:
        try:
            read_client(request, sent.body)
        except OAuthError as error:
            return refuse(error.error, str(error), error.status, "Basic")
        found = self._tokens.find(world, sent.body["token"], "access", "refresh")
        if found is None or not self._tokens.is_good(world, found):
            return Reply(200, {"active": False})
        told: dict[str, Any] = {"active": True, "scope": " ".join(found.scopes), "client_id": found.client, "sub": found.subject}
        expires = {} if found.expires_at is None else {"exp": int(found.expires_at.timestamp())}
        return Reply(200, {**told, "token_type": "Bearer" if found.kind == "access" else "refresh_token", **expires})

    @staticmethod
    def _read_user(caller: str, sent: Sent) -> Reply:  # noqa: ARG004 - that it takes everything that was sent
        name = USER if caller.partition(":")[0] == TOKEN else caller
        email = name if "@" in name else f"{quote(name, safe='')}@example.com"
        return Reply(200, {"sub": name, "name": name, "preferred_username": name, "email": email, "email_verified": True})


def _describe(access: Issued) -> dict[str, Any]:
    return {"access_token": access.text, "token_type": "Bearer", "expires_in": ACCESS_SECONDS, "scope": " ".join(access.scopes)}


def _make_id_token(world: Transaction, home: str, client: str, user: str, nonce: str, access: str) -> str:
    now = int(world.now.timestamp())
    claims: dict[str, Any] = {"iss": home, "sub": user, "aud": client, "iat": now, "auth_time": now, "exp": now + ACCESS_SECONDS}
    if nonce:
        claims["nonce"] = nonce
    if access:
        half = sha256(access.encode()).digest()[:16]
        claims["at_hash"] = base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    return sign(claims)


def _fits_challenge(code: Issued, verifier: str) -> bool:
    """Whether a verifier is the one of a code's challenge (RFC 7636)."""
    if code.challenge_method == "plain":
        return verifier == code.challenge
    made = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return bool(verifier) and made == code.challenge


def _find_target_problem(target: str) -> str:
    """Why a browser cannot be sent to an address; empty if it can."""
    found = _TARGET.fullmatch(target)
    if found is None:
        return "redirect_uri is no absolute URI without a fragment"
    if found[1].lower() in _NEVER:
        return f"redirect_uri must not have the scheme {found[1].lower()}"
    try:
        urlsplit(target)
    except ValueError:
        return "redirect_uri is no URI"
    return ""


def _send_back(asked: Mapping[str, Any], told: Mapping[str, Any]) -> Reply:
    """Send the browser back to the client: what it gets stands in the query, or for the implicit flow in the fragment."""
    more = {**told, **({"state": asked["state"]} if asked.get("state") is not None else {})}
    target = asked["redirect_uri"]
    sign_before = "#" if asked["response_type"] != "code" else "&" if "?" in target else "?"
    return Reply(302, None, {"Location": f"{target}{sign_before}{urlencode(more)}", **_NOT_KEPT})
