"""Credentials of any document, and its OAuth endpoints as a client library of others uses them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import httpx2
import pytest
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from mockserver.app import create_app
from mockserver.generic.vendor import make_vendor
from mockserver.openapi.foreign.read import read_foreign
from tests.generic.inside import Inside

pytestmark = pytest.mark.anyio

SIGNED = Path(__file__).with_name("signed.yaml")
HOME = "http://localhost/_mock/oauth/signed"
API = "http://localhost/v1"
BACK = "https://app.example.com/callback"
BASIC = "Basic " + base64.b64encode(b"ada:secret").decode()


@pytest.fixture(name="started", scope="module")
def _started() -> Inside:
    return Inside(SIGNED)


@pytest.fixture(name="server")
async def _server(started: Inside) -> Inside:
    """The server of the module, with its world as it was in the beginning."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(started.app), base_url="http://localhost") as client:
        assert (await client.post("/_mock/reset")).is_success
    return started


def _client(server: Inside, **options: Any) -> AsyncOAuth2Client:
    transport = httpx2.ASGITransport(server.app)
    return AsyncOAuth2Client("web-app", "secret", transport=transport, token_endpoint=f"{HOME}/token", redirect_uri=BACK, **options)


async def _sign_in(client: AsyncOAuth2Client, scope: str, **more: Any) -> dict[str, Any]:
    """The token that a client gets after its user has pressed the button of the page."""
    url, state = client.create_authorization_url(f"{HOME}/authorize", scope=scope, **more)
    page = await client.request("GET", url, withhold_token=True)
    assert page.status_code == 200, page.text
    fields = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert all(f'name="{name}" value=' in page.text for name in fields)
    answer = await client.request("POST", f"{HOME}/authorize", data={**fields, "username": "ada", "decision": "allow"}, withhold_token=True)
    assert answer.status_code == 302
    token: dict[str, Any] = await client.fetch_token(authorization_response=answer.headers["location"], state=state, **_verifier(more))
    return token


def _verifier(more: dict[str, Any]) -> dict[str, Any]:
    return {"code_verifier": more["code_verifier"]} if "code_verifier" in more else {}


async def test_an_authorization_code_with_pkce_gives_tokens_that_are_accepted(server: Inside) -> None:
    async with _client(server, code_challenge_method="S256") as client:
        token = await _sign_in(client, "notes:read notes:write", code_verifier="v" * 48)
        assert token["scope"] == "notes:read notes:write"
        made = await client.post(f"{API}/notes", json={"text": "Milk"})
        assert made.status_code == 201
        assert (await client.get(f"{API}/notes/{made.json()['id']}")).json()["text"] == "Milk"


async def test_a_code_is_good_once_and_for_its_verifier_only(server: Inside) -> None:
    async with _client(server, code_challenge_method="S256") as client:
        url, state = client.create_authorization_url(f"{HOME}/authorize", code_verifier="v" * 48, prompt="none")
        back = (await client.request("GET", url, withhold_token=True)).headers["location"]
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.fetch_token(authorization_response=back, state=state, code_verifier="w" * 48)
        await client.fetch_token(authorization_response=back, state=state, code_verifier="v" * 48)
        assert (await client.get(f"{API}/notes")).status_code == 200
        with pytest.raises(OAuthError, match="used before"):
            await client.fetch_token(authorization_response=back, state=state, code_verifier="v" * 48)
        assert (await client.get(f"{API}/notes")).status_code == 401  # what came of the code is revoked


async def test_a_missing_scope_is_refused_in_the_documents_own_form(server: Inside) -> None:
    async with _client(server) as client:
        await client.fetch_token(grant_type="client_credentials", scope="notes:read")
        assert (await client.get(f"{API}/notes")).status_code == 200
        refused = await client.post(f"{API}/notes", json={"text": "Milk"})
        assert refused.status_code == 403
        assert refused.json().keys() == {"code", "message"}
        assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope", scope="notes:write"'
        with pytest.raises(OAuthError, match="invalid_scope"):
            await client.fetch_token(grant_type="client_credentials", scope="notes:raed")


