"""BackOffice over HTTP: each answer of its page, its credentials, its seeded world."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import httpx
import jwt
import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.backoffice import JWT_SECRET as SECRET
from fixtures.backoffice import SEEDED_RECORDS
from mockserver.apis.backoffice.shown import money
from tests.vendors.backoffice import OPERATIONS, RECIPES, clock, conforms, errors_of, fields_of, login, send

if TYPE_CHECKING:
    from tests.conftest import Mock

KEY = {"x-api-key": "backoffice-demo-api-key"}


# The page


@pytest.mark.parametrize(("operation", "answer", "credential", "sent"), RECIPES)
def test_each_answer_is_reached_as_the_page_says(mock: Mock, operation: str, answer: str, credential: str, sent: str) -> None:
    with mock.client("backoffice", None if credential == "–" else credential) as client:
        response = send(client, operation, fields_of(operation, sent))
    if answer == "ok":
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] != "application/json" or conforms(operation, 200, response.json())
        return
    row, body = errors_of(OPERATIONS[operation])[answer], response.json()
    assert response.status_code == row["status"], body
    assert conforms(operation, row["status"], body)
    if "under" in row:
        assert row["message"] in [text for texts in body[row["under"]].values() for text in texts]
        assert body.get("error") == ("The data is invalid." if row["under"] == "details" else None)
    else:
        assert body == {"error": row["message"], **({"detail": row["detail"]} if "detail" in row else {})}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_page_reaches_every_documented_answer(operation: str) -> None:
    reached = {answer for name, answer, *_ in RECIPES if name == operation}
    headlines = {"data_invalid"}  # the text above the texts by field
    assert reached >= set(OPERATIONS[operation].spec.get("x-errors", {})) - headlines
    assert "ok" in reached or operation == "get_profile_image"  # whose address only the answer to an upload gives


def test_the_page_reaches_every_answer_to_a_credential() -> None:
    reached = {answer for _, answer, *_ in RECIPES}
    assert reached >= {"api_key_invalid", "jwt_nil", "jwt_forged", "jwt_expired"}


def test_several_wrong_fields_are_reported_at_once(mock: Mock) -> None:
    taken = {"user_name": "cperalta07", "email": "cperalta07@example.com", "country_code": "XX", "sponsor": "nobody"}
    with mock.client("backoffice") as client:
        body = send(client, "create_user", {**fields_of("create_user", "…"), **taken}).json()
        assert body == {
            "error": "The data is invalid.",
            "details": {
                "user_name": ["has already been taken"],
                "email": ["has already been taken"],
                "country_code": ["is not included in the list"],
                "sponsor": ["must exist"],
            },
        }
        blank = send(client, "create_user", {**taken, "first_name": " "})
        assert blank.status_code == 422
        assert blank.json()["errors"] == {name: ["can't be blank"] for name in ("first_name", "last_name", "mobile", "password")}
        assert send(client, "create_user_ticket", {}).json() == {
            "errors": {
                "user_id": ["can't be blank", "user_id doesn't exist."],
                "subject": ["can't be blank"],
                "comment": ["can't be blank"],
            }
        }
        assert send(client, "create_user_ticket", {"user_id": "999999", "comment": "x"}).json() == {
            "errors": {"user_id": ["user_id doesn't exist."], "subject": ["can't be blank"]}
        }
        assert send(client, "create_thread", {}).json() == {
            "errors": {"ticket_id": ["can't be blank", "ticket_id doesn't exist."], "content": ["can't be blank"]}
        }
        assert client.get("/api/v1/wallets/5").json() == {"errors": {"user_id": ["can't be blank"], "page": ["can't be blank", "is not a number"]}}
        assert client.get("/api/v1/wallets/5?user_id=6&page=x").json() == {"errors": {"page": ["is not a number"]}}


def test_a_refused_call_changes_nothing(mock: Mock) -> None:
    before = mock.state("backoffice")
    for operation, answer, credential, sent in RECIPES:
        if answer != "ok" and credential != "–":
            with mock.client("backoffice", credential) as client:
                send(client, operation, fields_of(operation, sent))
    assert mock.state("backoffice") == before
    assert mock.outbox() == []


@pytest.mark.parametrize("path", ["/api/v1/legs", "/api/v1/legs/", "//api/v1/legs", "//api//v1/legs//"])
def test_a_path_may_have_slashes_to_spare(mock: Mock, path: str) -> None:
    with mock.client("backoffice") as client:
        assert client.get(f"{mock.url}/backoffice{path}").json()["list"][0] == {"id": "left", "name": "Left"}


def test_an_unknown_path_and_a_method_that_is_not_implemented_are_not_found(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        missing, lacking = client.get("/api/v1/nothing"), client.delete("/api/v1/users/7")
    assert (missing.status_code, missing.json()) == (404, {"error": "Not Found"})
    assert (lacking.status_code, lacking.json()) == (404, {"error": "Not Found"})
    assert lacking.headers["allow"] == "GET, HEAD, OPTIONS, PUT"


# Credentials


def test_a_login_gives_a_jwt_with_the_claims_of_its_answer(mock: Mock) -> None:
    clock(mock, freeze="2026-12-31T20:15:42.5Z")
    with mock.client("backoffice", "key_only") as client:
        session = login(client)
        token = session.pop("token")
        assert session == {
            "exp": "01-01-2027 20:15",
            "id": 6,
            "username": "mlopez06",
            "sponsor": "admin",
            "referral_link": "wwww.demo.com/mlopez06",
        }
        assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "HS256"}
        assert jwt.decode(token, options={"verify_signature": False}) == {"user_id": 6, "exp": 1_798_834_542}
        assert client.get("/api/v1/legs", headers={"jwt-token": token}).status_code == 200


def test_a_jwt_expires_on_the_clock_of_the_world(mock: Mock) -> None:
    clock(mock, freeze="2026-12-31T20:15:42Z")
    with mock.client("backoffice", "key_only") as client:
        headers = {"jwt-token": login(client)["token"]}
        clock(mock, advance="PT23H59M59S")
        assert client.get("/api/v1/legs", headers=headers).status_code == 200
        clock(mock, advance="PT1S")
        expired = client.get("/api/v1/legs", headers=headers)
        assert (expired.status_code, expired.json()) == (401, {"error": "Signature has expired"})
        clock(mock, freeze="2020-01-01T00:00:00Z")
        assert client.get("/api/v1/legs", headers=headers).status_code == 200


@pytest.mark.parametrize("moment", ["1970-01-01T00:00:00Z", "2026-11-21T00:00:00Z", "8999-12-31T23:59:59Z"])
def test_published_credentials_are_what_they_are_on_every_date(mock: Mock, moment: str) -> None:
    clock(mock, freeze=moment)
    answers = {}
    for credential in mock.api("backoffice")["credentials"]:
        with mock.client("backoffice", credential["name"]) as client:
            answers[credential["name"]] = client.get("/api/v1/users/6").status_code
    assert answers == {"demo": 200, "key_only": 403, "expired": 401, "forged": 401, "wrong_key": 403}
    with mock.client("backoffice", "key_only") as client:
        assert client.get("/api/v1/legs", headers={"jwt-token": login(client)["token"]}).status_code == 200


def test_the_key_is_judged_before_the_jwt_and_the_signature_before_the_expiry(mock: Mock) -> None:
    forged_and_expired = jwt.encode({"user_id": 6, "exp": 0}, "another secret that signs nothing here", algorithm="HS256")
    with httpx.Client(base_url=f"{mock.url}/backoffice", headers={"x-mock-world": mock.world}) as client:
        for headers, status, text in (
            ({}, 403, "The API Key is not valid."),
            ({"x-api-key": "x", "jwt-token": "x"}, 403, "The API Key is not valid."),
            (KEY, 403, "Nil JSON web token."),
            ({**KEY, "jwt-token": ""}, 403, "Nil JSON web token."),
            ({**KEY, "jwt-token": forged_and_expired}, 401, "Signature verification raised"),
        ):
            answer = client.get("/api/v1/users/999999", headers=headers)
            assert (answer.status_code, answer.json()) == (status, {"error": text}), headers


FAR = 9_999_999_999
TOKENS: dict[str, str] = {
    "no token": "x",
    "three parts": "a.b.c",
    "empty parts": "..",
    "with Bearer": "Bearer a.b.c",
    "not ASCII": "é.é.é",
    "unsigned": jwt.encode({"user_id": 6, "exp": FAR}, "", algorithm="none"),
    "another algorithm": jwt.encode({"user_id": 6, "exp": FAR}, SECRET * 2, algorithm="HS512"),
    "without expiry": jwt.encode({"user_id": 6}, SECRET, algorithm="HS256"),
    "without user": jwt.encode({"exp": FAR}, SECRET, algorithm="HS256"),
    "of an unknown user": jwt.encode({"user_id": 999_999, "exp": FAR}, SECRET, algorithm="HS256"),
    "of nobody": jwt.encode({"user_id": None, "exp": FAR}, SECRET, algorithm="HS256"),
    "of a list": jwt.encode({"user_id": [6], "exp": FAR}, SECRET, algorithm="HS256"),
    "with an expiry that is no number": jwt.encode({"user_id": 6, "exp": "soon"}, SECRET, algorithm="HS256"),
    "with an infinite expiry": jwt.encode({"user_id": 6, "exp": float("inf")}, SECRET, algorithm="HS256"),
    "nested": f"{jwt.utils.base64url_encode(b'[' * 20_000).decode()}.e30.c2ln",
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_was_not_made_here_is_refused(mock: Mock, name: str) -> None:
    with mock.client("backoffice", "key_only") as client:
        answer = client.get("/api/v1/legs", headers=[(b"jwt-token", TOKENS[name].encode())])
    assert (answer.status_code, answer.json()) == (401, {"error": "Signature verification raised"})


def test_a_jwt_of_one_world_is_refused_in_another_without_that_user(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        send(client, "create_user", fields_of("create_user", "…"))
        token = login(client, "arivas11")["token"]
        assert client.get("/api/v1/legs", headers={"jwt-token": token}).status_code == 200
        other = {"jwt-token": token, "x-mock-world": f"{mock.world}-other"}
        assert client.get("/api/v1/legs", headers=other).status_code == 401


# The seeded world


def test_every_seeded_record_exists(mock: Mock) -> None:
    state = mock.state("backoffice")
    users = {user["username"]: user for user in state["users"]}
    ids = {str(user["id"]) for user in state["users"]}
    for name, value in SEEDED_RECORDS.items():
        if name in ("user", "first_user", "read_user", "edited_user", "token_user", "user_without_team", "ticket_user"):
            assert value in ids, name
        if "username" in name or name == "sponsor":
            assert value in users, name
        if name.startswith("unknown"):
            assert value not in ids | {str(ticket["id"]) for ticket in state["tickets"]}
    assert users["ssoto03"]["request_token_on_edit"] is True
    assert sum(user["request_token_on_edit"] for user in state["users"]) == 1


def test_seeded_records_refer_to_one_another(mock: Mock) -> None:
    state: dict[str, list[dict[str, Any]]] = mock.state("backoffice")
    ids = {table: {row["id"] for row in records} for table, records in state.items()}
    references = {
        ("users", "plan_id"): "plans",
        ("users", "sponsor_id"): "users",
        ("users", "parent_id"): "users",
        ("purchases", "user_id"): "users",
        ("purchases", "plan_id"): "plans",
        ("notices", "user_id"): "users",
        ("notices", "plan_id"): "plans",
        ("tickets", "user_id"): "users",
        ("threads", "ticket_id"): "tickets",
        ("transactions", "user_id"): "users",
        ("transactions", "wallet_id"): "wallets",
        ("resources", "category_id"): "categories",
    }
    for (table, field), target in references.items():
        assert {row[field] for row in state[table]} - {None} <= ids[target], (table, field)
    assert {resource["category_id"] for resource in state["resources"]} == ids["categories"]


def test_members_of_the_seeded_world_look_real(mock: Mock) -> None:
    users: list[dict[str, Any]] = mock.state("backoffice")["users"]
    for field in ("username", "email", "mobile"):
        assert len({user[field].casefold() for user in users}) == len(users), field
    joined = {user["id"]: user["joined_at"] for user in users}
    for user in users:
        assert pycountry.countries.get(alpha_2=user["country_code"]) is not None
        assert user["email"] == f"{user['username']}@example.com"
        assert user["username"].isascii()
        assert len(user["mobile"]) == 8
        for above in (user["sponsor_id"], user["parent_id"]):
            assert above is None or joined[above] < joined[user["id"]]
    places = Counter((user["parent_id"], user["leg"]) for user in users)
    assert set(places.values()) == {1}
    assert [user["username"] for user in users if user["sponsor_id"] is None] == ["admin"]
    assert "password" not in json.dumps(users)


def test_what_is_put_aside_and_earned_is_booked_twice(mock: Mock) -> None:
    rows = [row for row in mock.state("backoffice")["transactions"] if row["user_id"] == 6]
    earned, reserve, commissions = ([row for row in rows if row["wallet_id"] == wallet] for wallet in (1, 4, 5))
    put_aside = [-row["amount"] for row in commissions if row["description"] == "Transfer to Reserve"]
    assert put_aside == [row["amount"] for row in reserve]
    assert [row["amount"] for row in earned] == [row["amount"] for row in commissions if row["description"].startswith("Commission")]
    assert all(row["balance"] >= 0 for row in rows)


@given(st.integers(-(10**12), 10**12))
def test_money_is_written_as_the_page_does(hundredths: int) -> None:
    text = money(hundredths)
    assert round(float(text) * 100) == hundredths
    assert text == f"{hundredths / 100:.2f}"[: len(text)]
    assert text.partition(".")[2] in {"0"} | {f"{n:02}".rstrip("0") for n in range(1, 100)}
