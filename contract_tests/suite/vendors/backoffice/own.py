"""Private test data for targets where all tests share one state: users that a test may edit or give a team, and a ticket to answer."""

from __future__ import annotations

from collections.abc import Mapping

from ...harness import ApiClient, not_observable
from ...harness.target import Make
from .calls import FORBIDDEN, WORKING, new_name, send


def _given(api: ApiClient, *names: str) -> Mapping[str, str]:
    """What the target file says under these names."""
    return {name: api.target.known[name] for name in names if name in api.target.known}


def _user(api: ApiClient) -> tuple[str, str]:
    """Id and name of a new user without a team."""
    name = new_name()
    answer = send(api, "create_user", user_name=name, email=f"{name}@example.com")
    if not answer.is_success:
        not_observable(f"no user could be made for this test: {answer.text[:200]}")
    found = send(api, "login", headers={}, username=name, password=WORKING["create_user"]["password"])
    if not found.is_success:
        not_observable(f"a user was made for this test and cannot sign in: {found.text[:200]}")
    user = str(found.json()["id"])
    if send(api, "get_user", id=user).status_code == FORBIDDEN:
        not_observable("a user was made for this test, and no other user may read it (D34)")
    return user, name


def _edited(api: ApiClient) -> Mapping[str, str]:
    user = _user(api)[0]
    found = send(api, "get_user", id=user)
    if not found.is_success:
        not_observable(f"the user that was made for this test cannot be read: {found.text[:200]}")
    if found.json().get("request_token_on_edit"):
        not_observable("every new user has request_token_on_edit, so that no edit succeeds without a token from a mail")
    return {"edited_user": user}


def _without_team(api: ApiClient) -> Mapping[str, str]:
    identity, name = _user(api)
    return {"user_without_team": identity, "username_without_team": name}


def _sponsor(api: ApiClient) -> Mapping[str, str]:
    """The owner, whose team every reading of the page lets the owner see (D34); else the user that the target file names."""
    owner = _given(api, "username", "user")
    if len(owner) == 2:
        return {"sponsor": owner["username"], "first_user": owner["user"]}
    given = _given(api, "sponsor", "first_user")
    if "sponsor" not in given:
        not_observable("no user is known under whom new ones may be registered: username and user, or sponsor, under [known]")
    return given


def _taken(api: ApiClient) -> Mapping[str, str]:
    name = _user(api)[1]
    return {"taken_username": name, "taken_email": f"{name}@example.com"}


def _ticket_user(api: ApiClient) -> Mapping[str, str]:
    """A user with one ticket. A ticket that is not listed is a finding of other tests."""
    user = _user(api)[0]
    send(api, "create_user_ticket", user_id=user)
    found = send(api, "list_user_tickets", id=user)
    rows = found.json().get("list") if found.is_success else None
    return {"ticket_user": user} | ({"ticket": str(rows[-1]["id"])} if rows else {})


def _ticket(api: ApiClient) -> Mapping[str, str]:
    found = _ticket_user(api)
    if "ticket" not in found:
        not_observable("a ticket was made for this test and is not in the list of its user")
    return found


def _token_user(api: ApiClient) -> Mapping[str, str]:
    """A user whose edits ask for a token, and the address to which it is sent, both as the target says."""
    user = api.target.known.get("token_user") or _user(api)[0]
    found = send(api, "get_user", id=user)
    if not found.is_success:
        not_observable(f"the user {user}, token_user under [known], cannot be read: {found.text[:200]}")
    if not found.json().get("request_token_on_edit"):
        not_observable(f"the user {user} has no request_token_on_edit; token_user under [known] names one whose edits ask for a token")
    return {"token_user": user, "token_user_email": str(found.json().get("email"))}


OWN: Mapping[str, Make] = {
    "edited_user": _edited,
    **dict.fromkeys(("user_without_team", "username_without_team"), _without_team),
    **dict.fromkeys(("sponsor", "first_user"), _sponsor),
    **dict.fromkeys(("taken_username", "taken_email"), _taken),
    "ticket_user": _ticket_user,
    "ticket": _ticket,
    **dict.fromkeys(("token_user", "token_user_email"), _token_user),
}