async def test_a_token_expires_on_the_worlds_clock_and_is_refreshed(server: Inside) -> None:
    async with _client(server) as client:
        first = await client.fetch_token(username="ada", password="lovelace", grant_type="password")
        moved = await client.request("PATCH", "http://localhost/_mock/clock", json={"advance": "PT2H"}, withhold_token=True)
        assert moved.status_code == 200, moved.text
        expired = await client.request("GET", f"{API}/notes", withhold_token=True, headers={"Authorization": f"Bearer {first['access_token']}"})
        assert (expired.status_code, expired.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
        await client.refresh_token(f"{HOME}/token", first["refresh_token"])
        assert (await client.get(f"{API}/notes")).status_code == 200
        with pytest.raises(OAuthError, match="invalid_grant"):
            await client.refresh_token(f"{HOME}/token", first["refresh_token"])  # a refresh token is good once


async def test_a_revoked_token_is_refused_and_a_token_is_of_one_world(server: Inside) -> None:
    async with _client(server) as client:
        token = await client.fetch_token(username="ada", password="lovelace", grant_type="password")
        elsewhere = await client.get(f"{API}/notes", headers={"X-Mock-World": "other"})
        assert elsewhere.status_code == 401
        described = await client.introspect_token(f"{HOME}/introspect", token["access_token"])
        assert described.json()["sub"] == "ada"
        await client.revoke_token(f"{HOME}/revoke", token["access_token"])
        assert (await client.introspect_token(f"{HOME}/introspect", token["access_token"])).json() == {"active": False}
        assert (await client.get(f"{API}/notes")).status_code == 401


async def test_openid_discovery_leads_to_a_user_and_to_a_signature_that_holds(server: Inside) -> None:
    async with _client(server) as client:
        found = (await client.request("GET", f"{HOME}/.well-known/openid-configuration", withhold_token=True)).json()
        assert found["issuer"] == HOME
        token = await _sign_in(client, "openid email", nonce="n-1")
        keys = KeySet.import_key_set((await client.request("GET", found["jwks_uri"], withhold_token=True)).json())
        claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
        params = {"nonce": "n-1", "client_id": "web-app", "access_token": token["access_token"]}
        checked = CodeIDToken(claims, {"alg": "RS256"}, {"iss": {"value": HOME}, "aud": {"value": "web-app"}}, params)
        checked.validate(now=claims["iat"])
        assert (await client.get(found["userinfo_endpoint"])).json()["sub"] == claims["sub"] == "ada"
        assert (await client.get(f"{API}/connect")).status_code == 204


async def test_the_implicit_flow_gives_a_token_in_the_fragment(server: Inside) -> None:
    query = {"response_type": "token", "client_id": "spa", "redirect_uri": BACK, "scope": "notes:read", "state": "s", "prompt": "none"}
    async with _client(server) as client:
        answer = await client.request("GET", f"{HOME}/authorize", params=query, withhold_token=True)
        told = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).fragment).items()}
        assert told["state"] == "s"
        shown = await client.request("GET", f"{API}/notes", headers={"Authorization": f"Bearer {told['access_token']}"}, withhold_token=True)
        assert shown.status_code == 200


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "/here", "https://app.example.com/#part", "data:text/html,x", "https://a\r\nX: y", "http://["]
)
async def test_a_page_sends_nobody_to_an_address_that_is_none(server: Inside, target: str) -> None:
    query = {"response_type": "code", "client_id": "spa", "redirect_uri": target, "prompt": "none"}
    async with _client(server) as client:
        answer = await client.request("GET", f"{HOME}/authorize", params=query, withhold_token=True)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_the_page_shows_markup_of_a_client_as_text(server: Inside) -> None:
    query = {"response_type": "code", "client_id": "<script>x</script>", "redirect_uri": "https://a.example/?<b>", "login_hint": '"><i>'}
    async with _client(server) as client:
        page = await client.request("GET", f"{HOME}/authorize", params=query, withhold_token=True)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert "<b>" not in page.text
        assert "<i>" not in page.text


