"""Typical sequences of calls to BackOffice over HTTP."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from fixtures.backoffice import SEEDED_RECORDS
from tests.vendors.backoffice import clock, fields_of, login, send

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.conftest import Mock

NOON = "2027-03-01T19:00:00Z"
"""Noon in the company's time zone."""


def register(client: httpx.Client, sponsor: str, username: str, country: str = "US") -> None:
    person = {"first_name": "Ana", "last_name": "Rivas", "mobile": "55500011", "password": "clave-nueva", "country_code": country}
    answer = send(client, "create_user", {"sponsor": sponsor, "user_name": username, "email": f"{username}@example.com", **person})
    assert (answer.status_code, answer.json()) == (200, {"message": "User created successfully."}), answer.text


def members(nodes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every member of a team view."""
    for node in nodes:
        yield node["user"]
        yield from members(node["childs"])


def places(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every member of a matrix."""
    if node:
        yield node["user"]
        for leg in ("left", "center", "right"):
            yield from places(node[f"child_{leg}"])


def test_a_new_member_logs_in_and_appears_everywhere(mock: Mock) -> None:
    clock(mock, freeze=NOON)
    with mock.client("backoffice") as client:
        before = client.get("/api/v1/dashboards/6").json()
        sponsor = login(client)["username"]
        register(client, sponsor, "arivas11", "US")
        session = login(client, "ARivas11", "clave-nueva")
        assert session["sponsor"] == "mlopez06"
        assert session["referral_link"] == "wwww.demo.com/arivas11"

        own = {"jwt-token": session["token"]}
        user = client.get(f"/api/v1/users/{session['id']}", headers=own).json()
        assert (user["username"], user["country_code"], user["default_leg"]) == ("arivas11", "US", "binary_tank")
        assert [plan["plan"] for plan in client.get(f"/api/v1/products/{session['id']}").json()["plans"]] == ["Free Plan"]
        notices = client.get(f"/api/v1/notices/{session['id']}").json()
        assert (len(notices["general_notices"]), notices["user_notices"], len(notices["plan_notices"])) == (2, [], 1)

        team = client.get("/api/v1/teamviews/6").json()["teamview"]
        assert team[-1]["user"] | {"image_url": ""} == {
            "id": session["id"],
            "username": "arivas11",
            "first_name": "Ana",
            "last_name": "Rivas",
            "email": "arivas11@example.com",
            "level": 1,
            "plan": "Free Plan",
            "image_url": "",
        }
        shown = {user["usernname"]: user for user in places(client.get("/api/v1/matrixs/6").json()["matrix"])}
        assert shown["arivas11"]["level"] == 2
        after = client.get("/api/v1/dashboards/6").json()
    assert after["team_growth_chart"]["dates"] == before["team_growth_chart"]["dates"] == [f"2027-02-{n}" for n in range(22, 29)] + ["2027-03-01"]
    assert after["team_growth_chart"]["users"] == [*before["team_growth_chart"]["users"][:-1], before["team_growth_chart"]["users"][-1] + 1]
    numbers = [{row["country"]: row["number"] for row in dashboard["popular_countries"]}["United States"] for dashboard in (before, after)]
    assert numbers[1] == numbers[0] + 1


def test_a_day_ends_at_midnight_in_the_companys_time_zone(mock: Mock) -> None:
    clock(mock, freeze="2027-03-02T06:59:59Z")
    with mock.client("backoffice") as client:
        register(client, "nvega04", "antes")
        clock(mock, advance="PT1S")
        register(client, "nvega04", "despues")
        chart = client.get("/api/v1/dashboards/4").json()["team_growth_chart"]
        joined = {day: number for day, number in zip(chart["dates"], chart["users"], strict=True) if number}
        assert joined == {"2027-03-01": 1, "2027-03-02": 1}
        clock(mock, advance="P8D")
        assert sum(client.get("/api/v1/dashboards/4").json()["team_growth_chart"]["users"]) == 0


def test_the_dashboard_shows_as_many_wallets_as_there_are(mock: Mock) -> None:
    with mock.client("backoffice") as client, mock.control as control:
        shown = [len(client.get("/api/v1/dashboards/6").json()["wallets"])]
        added = control.post("/state/backoffice/wallets", json={"name": "Sixth"}).json()["id"]
        shown.append(len(client.get("/api/v1/dashboards/6").json()["wallets"]))
        for wallet in (added, SEEDED_RECORDS["unused_wallet"]):
            control.delete(f"/state/backoffice/wallets/{wallet}").raise_for_status()
        shown.append(len(client.get("/api/v1/dashboards/6").json()["wallets"]))
    assert shown == [5, 6, 4]


def test_team_matrix_and_dashboard_show_the_same_team(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        team = list(members(client.get("/api/v1/teamviews/6").json()["teamview"]))
        dashboard = client.get("/api/v1/dashboards/6").json()
        matrix = list(places(client.get("/api/v1/matrixs/6").json()["matrix"]))
        countries = {country["id"]: country["name"] for country in client.get("/api/v1/countries").json()["list"]}
        users = {member["username"]: client.get(f"/api/v1/users/{member['id']}").json() for member in team}
    assert len(team) == 43
    assert max(member["level"] for member in team) >= 4
    assert {member["usernname"] for member in matrix} - {"mlopez06"} <= users.keys()
    by_country: dict[str, int] = {}
    for user in users.values():
        by_country[countries[user["country_code"]]] = by_country.get(countries[user["country_code"]], 0) + 1
    shown = {row["country"]: row["number"] for row in dashboard["popular_countries"]}
    assert shown.items() <= by_country.items()
    assert list(shown.values()) == sorted(by_country.values(), reverse=True)[:10]
    joined = [datetime.fromisoformat(user["joined_at"]) for user in mock.state("backoffice")["users"] if user["username"] in users]
    first = datetime.fromisoformat(f"{dashboard['team_growth_chart']['dates'][0]}T00:00:00-07:00")
    assert sum(dashboard["team_growth_chart"]["users"]) == sum(moment >= first for moment in joined) > 0
    days = [date.fromisoformat(day) for day in dashboard["team_growth_chart"]["dates"]]
    assert [day - days[0] for day in days] == [timedelta(days=n) for n in range(8)]


def test_the_matrix_fills_from_the_sponsor_down_and_from_left_to_right(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        for number in range(14):
            register(client, "nvega04", f"nueva{number}")
        matrix = client.get("/api/v1/matrixs/4").json()["matrix"]
    legs = ("child_left", "child_center", "child_right")
    assert [matrix[leg]["user"]["usernname"] for leg in legs] == ["nueva0", "nueva1", "nueva2"]
    assert [matrix[one][two]["user"]["usernname"] for one in legs for two in legs] == [f"nueva{number}" for number in range(3, 12)]
    assert [user["level"] for user in places(matrix)] == [0] + [1, 2, 2, 2] * 3
    corner = matrix["child_left"]["child_left"]
    assert [corner[leg] for leg in legs] == [{}, {}, {}]  # nueva12 stands there, on a level that is not shown
    assert (corner["last_node"], matrix["last_node"], matrix["child_left"]["last_node"]) == (True, False, False)


@pytest.mark.parametrize("leg", ["left", "right"])
def test_new_members_go_into_the_leg_that_the_sponsor_has_chosen(mock: Mock, leg: str) -> None:
    with mock.client("backoffice") as client:
        assert send(client, "update_user", {"id": "4", "default_leg": leg}).status_code == 200
        for number in range(4):
            register(client, "nvega04", f"nueva{number}")
        matrix = client.get("/api/v1/matrixs/4").json()["matrix"]
    assert {name for name in ("left", "center", "right") if matrix[f"child_{name}"]} == {leg}
    assert [user["usernname"] for user in places(matrix)] == ["nvega04", "nueva0", "nueva1", "nueva2", "nueva3"]


def test_a_member_without_members_below_has_empty_trees(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        assert client.get("/api/v1/teamviews/4").json() == {"teamview": []}
        matrix = client.get("/api/v1/matrixs/4").json()["matrix"]
        assert {name: value for name, value in matrix.items() if name != "user"} == {
            "child_left": {},
            "child_center": {},
            "child_right": {},
            "last_node": True,
        }
        dashboard = client.get("/api/v1/dashboards/4").json()
        assert (dashboard["popular_countries"], sum(dashboard["team_growth_chart"]["users"])) == ([], 0)
        assert {wallet["amount"] for wallet in dashboard["wallets"]} == {"0.0"}


def test_a_team_deeper_than_json_can_be_nested_is_shown_to_its_hundredth_level(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        sponsor = "nvega04"
        for number in range(130):
            register(client, sponsor, f"nivel{number}")
            sponsor = f"nivel{number}"
        team = list(members(client.get("/api/v1/teamviews/4").json()["teamview"]))
        assert [member["level"] for member in team] == list(range(1, 101))
        assert sum(client.get("/api/v1/dashboards/4").json()["team_growth_chart"]["users"]) == 130


def test_a_guarded_edit_needs_a_token_from_the_mailbox_for_one_hour(mock: Mock) -> None:
    clock(mock, freeze=NOON)
    refusal = {"error": "Security token validation failed.", "detail": "Token is not valid!"}
    with mock.client("backoffice") as client:
        assert send(client, "update_user", {"id": "3", "first_name": "Sara"}).json() == refusal
        assert send(client, "create_token", {"user_id": "3"}).json() == {"message": "A token was sent to you email. It expires in 1 hour."}
        assert send(client, "create_token", {"user_id": "8"}).status_code == 200
        mail, foreign = mock.outbox("backoffice")
        assert (mail["channel"], mail["to"], mail["api"]) == ("mail", "ssoto03@example.com", "backoffice")
        (token,) = mail["codes"]
        assert len(token) == 20
        assert set(token) <= set("0123456789abcdef")
        assert token in mail["body"]

        for wrong in ("", "x", token[:-1], token.upper() + "0", foreign["codes"][0]):
            assert send(client, "update_user", {"id": "3", "first_name": "Sara", "token": wrong}).json() == refusal, wrong
        clock(mock, advance="PT59M59S")
        for name in ("Sara", "Sonia"):
            edited = send(client, "update_user", {"id": "3", "first_name": name, "token": token})
            assert edited.json() == {"message": "User updated successfully."}
            assert client.get("/api/v1/users/3").json()["first_name"] == name
        clock(mock, advance="PT1S")
        late = send(client, "update_user", {"id": "3", "first_name": "Sofía", "token": token})
        assert (late.status_code, late.json()) == (400, refusal)
        assert client.get("/api/v1/users/3").json()["first_name"] == "Sonia"

        send(client, "create_token", {"user_id": "3"})
        (renewed,) = mock.outbox("backoffice")[-1]["codes"]
        assert renewed != token
        assert send(client, "update_user", {"id": "3", "first_name": "Sofía", "token": renewed}).status_code == 200
    assert [held["token"] for held in mock.state("backoffice")["edit_tokens"] if held["user_id"] == 3] == [renewed]


def test_an_edit_changes_what_is_sent_and_nothing_else(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        before = client.get("/api/v1/users/8").json()
        changes = {"mobile": "88888888", "default_leg": "balanced", "locale": "US", "country_code": "PA", "email": "YPrado08@example.com"}
        assert send(client, "update_user", {"id": "8", **changes}).status_code == 200
        expected = {
            **before,
            "mobile": "88888888",
            "default_leg": "balanced",
            "language": "US",
            "country_code": "PA",
            "email": "YPrado08@example.com",
        }
        assert client.get("/api/v1/users/8").json() == expected
        send(client, "update_user", {"id": "8", "locale": "es", "language": "enasdsadsdsa", "user_name": "otra", "unknown": "x"})
        assert client.get("/api/v1/users/8").json() == {**expected, "language": "enasdsadsdsa"}
        assert client.request("PUT", "/api/v1/users/8", files={"first_name": (None, "Yara")}).status_code == 200
        assert client.get("/api/v1/users/8").json() == {**expected, "language": "enasdsadsdsa", "first_name": "Yara"}


def test_a_new_password_opens_and_the_old_one_does_not(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        send(client, "update_user", {"id": "8", "password": "otra clave"})
        assert login(client, "yprado08", "otra clave")["id"] == 8
        old = client.post("/api/v1/login/", data={"username": "yprado08", "password": "abcd1234"})
        assert (old.status_code, old.json()) == (401, {"error": "Invalid username or password."})


def test_an_address_given_up_is_free_again_and_one_taken_over_is_not(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        send(client, "update_user", {"id": "8", "email": "nueva@example.com"})
        assert send(client, "update_user", {"id": "7", "email": "NUEVA@example.com"}).json()["details"] == {"email": ["has already been taken"]}
        assert send(client, "update_user", {"id": "7", "email": "yprado08@example.com"}).status_code == 200


def test_a_ticket_with_two_threads_is_listed(mock: Mock) -> None:
    clock(mock, freeze=NOON)
    with mock.client("backoffice") as client:
        before = client.get("/api/v1/user_tickets/8").json()["list"]
        opened = send(client, "create_user_ticket", fields_of("create_user_ticket", "…"))
        assert opened.json() == {"message": "Ticket created successfully."}
        *others, ticket = client.get("/api/v1/user_tickets/8").json()["list"]
        assert others == before
        assert ticket == {"id": 1165, "subject": "Problemas APP", "created_at": "2027-03-01T12:00:00.000-07:00", "status": "New"}

        for moment, text in (("19:01:00.250", "¿Alguna <b>novedad</b> & más?"), ("19:02:00.500", "Gracias")):
            clock(mock, freeze=f"2027-03-01T{moment}Z")
            added = client.post("/api/v1/threads", data={"ticket_id": ticket["id"], "content": text})
            assert added.json() == {"message": "Ticket thread created successfully."}
        threads = client.get(f"/api/v1/threads/{ticket['id']}").json()["list"]
        assert [(thread["content"], thread["created_at"]) for thread in threads] == [
            ("<div>Tengo problemas con el cashout.</div>", "2027-03-01T12:00:00.000-07:00"),
            ("<div>¿Alguna &lt;b&gt;novedad&lt;/b&gt; &amp; más?</div>", "2027-03-01T12:01:00.250-07:00"),
            ("<div>Gracias</div>", "2027-03-01T12:02:00.500-07:00"),
        ]
        assert client.get("/api/v1/user_tickets/8").json()["list"][-1] == ticket


def test_ninety_five_transactions_are_four_pages_whose_balance_adds_up(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        pages = [client.get("/api/v1/wallets/5", params={"user_id": 6, "page": page}).json() for page in range(1, 6)]
        assert [len(page["list"]) for page in pages] == [30, 30, 30, 5, 0]
        assert [(page["total_pages"], page["current_page"]) for page in pages] == [(4, page) for page in range(1, 6)]
        rows = [row for page in pages for row in page["list"]]
        assert len({row["id"] for row in rows}) == 95
        balance = 0
        for row in rows:
            balance += round(float(row["amount"]) * 100)
            assert round(float(row["balance"]) * 100) == balance
        assert [row["date"] for row in rows] == sorted(row["date"] for row in rows)
        wallets = {wallet["name"]: wallet["amount"] for wallet in client.get("/api/v1/dashboards/6").json()["wallets"]}
        assert wallets["Commissions"] == rows[-1]["balance"]

        credit = client.get("/api/v1/wallets/3", params={"user_id": 6, "page": 1}).json()
        assert [(row["amount"], row["balance"]) for row in credit["list"]] == [("10000.0", "10000.0"), ("-50.0", "9950.0"), ("0.0", "9950.0")]
        for wallet, user in ((2, 6), (5, 4), (99, 6), (5, 999_999)):
            assert client.get(f"/api/v1/wallets/{wallet}", params={"user_id": user, "page": 1}).json() == {
                "list": [],
                "total_pages": 1,
                "current_page": 1,
            }


def test_lists_hold_what_the_page_prints(mock: Mock) -> None:
    with mock.client("backoffice") as client:
        lists = {name: client.get(f"/api/v1/{name}").json()["list"] for name in ("legs", "locales", "countries", "cryptocurrency_cashouts")}
        categories = client.get("/api/v1/category_resources").json()["list"]
        resources = [client.get(f"/api/v1/resources/{category['id']}").json()["list"] for category in categories]
    assert [leg["id"] for leg in lists["legs"]] == ["left", "right", "binary_tank", "balanced"]
    assert [locale["id"] for locale in lists["locales"]] == ["en", "es", "ko", "zhCN", "vi", "ja", "zhHK", "ms", "km", "ph"]
    assert {"id": 470, "name": "USDT"} in lists["cryptocurrency_cashouts"]
    names = {country["id"]: country["name"] for country in lists["countries"]}
    printed = {"NZ": "New Zealand", "CK": "Cook Islands", "NU": "Niue", "PN": "Pitcairn", "US": "United States", "NI": "Nicaragua"}
    assert names.items() >= printed.items()
    assert len(names) == len(lists["countries"]) == 249
    assert [category["title"] for category in categories] == [
        "Photos",
        "Videos",
        "Files",
        "Presentations",
        "PDFs",
        "Documents",
        "Spreadsheets",
    ]
    assert all(resources)
    files = [resource["file"] for found in resources for resource in found]
    assert len(set(files)) == len(files)


def test_the_dashboard_counts_the_members_of_the_team(mock: Mock) -> None:
    users = {user["id"]: user for user in mock.state("backoffice")["users"]}
    below = {6}
    while more := {user["id"] for user in users.values() if user["sponsor_id"] in below} - below:
        below |= more
    team = [users[member] for member in below - {6}]
    directs = Counter(user["sponsor_id"] for user in users.values())
    paid = [member for member in team if member["plan_id"] > 1]
    with_team = [member for member in paid if directs[member["id"]]]
    with mock.client("backoffice") as client:
        shown = client.get("/api/v1/dashboards/6").json()
        empty = client.get("/api/v1/dashboards/4").json()
    assert [leader["directs"] for leader in shown["top_leaders"]] == sorted((directs[member["id"]] for member in team), reverse=True)[:5]
    assert all(directs[leader["id"]] == leader["directs"] for leader in shown["top_leaders"])
    assert [stage["number"] for stage in shown["traffic_funnel"]] == [len(team), len(paid), len(with_team)]
    assert [stage["percent"] for stage in shown["efficiency_funnel"]] == [
        round(100 * len(paid) / len(team), 1),
        round(100 * len(with_team) / len(paid), 1),
    ]
    assert (empty["top_leaders"], empty["traffic_funnel"], empty["efficiency_funnel"]) == ([], [], [])


def test_there_are_tickets_in_every_status_each_with_its_messages(mock: Mock) -> None:
    state = mock.state("backoffice")
    members = {user["id"]: user["joined_at"] for user in state["users"]}
    assert {ticket["status"] for ticket in state["tickets"]} == {"New", "Open", "Answered", "On hold", "Closed"}
    for ticket in state["tickets"]:
        messages = [thread for thread in state["threads"] if thread["ticket_id"] == ticket["id"]]
        assert messages
        assert min(thread["created_at"] for thread in messages) >= ticket["created_at"] > members[ticket["user_id"]]
