"""Private test data for targets where all tests share one state: users that a test may edit or give a team."""

from __future__ import annotations

from collections.abc import Mapping

from ...harness import ApiClient, not_observable
from ...harness.target import Make
from .calls import WORKING, new_name, send, session


def _user(api: ApiClient) -> tuple[str, str]:
    """Id and name of a new user without a team."""
    name = new_name()
    answer = send(api, "create_user", user_name=name, email=f"{name}@example.com")
    if not answer.is_success:
        not_observable(f"no user could be made for this test: {answer.text[:200]}")
    return str(session(api, name, WORKING["create_user"]["password"])["id"]), name


def _edited(api: ApiClient) -> Mapping[str, str]:
    return {"edited_user": _user(api)[0]}


def _without_team(api: ApiClient) -> Mapping[str, str]:
    identity, name = _user(api)
    return {"user_without_team": identity, "username_without_team": name}


OWN: Mapping[str, Make] = {"edited_user": _edited, **dict.fromkeys(("user_without_team", "username_without_team"), _without_team)}
