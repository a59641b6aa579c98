"""Users: read, registered, edited with and without a token."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ...harness import ApiClient, clause, not_observable
from .calls import BLANK, WORKING, new_name, refused, refused_as_unknown_user, refused_for, send, session, succeeded

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
SHOWN = {
    "first_name",
    "last_name",
    "email",
    "country_code",
    "username",
    "mobile",
    "default_leg",
    "language",
    "profile_image",
    "matrix_on",
    "request_token_on_edit",
}


def user(api: ApiClient, user_id: str = "$edited_user") -> dict[str, Any]:
    found: dict[str, Any] = succeeded(send(api, "get_user", id=user_id))
    return found


def mailed_token(api: ApiClient, user_id: str) -> str:
    """A token asked for a user, as the mail brings it."""
    before = len(api.outbox())
    answer = succeeded(send(api, "create_token", user_id=user_id))
    mails = api.outbox()[before:]
    assert len(mails) == 1, f"{len(mails)} messages were sent where one mail brings the token"
    if not mails[0]["codes"]:
        not_observable("the hook outbox does not say which of the words of a mail is its token (codes)")
    token: str = mails[0]["codes"][0]
    assert token not in str(answer)
    return token


@clause("backoffice.get_user.r1", "backoffice.get_user.r2")
def test_the_id_in_the_path_says_whose_fields_are_read(api: ApiClient) -> None:
    found = user(api, "$read_user")
    assert found.keys() >= SHOWN
    assert "id" not in found
    assert found["username"] == api.known("read_username")
    assert user(api, "$user")["username"] == api.known("username")


@clause("backoffice.get_user.e1", "backoffice.create_token.e1", "backoffice.create_token.r4")
@pytest.mark.parametrize("name", ["get_user", "create_token"])
def test_an_unknown_user_is_not_found(api: ApiClient, name: str) -> None:
    refused_as_unknown_user(api, send(api, name, **{"id" if name == "get_user" else "user_id": "$unknown_user"}), name, "user_not_found")


@clause("backoffice.create_user.r1", "backoffice.create_user.r7")
def test_a_new_user_exists_and_is_not_told_its_id(api: ApiClient) -> None:
    name = new_name()
    answer = succeeded(send(api, "create_user", user_name=name, email=f"{name}@example.com"))
    assert answer["message"] == "User created successfully."
    found = session(api, name, WORKING["create_user"]["password"])
    assert not api.target.strict or str(found["id"]) not in str(answer)  # extra keys are right as well (D18)
    shown = user(api, str(found["id"]))
    sent = {field: WORKING["create_user"][field] for field in ("first_name", "last_name", "mobile", "country_code")}
    assert shown.items() >= {**sent, "username": name, "email": f"{name}@example.com"}.items()


@clause("backoffice.create_user.e2", "backoffice.create_user.r3", "backoffice.create_user.r8")
@pytest.mark.parametrize("missing", [(field,) for field in WORKING["create_user"]] + [tuple(WORKING["create_user"])], ids="-".join)
def test_each_of_the_eight_fields_is_required(api: ApiClient, missing: tuple[str, ...]) -> None:
    answer = send(api, "create_user", **dict.fromkeys(missing))
    texts = refused_for(api, answer, "create_user", "blank")
    assert texts == {field: [BLANK] for field in missing}
    assert "details" not in answer.json()


TAKEN = "has already been taken"
NOT_INCLUDED = "is not included in the list"


@clause("backoffice.create_user.e1", "backoffice.create_user.r8")
@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        pytest.param("user_name", "$taken_username", TAKEN, marks=clause("backoffice.create_user.r4")),
        pytest.param("email", "$taken_email", TAKEN, marks=clause("backoffice.create_user.r5")),
        pytest.param("country_code", "XX", NOT_INCLUDED, marks=clause("backoffice.create_user.r6")),
    ],
)
def test_names_and_addresses_are_unique_and_countries_are_listed(api: ApiClient, field: str, value: str, text: str) -> None:
    answer = send(api, "create_user", **{field: value})
    assert refused(api, answer, "create_user", "data_invalid")["details"][field] == [text]
    assert "errors" not in answer.json()


@clause("backoffice.create_user.e1")
def test_several_wrong_fields_are_told_together(api: ApiClient) -> None:
    answer = send(api, "create_user", user_name="$taken_username", email="$taken_email", country_code="XX")
    details = refused_for(api, answer, "create_user", "data_invalid", "details")
    assert details == {"user_name": [TAKEN], "email": [TAKEN], "country_code": [NOT_INCLUDED]}


@clause("backoffice.create_user.r6")
def test_every_listed_country_is_accepted(api: ApiClient) -> None:
    for country in succeeded(send(api, "list_countries"))["list"][:3]:
        succeeded(send(api, "create_user", country_code=country["id"]))


@clause("backoffice.update_user.r1")
def test_what_is_not_sent_stays(api: ApiClient) -> None:
    before = user(api)
    answer = succeeded(send(api, "update_user", mobile="77777777"))
    assert answer["message"] == "User updated successfully."
    assert user(api) == {**before, "mobile": "77777777"}
    country = next(one["id"] for one in succeeded(send(api, "list_countries"))["list"] if one["id"] != before["country_code"])
    succeeded(send(api, "update_user", first_name="Otra", country_code=country))
    assert user(api) == {**before, "mobile": "77777777", "first_name": "Otra", "country_code": country}


@clause("backoffice.update_user.r5")
def test_a_picture_is_sent_as_a_file(api: ApiClient) -> None:
    before = user(api)["profile_image"]
    succeeded(send(api, "update_user", profile_image=("foto.png", PIXEL, "image/png")))
    assert user(api)["profile_image"] != before


@clause("backoffice.update_user.e2", "backoffice.update_user.r6")
@pytest.mark.parametrize(("field", "value", "text"), [("email", "$taken_email", TAKEN), ("country_code", "XX", NOT_INCLUDED)])
def test_an_edit_keeps_addresses_unique_and_countries_listed(api: ApiClient, field: str, value: str, text: str) -> None:
    before = user(api)
    answer = send(api, "update_user", **{field: value})
    assert text in refused(api, answer, "update_user", "data_invalid")["details"][field]
    assert user(api) == before


@clause("backoffice.update_user.e1", "backoffice.update_user.r2", "backoffice.update_user.r3")
def test_where_the_setting_is_on_an_edit_without_a_token_is_refused(api: ApiClient) -> None:
    before = user(api, "$token_user")
    body = refused(api, send(api, "update_user", id="$token_user", first_name="Otra"), "update_user", "edit_token_invalid")
    assert body["detail"] == "Token is not valid!"
    assert user(api, "$token_user") == before


@clause("backoffice.create_token.r1", "backoffice.create_token.r2", "backoffice.update_user.r2", "backoffice.update_user.r4")
def test_a_token_comes_by_mail_and_lets_its_user_be_edited(api: ApiClient) -> None:
    token = mailed_token(api, "$token_user")
    assert api.outbox()[-1]["to"] == api.known("token_user_email")
    succeeded(send(api, "update_user", id="$token_user", first_name="Otra", token=token))
    assert user(api, "$token_user")["first_name"] == "Otra"
    foreign = mailed_token(api, "$user_without_team")
    refused(api, send(api, "update_user", id="$token_user", first_name="Nadie", token=foreign), "update_user", "edit_token_invalid")


@clause("backoffice.create_token.r3", "backoffice.update_user.r4")
def test_a_token_expires_after_an_hour(api: ApiClient) -> None:
    token = mailed_token(api, "$token_user")
    api.advance("PT1H1S")
    refused(api, send(api, "update_user", id="$token_user", first_name="Otra", token=token), "update_user", "edit_token_invalid")


@clause("backoffice.create_token.r2")
def test_the_answer_to_the_request_of_a_token_is_a_fixed_text(api: ApiClient) -> None:
    assert succeeded(send(api, "create_token"))["message"] == "A token was sent to you email. It expires in 1 hour."
