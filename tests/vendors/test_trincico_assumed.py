"""What is assumed of Trincico's listed routes and no recipe proves. Each test is marked with the ids of the statements that it is about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.trincico import DOCUMENT

if TYPE_CHECKING:
    import httpx

    from tests.conftest import Mock

MAINTENANCE = "/services/trincico.maintenance"
OLD, NEW = "trincico-demo-password", "another password"


def text_of(client: httpx.Client, path: str, status: int = 200) -> str:
    """The text of a page."""
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    return answer.text


@pytest.mark.assumption("assumed.log_out_session.page")
def test_a_logout_leads_to_the_page_that_asks_for_a_link(mock: Mock) -> None:
    with mock.client("trincico", "demo") as demo:
        answer = demo.post("/accounts/logout")
        assert (answer.status_code, answer.headers["location"].rpartition("/accounts")[2]) == (302, "/password_reset")
        assert demo.get("/profile").status_code == 200, "no session was ended"


@pytest.mark.assumption("assumed.show_password_change.page")
@pytest.mark.assumption("assumed.submit_password_change.page")
@pytest.mark.assumption("assumed.show_password_changed.page")
def test_a_password_is_changed_on_the_page(mock: Mock) -> None:
    with mock.client("trincico", "demo") as demo, mock.client("trincico", None) as anyone:

        def sent(old: str, new: str, again: str) -> httpx.Response:
            return demo.post("/accounts/password_change", data={"old_password": old, "new_password1": new, "new_password2": again})

        def signs_in(password: str) -> bool:
            return anyone.post("/users/login", json={"email": "demo@example.com", "password": password}).status_code == 200

        asked = text_of(demo, "/accounts/password_change")
        assert all(name in asked for name in ("old_password", "new_password1", "new_password2"))
        assert "is another one" in sent("wrong", NEW, NEW).text
        assert "not the same" in sent(OLD, NEW, "different").text
        assert signs_in(OLD)
        answer = sent(OLD, NEW, NEW)
        assert (answer.status_code, answer.headers["location"].rpartition("/accounts")[2]) == (302, "/password_change/done")
        assert (signs_in(OLD), signs_in(NEW)) == (False, True)
        assert "was changed" in text_of(demo, "/accounts/password_change/done")


@pytest.mark.assumption("assumed.show_password_reset.page")
@pytest.mark.assumption("assumed.submit_password_reset.page")
@pytest.mark.assumption("assumed.show_password_reset_sent.page")
@pytest.mark.assumption("assumed.show_new_password.page")
@pytest.mark.assumption("assumed.submit_new_password.page")
@pytest.mark.assumption("assumed.show_password_reset_complete.page")
def test_a_password_is_reset_on_the_pages(mock: Mock) -> None:
    with mock.client("trincico", None) as anyone:
        assert "email" in text_of(anyone, "/accounts/password_reset")
        asked = [anyone.post("/accounts/password_reset", data={"email": f"{name}@example.com"}) for name in ("demo", "unknown")]
        assert asked[0].headers["location"] == asked[1].headers["location"]
        assert len(mock.outbox("trincico")) == 1
        assert "on its way" in text_of(anyone, "/accounts/password_reset/done")
        link = "/accounts/reset/" + mock.outbox("trincico")[0]["body"].partition("/accounts/reset/")[2].split()[0]
        assert "new_password1" in text_of(anyone, link)
        assert "not the same" in anyone.post(link, data={"new_password1": NEW, "new_password2": "different"}).text
        assert anyone.post(link, data={"new_password1": NEW, "new_password2": NEW}).status_code == 302
        assert "no longer good" in text_of(anyone, link)
        assert "is set" in text_of(anyone, "/accounts/reset/done")


@pytest.mark.assumption("assumed.show_live_chat.page")
@pytest.mark.assumption("assumed.show_live_chat_room.page")
def test_the_live_chat_names_its_room(mock: Mock) -> None:
    with mock.client("trincico", None) as anyone:
        assert "name of a room" in text_of(anyone, "/livechat")
        shown = text_of(anyone, "/livechat/lobby<b>")
        assert "lobby&lt;b&gt;" in shown
        assert "script" not in shown


@pytest.mark.parametrize("character", ["\x1c", "\x85", "\ufeff", "\u3000", "@"])
def test_an_e_mail_has_no_character_that_only_some_readers_take_for_a_space(mock: Mock, character: str) -> None:
    """ECMA 262 and Python differ in what is a space: a judge that reads the pattern by the other one must say the same."""
    fields = {"first_name": "Ada", "last_name": "Berg", "password": "correct horse"}
    patterns = {one["pattern"] for _, one in DOCUMENT.properties({"$ref": "#/components/schemas/UserCreate"}) if "@" in one.get("pattern", "")}
    with mock.client("trincico", None) as anyone:
        answers = [anyone.post("/users", json={**fields, "email": f"ada{between}berg@example.com"}) for between in (character, "é")]
    assert [answer.status_code for answer in answers] == [400, 201]
    assert [bool(re.search(pattern, f"ada{character}berg@example.com")) for pattern in patterns] == [False]


@pytest.mark.assumption("assumed.get_maintenance.others")
def test_other_calls_answer_as_before_while_there_is_maintenance(mock: Mock) -> None:
    """Every described read, a described write and one of a listed route."""
    reads = [operation.path for operation in DOCUMENT.operations if operation.provenance == "described" and operation.method == "GET"]
    shown = [path for path in reads if "{" not in path and path not in ("/notifications/send", "/invoices/build-reference")]
    customer = {"first_name": "Ada", "last_name": "Berg", "business_name": "", "email": "ada.berg@example.com", "phone": ""}
    with mock.client("trincico", "elite") as elite, mock.client("trincico", "demo") as demo, mock.control as control:
        before = {path: elite.get(path).json() for path in shown}
        control.put(MAINTENANCE, json={"down": True}).raise_for_status()
        assert demo.get("/maintenance").json() == {"maintenance": True}
        assert {path: elite.get(path).json() for path in shown} == before
        assert len(before) > 4
        made = demo.post(f"/services/{SEEDED_RECORDS['service']}/customers", json=customer)
        sent = {"service_id": SEEDED_RECORDS["service"], "service_customer_id": made.json()["id"], "reference": "AT-WORK"}
        assert (made.status_code, demo.post("/invoices", json=sent).status_code) == (201, 201)
        control.put(MAINTENANCE, json={"down": False}).raise_for_status()
        assert demo.get("/maintenance").json() == {"maintenance": False}
