"""Listed and described operations of Trincico work on the same records: what one writes, the other shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from contract_tests.suite.checks import works
from contract_tests.suite.checks.model import BehaviourModel
from contract_tests.suite.checks.run import Run
from contract_tests.suite.harness import ApiClient, Target
from contract_tests.suite.harness.findings import VerdictStatus
from fixtures.trincico import SEEDED_RECORDS
from mockserver import read_image
from tests.vendors.trincico import DOCUMENT, advance

if TYPE_CHECKING:
    from tests.conftest import Mock

BAR = SEEDED_RECORDS["service"]
SLOT = {"date": "2041-05-06", "time": "10:00"}


class Callers:
    """Clients of one world, by credential."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self._open: dict[str | None, httpx.Client] = {}

    def __getitem__(self, name: str | None) -> httpx.Client:
        if name not in self._open:
            self._open[name] = self.mock.client("trincico", name)
        return self._open[name]

    def close(self) -> None:
        for client in self._open.values():
            client.close()


@pytest.fixture
def callers(mock: Mock) -> Iterator[Callers]:
    made = Callers(mock)
    yield made
    made.close()


def done(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    assert "X-Mock-Adjusted" not in answer.headers
    return answer.json() if answer.content else None


def page(client: httpx.Client, path: str, **query: Any) -> list[Any]:
    found: list[Any] = done(client.get(path, params={"limit": 100, **query}))["data"]
    return found


def notices(client: httpx.Client) -> list[str]:
    return [notice["kind"] for notice in page(client, "/profiles/notifications")]


def test_a_customer_made_by_a_listed_route_gets_a_described_invoice(callers: Callers) -> None:
    demo = callers["demo"]
    fields = {"first_name": "Ada", "last_name": "Berg", "business_name": "Berg & Co", "email": "ada.berg@example.com", "phone": ""}
    customer = done(demo.post(f"/services/{BAR}/customers", json=fields), 201)
    sent = {"service_id": BAR, "service_customer_id": customer["id"], "reference": "LISTED1"}
    invoice = done(demo.post("/invoices", json=sent), 201)
    rows = {row["id"]: row for row in page(demo, "/invoices", service_id=BAR)}
    assert rows[invoice["id"]]["customer"] == customer
    changed = done(demo.put(f"/services/77/customers/{customer['id']}/update", json={"phone": "+12025550199"}))
    assert {row["id"]: row for row in page(demo, "/invoices", service_id=BAR)}[invoice["id"]]["customer"] == changed
    refused = done(demo.delete(f"/services/{BAR}/customers/{customer['id']}/delete"), 400)
    assert refused["internal_code"] == "non_processable", "an invoice names the customer"
    assert done(demo.get(f"/services/{BAR}/customers/{customer['id']}")) == changed


def test_a_service_made_by_a_listed_route_is_in_the_described_profile(callers: Callers) -> None:
    pro = callers["pro"]
    fields = {"name": "Night Bakery", "category_id": SEEDED_RECORDS["category"], "email": "night@example.com", "city": "Austin", "country": "US"}
    made = done(pro.post("/services", json=fields), 201)
    assert made["status"] == "created"
    assert done(pro.get("/profile"))["services"] == [made]
    assert made["id"] not in [service["id"] for service in page(pro, "/services")], "it is not published"
    done(pro.put(f"/services/{made['id']}", json={"status": "published", "placeId": "here"}))
    listed = {service["id"]: service for service in page(callers[None], "/services")}
    assert (listed[made["id"]]["placeId"], listed[made["id"]]["name"]) == ("here", "Night Bakery")
    similar = [service["id"] for service in page(callers[None], f"/services/{made['id']}/similars")]
    assert BAR in similar
    assert made["id"] not in similar
    done(pro.get("/invoices/build-reference", params={"service_id": made["id"]}))
    done(pro.delete(f"/services/{made['id']}"), 204)
    assert done(pro.get("/profile"))["services"] == []


def test_a_plan_limits_the_services(callers: Callers) -> None:
    fields = {"name": "Third", "category_id": SEEDED_RECORDS["category"], "email": "third@example.com", "city": "Austin", "country": "US"}
    refused = done(callers["demo"].post("/services", json=fields), 400)
    assert refused["internal_code"] == "forbidden_resource", "Basic allows two, and there are two"
    assert done(callers["demo"].get("/services/get_data_to_create"), 400)["internal_code"] == "forbidden_resource"
    allowed = done(callers["pro"].get("/services/get_data_to_create"))
    assert (allowed["remaining"], allowed["max_allowed_value"]) == (4, 4)
    done(callers["pro"].post("/services", json=fields), 201)
    assert done(callers["pro"].get("/services/get_data_to_create"))["remaining"] == 3


def test_followers_visits_and_reviews_are_counted_in_the_described_profile(callers: Callers) -> None:
    def bar() -> Any:
        return next(service for service in done(callers["demo"].get("/profile"))["services"] if service["id"] == BAR)

    before = bar()
    assert (before["followersCount"], before["average_rating"], before["number_of_reviews"]) == (2, "4.33", 3)
    elite = callers["trial"]
    done(elite.post("/services/77/add_follower"), 204)
    assert done(elite.post(f"/services/{BAR}/add_follower"), 400)["internal_code"] == "already_have_resource"
    done(elite.post(f"/services/{BAR}/add_visit"), 201)
    review = done(elite.post(f"/services/{BAR}/review_service", json={"rating": 1, "text": "Closed when I came."}), 201)
    after = bar()
    assert (after["followersCount"], after["average_rating"], after["number_of_reviews"]) == (3, "3.50", 4)
    assert len(after["visits"]) == len(before["visits"]) + 1
    assert done(elite.get("/profile"))["favorites"][0]["id"] == BAR
    assert [one["id"] for one in done(elite.get("/profile"))["reviews"]] == [review["id"]]
    assert notices(callers["demo"])[:2] == ["review_created", "service_followed"]
    answered = done(callers["demo"].post(f"/reviews/{review['id']}/answer", json={"text": "We are sorry."}), 201)
    assert done(elite.get("/profile"))["reviews"] == [answered]
    assert notices(elite) == ["review_answered"]
    done(elite.delete(f"/reviews/{review['id']}/delete"), 204)
    done(elite.post(f"/services/{BAR}/remove_follower"), 204)
    assert {key: bar()[key] for key in ("followersCount", "average_rating", "number_of_reviews")} == {
        key: before[key] for key in ("followersCount", "average_rating", "number_of_reviews")
    }


def test_a_booking_lives_with_mails_and_notices_that_agree(callers: Callers, mock: Mock) -> None:
    guest, owner = callers["elite"], callers["demo"]
    assert "10:00" in done(callers[None].get(f"/services/{BAR}/booking_availability", params={"date": SLOT["date"]}))["time_segment"]
    booking = done(guest.post(f"/services/{BAR}/reserve", json={**SLOT, "text": "By the window"}), 201)
    assert "10:00" not in done(callers[None].get(f"/services/{BAR}/booking_availability", params={"date": SLOT["date"]}))["time_segment"]
    assert done(callers["pro"].post("/reserves", json={"service_id": BAR, **SLOT}), 409)["internal_code"] == "row_exists"
    assert [one["id"] for one in page(guest, "/profiles/reserves/submitted")] == [booking["id"]]
    assert booking["id"] in [one["id"] for one in page(owner, "/profiles/reserves")]
    assert done(guest.post(f"/reserves/{booking['id']}/accept"), 400)["internal_code"] == "forbidden_resource"
    accepted = done(owner.post(f"/reserves/{booking['id']}/accept"))
    assert done(guest.get(f"/reserves/{booking['id']}")) == accepted == {**booking, "status": "approved"}
    assert done(owner.post(f"/reserves/{booking['id']}/accept"), 400)["internal_code"] == "status_value_denied"
    assert done(owner.post(f"/reserves/{booking['id']}/cancel"))["canceled_by"] == "owner"
    assert "10:00" in done(callers[None].get(f"/services/{BAR}/booking_availability", params={"date": SLOT["date"]}))["time_segment"]
    assert notices(owner) == ["booking_created"]
    assert notices(guest) == ["booking_owner_canceled", "booking_approved"]
    sent = [(mail["to"], mail["subject"]) for mail in mock.outbox("trincico")]
    assert [to for to, _ in sent] == ["demo@example.com", "elite@example.com", "elite@example.com"]
    again = callers["notifications"].request(
        "GET", "/notifications/send", json={"channel": "email_notification", "scope": "booking_approved", "target_id": booking["id"]}
    )
    assert again.status_code == 204
    assert mock.outbox("trincico")[-1]["subject"] == sent[1][1], "the described call sends the same mail"


@pytest.mark.assumption("assumed.block_user.again")
def test_a_blocked_user_cannot_book(callers: Callers) -> None:
    for _ in range(2):
        done(callers["demo"].post("/profile/block_user", json={"user_id": "193"}), 204)
        assert done(callers["elite"].post(f"/services/{BAR}/reserve", json=SLOT), 400)["internal_code"] == "forbidden_resource"
    for _ in range(2):
        done(callers["demo"].post("/profile/block_user", json={"user_id": "193", "blocked": False}), 204)
    done(callers["elite"].post(f"/services/{BAR}/reserve", json=SLOT), 201)


@pytest.mark.assumption("assumed.search_users.blocks")
@pytest.mark.assumption("assumed.list_profiles.blocks")
@pytest.mark.parametrize("path", ["/users/search", "/profiles"])
def test_a_block_hides_two_users_from_each_other_where_users_are_listed(callers: Callers, path: str) -> None:
    def found(name: str) -> list[str]:
        return [user["first_name"] for user in page(callers[name], path)]

    everybody = found("demo")
    assert "Elin" in everybody
    assert ("Dana" in everybody) is (path == "/profiles"), "the search leaves out the caller"
    done(callers["demo"].post("/profile/block_user", json={"user_id": "193"}), 204)
    assert found("demo") == [name for name in everybody if name != "Elin"]
    assert "Dana" not in found("elite"), "the blocked one does not find the other either"
    assert {"Dana", "Elin"} < set(found("pro"))
    assert [user["first_name"] for user in page(callers["demo"], path, search="harper")] == []
    done(callers["demo"].post("/profile/block_user", json={"user_id": "193", "blocked": False}), 204)
    assert found("demo") == everybody
    assert "Dana" in found("elite")


@pytest.mark.assumption("assumed.retrieve_profile.blocks")
def test_a_block_leaves_a_profile_readable_by_its_id(callers: Callers) -> None:
    read = {("demo", "193"): "Elin", ("elite", SEEDED_RECORDS["user"]): "Dana"}
    before = {asked: done(callers[asked[0]].get(f"/profiles/{asked[1]}")) for asked in read}
    assert {asked: shown["first_name"] for asked, shown in before.items()} == read
    done(callers["demo"].post("/profile/block_user", json={"user_id": "193"}), 204)
    assert {asked: done(callers[asked[0]].get(f"/profiles/{asked[1]}")) for asked in read} == before
    assert done(callers["elite"].post(f"/services/{BAR}/reserve", json=SLOT), 400)["internal_code"] == "forbidden_resource", "the block holds"


def test_a_described_payment_is_listed(callers: Callers) -> None:
    back = {"success_url": "https://shop.example.com/ok", "cancel_url": "https://shop.example.com/no"}
    opened = done(callers["other"].post(f"/invoices/{SEEDED_RECORDS['ready_invoice']}/pay", json=back), 428)
    session = opened["redirect_url"].rpartition("/")[2]
    waiting = callers[None].get("/payments/complete", params={"session": session}, follow_redirects=False)
    assert waiting.headers["location"] == opened["redirect_url"]
    assert done(callers[None].post("/payments/complete", json={"session": session, "outcome": "pay"}))["status"] == "paid"
    left = callers[None].get("/payments/complete", params={"session": session}, follow_redirects=False)
    assert (left.status_code, left.headers["location"]) == (302, back["success_url"])
    paid = page(callers["other"], "/payments")[0]
    assert paid["invoice"]["id"] == SEEDED_RECORDS["ready_invoice"]
    assert done(callers["demo"].get(f"/payments/{paid['id']}")) == paid, "the owner of the invoice sees it too"
    assert done(callers["pro"].get(f"/payments/{paid['id']}"), 404)["internal_code"] == "not_found"
    assert done(callers["demo"].get(f"/invoices/{SEEDED_RECORDS['ready_invoice']}"))["status"] == "paid"
    assert notices(callers["demo"])[0] == notices(callers["other"])[0] == "invoice_paid"


def test_a_profile_changed_by_a_listed_route_is_the_described_one(callers: Callers) -> None:
    demo = callers["demo"]
    changed = done(demo.patch(f"/profiles/{SEEDED_RECORDS['user']}", json={"city": "Lublin", "phone": "+48123"}))
    assert (changed["city"], changed["phone"]) == ("Lublin", "+48123")
    assert done(demo.get("/profile")) == changed == done(demo.get("/profiles/profile_info"))
    located = done(demo.post("/profiles/location", json={"lat": 51.25, "lng": 22.57}))
    assert (located["city"], located["lat"]) == ("Lublin", 51.25)
    assert done(callers["pro"].get(f"/profiles/{SEEDED_RECORDS['user']}"))["city"] == "Lublin"
    assert done(callers["pro"].patch(f"/profiles/{SEEDED_RECORDS['user']}", json={"city": "x"}), 400)["internal_code"] == "forbidden_resource"


def test_notices_are_marked_and_deleted(callers: Callers) -> None:
    owner = callers["demo"]
    for caller in ("elite", "trial"):
        done(callers[caller].post(f"/services/{SEEDED_RECORDS['service_without_invoices']}/add_follower"), 204)
    first, second = page(owner, "/profiles/notifications")
    done(owner.post("/profiles/notifications/seen", json={"ids": [first["id"]]}), 204)
    assert [notice["seen"] for notice in page(owner, "/profiles/notifications")] == [True, False]
    done(owner.post("/profiles/notifications/seen"), 204)
    assert [notice["seen"] for notice in page(owner, "/profiles/notifications")] == [True, True]
    done(owner.delete("/profiles/notifications/delete", params={"ids": second["id"]}), 204)
    assert [notice["id"] for notice in page(owner, "/profiles/notifications")] == [first["id"]]
    done(owner.delete("/profiles/notifications/delete"), 204)
    assert page(owner, "/profiles/notifications") == []


def test_each_picture_is_served_and_is_another_one(callers: Callers, mock: Mock) -> None:
    """Covers, logos, avatars and images lead to this world; the gallery has paths, as the page prints them."""
    home = f"{mock.url}/~{mock.world}{DOCUMENT.base_path}"
    anyone = callers[None]
    services = page(anyone, "/services")
    people = [user["avatar"] for user in page(callers["demo"], "/profiles")]
    addresses = [service[kind] for service in services for kind in ("cover", "logo")] + people
    addresses += [shown["image"] for path in ("/categories", "/blog") for shown in page(anyone, path)]
    addresses += [f"{home}/{image['image']}" for service in services for image in service["gallery"]]
    assert all(address.startswith(f"{home}/media/") for address in addresses)
    shown = [httpx.get(address) for address in addresses]
    assert {(answer.status_code, answer.headers["content-type"]) for answer in shown} == {(200, "image/png")}
    pictures = [read_image(answer.content) for answer in shown]
    assert {(picture.width, picture.height) for picture in pictures if picture is not None} == {(160, 160), (480, 224)}
    assert None not in pictures
    assert len({answer.content for answer in shown}) == len(set(addresses)) == len(addresses) > 30
    assert done(callers["demo"].get("/profile"))["avatar"] in people
    assert done(anyone.get("/get_data"))["categories"][0]["image"] in addresses


def test_an_address_that_a_record_holds_is_shown_as_it_is(callers: Callers, mock: Mock) -> None:
    with mock.control as control:
        held = "https://images.example.com/home.png"
        control.patch(f"/state/trincico/categories/{SEEDED_RECORDS['category']}", json={"image": held}).raise_for_status()
    assert held in [category["image"] for category in page(callers[None], "/categories")]


def test_the_user_of_a_payout_has_an_empty_avatar(callers: Callers) -> None:
    assert {payout["user"]["avatar"] for payout in page(callers["elite"], "/payouts")} == {""}


def test_catalogues_hold_what_services_refer_to(callers: Callers) -> None:
    anyone = callers[None]
    categories = {category["id"] for category in page(anyone, "/categories")}
    countries = {country["id"] for country in page(anyone, "/countries", limit=300)}
    for service in page(anyone, "/services"):
        assert service["category_id"] in categories
        assert service["country"] in countries
    assert {city["country"] for city in page(anyone, "/cities", country="PL")} == {"PL"}
    warsaw = done(anyone.get("/cities/getCity", params={"lat": 52.1, "lng": 20.9}))
    assert warsaw == done(anyone.get("/cities/getCity", params={"name": "warszawa"}))
    assert {part["city_id"] for part in page(anyone, "/municipalities", city_id=warsaw["id"])} == {warsaw["id"]}
    dates = [entry["created_at"] for entry in page(anyone, "/blog")]
    assert dates == sorted(dates, reverse=True) != []


def test_a_route_of_unknown_purpose_says_that_it_is_assumed(callers: Callers) -> None:
    answer = callers[None].get("/services_info")
    assert "assumed" in answer.headers["X-Mock-Notice"]
    assert answer.json()["number_of_services"] == len(page(callers[None], "/services"))


def code_of(mock: Mock) -> str:
    """The code of the last mail."""
    found: str = mock.outbox("trincico")[-1]["codes"][0]
    return found


def test_an_account_lives_from_sign_up_to_its_first_invoice(callers: Callers, mock: Mock) -> None:
    anyone, login = callers[None], {"email": "new.user@example.com", "password": "correct horse"}
    made = done(anyone.post("/users", json={**login, "first_name": "Noa", "last_name": "Ray"}), 201)
    assert done(anyone.post("/users/login", json=login), 403)["internal_code"] == "require_activation"
    first = code_of(mock)
    done(anyone.post("/resendCode_Email", json={"email": login["email"]}), 204)
    assert done(anyone.post("/activate_account", json={"email": login["email"], "code": first}), 400)["field"] == [], (
        "the first code is no longer good"
    )
    activated = done(anyone.post("/activate_account", json={"email": "New.User@example.com", "code": code_of(mock)}))
    assert activated == {**made, "active": True}
    token = done(anyone.post("/users/login", json=login))["access"]
    anyone.headers["Authorization"] = f"Bearer {token}"
    assert done(anyone.get("/profile"))["current_subscription"]["plan"]["name"] == "Basic"
    fields = {"name": "Noa's Bikes", "category_id": SEEDED_RECORDS["category"], "email": "bikes@example.com", "city": "Austin", "country": "US"}
    service = done(anyone.post("/services", json=fields), 201)
    customer = {"first_name": "Ada", "last_name": "Berg", "business_name": "", "email": "ada@example.com", "phone": ""}
    named = done(anyone.post(f"/services/{service['id']}/customers", json=customer), 201)
    invoice = done(anyone.post("/invoices", json={"service_id": service["id"], "service_customer_id": named["id"], "reference": "NB1000"}), 201)
    done(anyone.post("/change_languaje", json={"language": "es"}), 204)
    profile = done(anyone.get("/profile"))
    assert (profile["selected_language"], [one["id"] for one in profile["services"]]) == ("es", [service["id"]])
    assert [row["id"] for row in page(anyone, "/invoices")] == [invoice["id"]]
    done(anyone.delete("/users/delete"), 204)
    assert done(anyone.get("/profile"), 401)["internal_code"] == "invalid_token"
    assert service["id"] not in [one["id"] for one in page(callers["demo"], "/services")]


def test_a_friend_is_counted(callers: Callers, mock: Mock) -> None:
    anyone = callers[None]
    one = {"password": "correct horse", "first_name": "Ben", "last_name": "Ray", "email": "ben@example.com"}
    done(anyone.post("/users", json=one), 201)
    done(anyone.post("/activate_account", json={"email": "ben@example.com", "code": code_of(mock)}))
    ben = callers["demo"]
    ben.headers["Authorization"] = "Bearer " + done(anyone.post("/users/login", json={"email": one["email"], "password": one["password"]}))["access"]
    code = done(ben.get("/profile"))["refer_code"]
    friend = done(anyone.post("/users", json={**one, "email": "friend@example.com", "refer_code": code}), 201)
    assert [user["id"] for user in page(ben, "/profiles/code_friends")] == [friend["id"]]


@pytest.mark.parametrize("way", ["code", "link", "page"])
def test_a_password_is_reset_once_by_what_was_mailed(callers: Callers, mock: Mock, way: str) -> None:
    anyone, email = callers[None], "demo@example.com"
    refresh = done(anyone.post("/users/login", json={"email": email, "password": "trincico-demo-password"}))["refresh"]
    if way == "page":
        asked = anyone.post("/accounts/password_reset", data={"email": email})
        assert asked.status_code == 302
        assert anyone.post("/accounts/password_reset", data={"email": "nobody@example.com"}).headers["location"] == asked.headers["location"]
    else:
        done(anyone.post("/users/request_password_reset", json={"email": email}), 204)
    mail = mock.outbox("trincico")[-1]
    path = mail["body"].partition("/accounts/reset/")[2].split()[0]
    if way == "code":
        done(anyone.post("/reset_password_code", json={"email": email, "code": mail["codes"][0]}), 204)
        done(anyone.post("/reset_password_code", json={"email": email, "code": mail["codes"][0], "password": "another one"}), 204)
    else:
        assert done(anyone.get(f"/check_reset_password_token/{path}"))["valid"]
        assert "new_password1" in anyone.get(f"/accounts/reset/{path}").text
        wrong = anyone.post(f"/accounts/reset/{path}", data={"new_password1": "another one", "new_password2": "another"})
        assert "not the same" in wrong.text
        set_ = anyone.post(f"/accounts/reset/{path}", data={"new_password1": "another one", "new_password2": "another one"})
        assert (set_.status_code, set_.headers["location"].rpartition("/accounts")[2]) == (302, "/reset/done")
    assert not done(anyone.get(f"/check_reset_password_token/{path}"))["valid"]
    assert "no longer good" in anyone.get(f"/accounts/reset/{path}").text
    assert done(anyone.post("/reset_password_code", json={"email": email, "code": mail["codes"][0]}), 400)["internal_code"] == "invalid_param"
    assert done(anyone.post("/users/login", json={"email": email, "password": "trincico-demo-password"}), 401)["internal_code"] == "bad_credentials"
    assert done(anyone.post("/login/refresh", json={"refresh": refresh}), 401)["internal_code"] == "invalid_token"
    done(anyone.post("/users/login", json={"email": email, "password": "another one"}))
    assert mock.outbox("trincico")[-1]["subject"] == "Your password was changed"
    assert notices(callers["demo"]) == ["password_updated"]


def test_a_code_for_a_password_expires(callers: Callers, mock: Mock) -> None:
    anyone, email = callers[None], "demo@example.com"
    done(
        callers["notifications"].request(
            "GET",
            "/notifications/send",
            json={"channel": "email_notification", "scope": "request_password_code", "target_id": SEEDED_RECORDS["user"]},
        ),
        204,
    )
    code = code_of(mock)
    done(anyone.post("/reset_password_code", json={"email": email, "code": code}), 204)
    advance(mock, "PT2H")
    assert done(anyone.post("/reset_password_code", json={"email": email, "code": code}), 400)["internal_code"] == "invalid_param"


def test_a_customer_chats_with_the_owner_of_a_service(callers: Callers) -> None:
    guest, owner = callers["elite"], callers["demo"]
    chat = done(guest.post("/chat/create", json={"service_id": BAR}), 201)
    assert done(owner.post("/chat/create", json={"user_id": chat["members"][0]["id"]}), 201)["id"] == chat["id"], "there is one for each pair"
    sent = done(guest.post("/chat_messages/create", json={"chat_id": chat["id"], "text": "Are you open?"}), 201)
    assert done(owner.get(f"/chat/unreadMessages/{chat['id']}")) == {"unread": 1}
    assert done(guest.get(f"/chat/unreadMessages/{chat['id']}")) == {"unread": 0}
    assert [one["id"] for one in page(owner, f"/chat/{chat['id']}")] == [sent["id"]]
    assert chat["id"] in [one["id"] for one in page(owner, "/chat/serviceOwner")]
    assert notices(owner) == ["message_received"]
    done(owner.post("/messageReceived", json={"chat_id": chat["id"]}), 204)
    details = done(owner.get(f"/chat/details/{chat['id']}"))
    assert (details["unread"], details["last_message"]["text"], details["service"]["id"]) == (0, "Are you open?", BAR)
    assert details["last_message"]["received_at"] is not None
    done(owner.delete(f"/chat/{chat['id']}/delete"), 204)
    assert done(owner.get(f"/chat/details/{chat['id']}"), 404)["internal_code"] == "not_found"
    assert done(guest.get(f"/chat/details/{chat['id']}"))["id"] == chat["id"], "the other user keeps it"
    assert done(callers["pro"].get(f"/chat/{chat['id']}"), 404)["internal_code"] == "not_found"
    form = {"socket_id": "1.2", "channel_name": f"private-chat-{chat['id']}"}
    assert done(guest.post("/pusher/auth", data=form))["auth"].startswith("trincico-pusher-key:")
    assert done(callers["pro"].post("/pusher/auth", data=form), 403)["internal_code"] == "forbidden_resource"


def test_maintenance_is_switched_by_the_control_plane(callers: Callers, mock: Mock) -> None:
    assert done(callers[None].get("/maintenance")) == {"maintenance": False}
    with mock.control as control:
        control.put("/services/trincico.maintenance", json={"down": True}).raise_for_status()
    assert done(callers[None].get("/maintenance")) == {"maintenance": True}
    assert done(callers[None].get("/get_data"))["maintenance"]


def test_a_social_account_signs_the_same_user_in_again(callers: Callers) -> None:
    anyone = callers[None]
    ids = []
    for _ in range(2):
        token = done(anyone.post("/users/sign_with_social_provider", json={"provider": "google", "token": "some-subject"}))["access"]
        ids.append(done(callers["demo"].get("/profile", headers={"Authorization": f"Bearer {token}"}))["id"])
    assert ids[0] == ids[1]
    token = done(anyone.post("/users/sign_with_social_provider", json={"provider": "apple", "token": "demo@example.com"}))["access"]
    assert done(callers["demo"].get("/profile", headers={"Authorization": f"Bearer {token}"}))["id"] == SEEDED_RECORDS["user"]


def test_a_device_is_registered_once(callers: Callers) -> None:
    demo, fields = callers["demo"], {"token": "abc", "platform": "ios"}
    made = done(demo.post("/token", json=fields), 201)
    assert done(demo.post("/token", json=fields), 409)["internal_code"] == "row_exists"
    assert done(demo.post("/token/submit_token_user", json=fields), 201) == made
    assert page(demo, "/token") == [made]
    assert done(callers["pro"].get(f"/token/{made['id']}"), 404)["internal_code"] == "not_found"


def test_every_route_of_the_list_is_served() -> None:
    routes = {(route["code"], route["path"]) for operation in DOCUMENT.operations if (route := operation.spec.get("x-route"))}
    assert len(routes) == 115
    listed = [operation for operation in DOCUMENT.operations if operation.provenance == "listed"]
    assert len(listed) == 117
    assert all(operation.spec["x-assumed"] and operation.spec["x-route"] for operation in listed)


def test_the_engine_plays_most_of_the_listed_operations(mock: Mock) -> None:
    """The engine records what an answer rests on: each listed operation is called as its recipe says, and its success is looked at."""
    rests: dict[str, set[str]] = {}

    def look(answer: httpx.Response) -> None:
        path = answer.request.url.path.partition(DOCUMENT.base_path)[2]
        route = DOCUMENT.route(answer.request.method, path)
        assert "X-Mock-Adjusted" not in answer.headers
        if route is not None and answer.status_code < 400:
            rests.setdefault(route.operation.id, set()).add(answer.headers.get("X-Mock-Basis", "handler"))

    listed = frozenset(operation.id for operation in DOCUMENT.operations if operation.provenance == "listed")
    with httpx.Client(event_hooks={"response": [look]}, timeout=30) as client:
        api = ApiClient(Target.discover("trincico", mock.url + DOCUMENT.base_path), client)
        verdicts = list(works.check(Run(api, BehaviourModel(DOCUMENT, strict=True), "quick", 1, listed)))
        api.close()
    assert [verdict.reason for verdict in verdicts if verdict.outcome is not VerdictStatus.HELD] == []
    played = sorted(name for name in listed if rests.get(name) == {"state"})
    assert len(played) >= 85, played


def test_account_pages_are_pages(callers: Callers) -> None:
    for operation in DOCUMENT.operations:
        if operation.method == "GET" and operation.provenance == "listed" and "hosted pages" in operation.spec["tags"]:
            path = operation.path.replace("{uidb64}", "a").replace("{token}", "b").replace("{room_name}", "lobby<b>")
            shown = callers["demo"].get(path)
            assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
            assert "<b>" not in shown.text
            assert "script" not in shown.text
