"""The two credentials of every call, and the login."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from ...harness import ApiClient, clause
from .calls import BLANK, OPERATIONS, WORKING, new_name, refused, refused_for, send, session, succeeded

SECURED = [name for name in WORKING if name != "login"]


@clause("backoffice.login.e1", "backoffice.login.r3")
@pytest.mark.parametrize("name", WORKING)
def test_a_missing_and_a_wrong_key_get_the_same_answer(api: ApiClient, name: str) -> None:
    token = {"jwt-token": api.credentials()["jwt-token"]}
    missing = send(api, name, role=None, headers=token)
    wrong = send(api, name, role=None, headers={**token, "x-api-key": "nobody-has-this-key"})
    assert refused(api, missing, name, "api_key_invalid") == refused(api, wrong, name, "api_key_invalid")
    assert missing.status_code == wrong.status_code


@pytest.mark.parametrize("name", SECURED)
def test_a_call_without_a_jwt_is_refused(api: ApiClient, name: str) -> None:
    key = {"x-api-key": api.credentials()["x-api-key"]}
    refused(api, send(api, name, role=None, headers=key), name, "jwt_nil")


@pytest.mark.parametrize("name", SECURED)
def test_a_jwt_that_was_not_made_here_is_refused(api: ApiClient, name: str) -> None:
    token = jwt.encode({"user_id": int(api.known("user")), "exp": 4_102_444_800}, "a secret that the target does not have", algorithm="HS256")
    for forged in (token, "x.y.z"):
        refused(api, send(api, name, headers={"jwt-token": forged}), name, "jwt_forged")


@clause("backoffice.login.r1", "backoffice.login.r2")
def test_the_token_of_a_login_with_the_key_alone_opens_the_other_calls(api: ApiClient) -> None:
    key = {"x-api-key": api.credentials()["x-api-key"]}
    token = succeeded(send(api, "login", role=None, headers=key))["token"]
    for name in ("get_user", "list_legs", "get_wallet_transactions"):
        assert send(api, name, role=None, headers=key).status_code in (401, 403)
        succeeded(send(api, name, role=None, headers={**key, "jwt-token": token}))


@clause("backoffice.login.e2", "backoffice.login.r4")
@pytest.mark.parametrize("missing", [("username",), ("password",), ("username", "password")])
def test_name_and_password_are_both_required(api: ApiClient, missing: tuple[str, ...]) -> None:
    texts = refused_for(api, send(api, "login", **dict.fromkeys(missing)), "login", "blank")
    assert texts == {field: [BLANK] for field in missing}


def test_a_wrong_password_and_an_unknown_name_are_refused(api: ApiClient) -> None:
    for changes in ({"password": "another one"}, {"username": "nobody-has-this-name"}):
        answer = send(api, "login", **changes)
        assert answer.status_code in (401, 403, 404, 422)
        assert "token" not in answer.json()


PASSWORD = "Clave-Contrato-29"  # noqa: S105 - made up


def _near(password: str) -> dict[str, str]:
    """Passwords that are nearly right, by what is different."""
    return {
        "in capitals": password.upper(),
        "in small letters": password.lower(),
        "without its last character": password[:-1],
        "with one character more": f"{password}x",
        "with another last character": f"{password[:-1]}0",
        "with a space before and after": f" {password} ",
    }


@clause("backoffice.login.r4", "backoffice.create_user.r1")
def test_only_the_password_as_it_was_set_opens_a_login(api: ApiClient) -> None:
    name = new_name()
    succeeded(send(api, "create_user", user_name=name, email=f"{name}@example.com", password=PASSWORD))
    session(api, name, PASSWORD)
    opened = [way for way, wrong in _near(PASSWORD).items() if send(api, "login", headers={}, username=name, password=wrong).is_success]
    assert opened == []


@clause("backoffice.update_user.r1")
def test_a_changed_password_replaces_the_one_before(api: ApiClient) -> None:
    name = succeeded(send(api, "get_user", id="$edited_user"))["username"]
    for password in (PASSWORD, f"Otra-{PASSWORD}"):
        succeeded(send(api, "update_user", password=password))
        assert session(api, name, password)["username"] == name
    before = send(api, "login", headers={}, username=name, password=PASSWORD)
    assert not before.is_success, "the password before the change opens a login"


@clause("backoffice.login.r5", "backoffice.login.r6")
def test_the_claims_of_the_token_are_what_the_answer_says(api: ApiClient) -> None:
    found = session(api)
    claims = jwt.decode(found["token"], options={"verify_signature": False})
    assert claims["user_id"] == found["id"] == int(api.known("user"))
    shown = datetime.strptime(found["exp"], "%m-%d-%Y %H:%M").replace(tzinfo=UTC)
    off = shown - datetime.fromtimestamp(claims["exp"] // 60 * 60, UTC)
    assert timedelta(hours=-11) <= off <= timedelta(hours=14)  # the zone of the text is not said (D23); these are those where people live
    assert off % timedelta(minutes=15) == timedelta(0)


def test_a_token_is_refused_once_it_has_expired(api: ApiClient) -> None:
    token = {"jwt-token": session(api)["token"]}
    succeeded(send(api, "list_legs", headers=token))
    expiry = jwt.decode(token["jwt-token"], options={"verify_signature": False})["exp"]
    api.freeze(datetime.fromtimestamp(expiry + 1, UTC).isoformat())
    refused(api, send(api, "list_legs", headers=token), "list_legs", "jwt_expired")


@clause("backoffice.login.r7")
def test_the_referral_link_ends_with_the_user_name(api: ApiClient) -> None:
    found = session(api)
    assert found["username"] == api.known("username")
    assert found["referral_link"].endswith(found["username"])


@clause("backoffice.login.r8", "backoffice.create_user.r2")
def test_the_sponsor_of_a_login_sponsors_new_users(api: ApiClient) -> None:
    succeeded(send(api, "create_user", sponsor=session(api)["sponsor"]))


def test_every_described_operation_has_a_working_call() -> None:
    assert {name for name, found in OPERATIONS.items() if found.provenance == "described"} == set(WORKING)
    assert all(OPERATIONS[name].method in ("GET", "POST", "PUT") for name in WORKING)