async def test_a_denied_and_a_refused_sign_in_tell_the_client(server: Inside) -> None:
    fields = {"response_type": "code", "client_id": "app", "redirect_uri": BACK, "state": "s"}
    async with _client(server) as client:
        for more in ({"decision": "deny"}, {"decision": "allow", "username": "invalid-user"}):
            answer = await client.request("POST", f"{HOME}/authorize", data={**fields, **more}, withhold_token=True)
            assert parse_qs(urlsplit(answer.headers["location"]).query)["error"] == ["access_denied"]
        wrong = await client.request("POST", f"{HOME}/token", data={"grant_type": "client_credentials", "client_id": "wrong"}, withhold_token=True)
        assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
        other = await client.request("POST", f"{HOME}/token", data={"grant_type": "magic"}, withhold_token=True)
        assert other.json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/open", {}, 200),
        ("/optional", {}, 204),
        ("/header", {"X-Key": "k"}, 204),
        ("/header", {}, 401),
        ("/header", {"X-Key": "invalid-key"}, 401),
        ("/query?key=k", {}, 204),
        ("/query", {}, 401),
        ("/cookie", {"Cookie": "session=k"}, 204),
        ("/cookie", {"Cookie": "other=k"}, 401),
        ("/basic", {"Authorization": BASIC}, 204),
        ("/basic", {"Authorization": "Basic ???"}, 401),
        ("/connect", {"Authorization": "Bearer any"}, 204),
        ("/connect", {"Authorization": "Bearer demo-token:profile"}, 403),
        ("/connect", {"Authorization": "Bearer demo-token:email,profile"}, 204),
        ("/both?key=k", {"X-Key": "k"}, 204),
        ("/both", {"X-Key": "k"}, 401),
        ("/either", {"X-Key": "k"}, 204),
        ("/either", {"Authorization": BASIC}, 204),
        ("/either", {}, 401),
    ],
)
async def test_each_kind_of_credential_is_found_where_the_document_has_it(server: Inside, path: str, headers: dict[str, str], status: int) -> None:
    assert (await server.call("GET", path, headers=headers)).status_code == status


async def test_a_login_of_the_document_gives_a_token_and_its_logout_takes_it_back(server: Inside) -> None:
    answer = await server.call("POST", "/login", {"username": "ada", "password": "lovelace"}, headers={})
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert (await server.call("GET", "/notes", headers=headers)).status_code == 200
    assert (await server.call("POST", "/logout", headers=headers)).status_code == 204
    assert (await server.call("GET", "/notes", headers=headers)).status_code == 401
    assert (await server.call("POST", "/login", {"username": "ada", "password": "wrong"}, headers={})).status_code == 401


async def test_strict_servers_accept_published_and_issued_credentials_only() -> None:
    server = Inside(SIGNED)
    server.app = create_app(found=make_vendor(read_foreign(SIGNED), auth="strict").parts)
    statuses = [(await server.call("GET", "/notes", headers={"Authorization": f"Bearer {token}"})).status_code for token in ("any", "demo-token")]
    assert statuses == [401, 200]
    async with _client(server) as client:
        await client.fetch_token(grant_type="client_credentials")
        assert (await client.get(f"{API}/notes")).status_code == 200


async def test_the_token_endpoint_needs_no_token_of_the_control_plane() -> None:
    from mockserver.app import ServerSettings  # noqa: PLC0415

    server = Inside(SIGNED)
    server.app = create_app(ServerSettings(token="control"), server.vendor.parts)
    async with _client(server) as client:
        assert (await client.fetch_token(grant_type="client_credentials"))["token_type"] == "Bearer"
        assert (await client.request("GET", "http://localhost/_mock/worlds", withhold_token=True)).status_code == 401
