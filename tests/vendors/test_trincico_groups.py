"""By group of Trincico's routes: what a listed route writes, a described one reads, and back, as far as the two kinds share records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fixtures.trincico import SEEDED_RECORDS
from tests.vendors.trincico import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from tests.conftest import Mock

BAR = SEEDED_RECORDS["service"]
SLOT = {"date": "2041-05-06", "time": "10:00"}
CUSTOMER = {"first_name": "Ada", "last_name": "Berg", "business_name": "", "email": "ada.berg@example.com", "phone": ""}
BACK = {"success_url": "https://shop.example.com/ok", "cancel_url": "https://shop.example.com/no"}
READ_BY_NO_DESCRIBED_ROUTE = {
    "app": "its routes write nothing",
    "catalogues": "its routes write nothing",
    "chat": "no described answer or mail tells of a chat or a message",
    "device tokens": "no described answer tells of a device, and no described channel pushes to one",
}
"""Groups of which no record that a listed route writes is read by a described one, with the reason."""
READ_NOTHING_OF_A_DESCRIBED_ROUTE = {
    "bookings": "no described route writes a booking or a service",
    "catalogues": "no described route writes a place, a category or an entry of the blog",
    "chat": "no described route writes a chat, a message, a user's name or a service",
    "device tokens": "no described route writes a device",
    "login": "no described route writes an e-mail, a password or whether an account is active",
    "reviews": "no described route writes a review or an answer",
}
"""Groups whose listed routes read no record that a described one writes, with the reason."""


class Walk:
    """Calls of one world, each checked to be by a route of the provenance that it is said to have."""

    def __init__(self, mock: Mock, group: str) -> None:
        self._mock = mock
        self._group = group
        self.made: list[tuple[str, str]] = []

    def _call(self, kind: str, who: str | None, method: str, path: str, status: int, **sent: Any) -> Any:
        route = DOCUMENT.route(method, path)
        assert route is not None, path
        operation = route.operation
        assert operation.provenance == kind, operation.id
        with self._mock.client("trincico", who) as client:
            answer: httpx.Response = client.request(method, path, **sent)
        assert answer.status_code == status, answer.text
        self.made.append((kind, operation.method))
        if kind == "listed":
            assert operation.spec["tags"] == [self._group]
        return answer.json() if "json" in answer.headers.get("content-type", "") else answer.text

    def listed(self, who: str | None, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        """The body of the answer to a call of a listed route of the group."""
        return self._call("listed", who, method, path, status, **sent)

    def described(self, who: str | None, method: str, path: str, status: int = 200, **sent: Any) -> Any:
        """The body of the answer to a call of a described route."""
        return self._call("described", who, method, path, status, **sent)

    def notify(self, scope: str, target: str) -> dict[str, Any]:
        """The mail that the described route of notifications sends."""
        self.described(
            "notifications", "GET", "/notifications/send", 204, params={"channel": "email_notification", "scope": scope, "target_id": target}
        )
        return self._mock.outbox("trincico")[-1]

    def sign_in(self, password: str) -> dict[str, str]:
        """The header of a new session of `demo`."""
        with self._mock.client("trincico", None) as client:
            answer = client.post("/users/login", json={"email": "demo@example.com", "password": password})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access']}"}


def book_and_mail(walk: Walk) -> None:
    booking = walk.listed("elite", "POST", f"/services/{BAR}/reserve", 201, json=SLOT)
    mail = walk.notify("booking_created", booking["id"])
    assert mail["to"] == "demo@example.com"
    assert "Elin" in mail["body"], "the guest is named"


def make_a_customer_and_invoice_it(walk: Walk) -> None:
    customer = walk.listed("demo", "POST", f"/services/{BAR}/customers", 201, json=CUSTOMER)
    sent = {"service_id": BAR, "service_customer_id": customer["id"], "reference": "GROUPS1"}
    invoice = walk.described("demo", "POST", "/invoices", 201, json=sent)
    shown = {row["id"]: row for row in walk.described("demo", "GET", "/invoices", params={"limit": 100})["data"]}
    assert shown[invoice["id"]]["customer"] == customer


def invoice_a_customer_and_keep_it(walk: Walk) -> None:
    customer = walk.listed("demo", "POST", f"/services/{BAR}/customers", 201, json=CUSTOMER)
    walk.described("demo", "POST", "/invoices", 201, json={"service_id": BAR, "service_customer_id": customer["id"], "reference": "GROUPS2"})
    refused = walk.listed("demo", "DELETE", f"/services/{BAR}/customers/{customer['id']}/delete", 400)
    assert refused["internal_code"] == "non_processable"


def change_the_password_on_the_page(walk: Walk) -> None:
    session = walk.sign_in("trincico-demo-password")
    walk.described(None, "GET", "/profile", headers=session)
    form = {"old_password": "trincico-demo-password", "new_password1": "another password", "new_password2": "another password"}
    walk.listed("demo", "POST", "/accounts/password_change", 302, data=form)
    walk.described(None, "GET", "/profile", 401, headers=session)
    walk.described(None, "GET", "/profile", headers=walk.sign_in("another password"))


def open_the_link_of_a_mail(walk: Walk) -> None:
    mail = walk.notify("request_password_code", SEEDED_RECORDS["user"])
    path = "/accounts/reset/" + mail["body"].partition("/accounts/reset/")[2].split()[0]
    assert "new_password1" in walk.listed(None, "GET", path)


def sign_in_and_read_the_profile(walk: Walk) -> None:
    tokens = walk.listed(None, "POST", "/users/login", json={"email": "demo@example.com", "password": "trincico-demo-password"})
    shown = walk.described(None, "GET", "/profile", headers={"Authorization": f"Bearer {tokens['access']}"})
    assert shown["id"] == SEEDED_RECORDS["user"]


def complete_a_payment(walk: Walk) -> None:
    invoice = SEEDED_RECORDS["ready_invoice"]
    session = walk.described("other", "POST", f"/invoices/{invoice}/pay", 428, json=BACK)["redirect_url"].rpartition("/")[2]
    walk.listed(None, "POST", "/payments/complete", json={"session": session, "outcome": "pay"})
    assert walk.described("demo", "GET", f"/invoices/{invoice}")["status"] == "paid"


def list_what_an_upgrade_cost(walk: Walk) -> None:
    before = walk.listed("pro", "GET", "/payments", params={"limit": 100})["data"]
    walk.described("pro", "POST", "/subscriptions/upgrade/", json={"plan_id": SEEDED_RECORDS["plan_charged_at_once"], **BACK})
    after = walk.listed("pro", "GET", "/payments", params={"limit": 100})["data"]
    assert len(after) == len(before) + 1


def change_the_profile(walk: Walk) -> None:
    changed = walk.listed("demo", "PATCH", f"/profiles/{SEEDED_RECORDS['user']}", json={"city": "Lublin"})
    assert walk.described("demo", "GET", "/profile") == changed
    assert changed["city"] == "Lublin"


def show_the_new_plan_in_the_profile(walk: Walk) -> None:
    walk.described("pro", "POST", "/subscriptions/upgrade/", json={"plan_id": SEEDED_RECORDS["plan_elite"], **BACK})
    shown = walk.listed("pro", "GET", "/profiles/profile_info")
    assert shown["current_subscription"]["plan"]["id"] == SEEDED_RECORDS["plan_elite"]


def review_a_service(walk: Walk) -> None:
    review = walk.listed("trial", "POST", f"/services/{BAR}/review_service", 201, json={"rating": 1, "text": "Closed when I came."})
    assert walk.described("trial", "GET", "/profile")["reviews"] == [review]


def make_a_service(walk: Walk) -> None:
    fields = {"name": "Night Bakery", "category_id": SEEDED_RECORDS["category"], "email": "night@example.com", "city": "Austin", "country": "US"}
    service = walk.listed("pro", "POST", "/services", 201, json=fields)
    assert walk.described("pro", "GET", "/profile")["services"] == [service]


def allow_more_services_by_an_upgrade(walk: Walk) -> None:
    before = walk.listed("pro", "GET", "/services/get_data_to_create")["remaining"]
    walk.described("pro", "POST", "/subscriptions/upgrade/", json={"plan_id": SEEDED_RECORDS["plan_elite"], **BACK})
    assert walk.listed("pro", "GET", "/services/get_data_to_create")["remaining"] > before


def allow_more_of_the_shop_by_an_upgrade(walk: Walk) -> None:
    before = walk.listed("pro", "POST", "/check_shop")["max_allowed_value"]
    walk.described("pro", "POST", "/subscriptions/upgrade/", json={"plan_id": SEEDED_RECORDS["plan_elite"], **BACK})
    assert walk.listed("pro", "POST", "/check_shop")["max_allowed_value"] > before


def change_the_language(walk: Walk) -> None:
    walk.listed("demo", "POST", "/change_languaje", 204, json={"language": "es"})
    assert walk.described("demo", "GET", "/profile")["selected_language"] == "es"


def check_the_code_of_a_mail(walk: Walk) -> None:
    mail = walk.notify("request_password_code", SEEDED_RECORDS["user"])
    walk.listed(None, "POST", "/reset_password_code", 204, json={"email": mail["to"], "code": mail["codes"][0]})


TO_DESCRIBED: dict[str, Callable[[Walk], None]] = {
    "bookings": book_and_mail,
    "customers": make_a_customer_and_invoice_it,
    "hosted pages": change_the_password_on_the_page,
    "login": sign_in_and_read_the_profile,
    "payments": complete_a_payment,
    "profiles": change_the_profile,
    "reviews": review_a_service,
    "services": make_a_service,
    "users": change_the_language,
}
"""A walk in which a described route reads what a listed one of the group wrote."""
TO_LISTED: dict[str, Callable[[Walk], None]] = {
    "app": allow_more_of_the_shop_by_an_upgrade,
    "customers": invoice_a_customer_and_keep_it,
    "hosted pages": open_the_link_of_a_mail,
    "payments": list_what_an_upgrade_cost,
    "profiles": show_the_new_plan_in_the_profile,
    "services": allow_more_services_by_an_upgrade,
    "users": check_the_code_of_a_mail,
}
"""A walk in which a listed route of the group reads what a described one wrote."""


@pytest.mark.parametrize("group", TO_DESCRIBED)
def test_a_described_route_reads_what_a_listed_one_wrote(mock: Mock, group: str) -> None:
    walk = Walk(mock, group)
    TO_DESCRIBED[group](walk)
    assert [kind for kind, _ in walk.made][-1] == "described"
    assert any(kind == "listed" and method != "GET" for kind, method in walk.made)


@pytest.mark.parametrize("group", TO_LISTED)
def test_a_listed_route_reads_what_a_described_one_wrote(mock: Mock, group: str) -> None:
    walk = Walk(mock, group)
    TO_LISTED[group](walk)
    assert [kind for kind, _ in walk.made][-1] == "listed"
    assert "described" in {kind for kind, _ in walk.made}


def test_every_group_is_walked_both_ways_or_has_a_reason() -> None:
    groups = {operation.spec["tags"][0] for operation in DOCUMENT.operations if operation.provenance == "listed"}
    assert sorted([*TO_DESCRIBED, *READ_BY_NO_DESCRIBED_ROUTE]) == sorted(groups)
    assert sorted([*TO_LISTED, *READ_NOTHING_OF_A_DESCRIBED_ROUTE]) == sorted(groups)
