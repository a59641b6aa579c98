"""Lists, dashboards, notices, products, trees, resources."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ...harness import ApiClient, clause, not_observable
from .calls import OPERATIONS, WORKING, members, new_name, nodes_of, refused_as_unknown_user, send, session, succeeded

LISTS: dict[str, set[str]] = {
    "list_cryptocurrency_cashouts": {"id", "name"},
    "list_legs": {"id", "name"},
    "list_locales": {"id", "name", "image"},
    "list_countries": {"id", "name"},
    "list_category_resources": {"id", "title", "icon"},
}


def _list(name: str, rule: str) -> object:
    return pytest.param(name, marks=clause(f"backoffice.{name}.{rule}"), id=name)


@pytest.mark.parametrize("name", [_list(name, "r1") for name in LISTS])
def test_a_list_holds_entries_with_ids_of_their_own(api: ApiClient, name: str) -> None:
    entries = succeeded(send(api, name))["list"]
    assert entries
    assert all(entry.keys() >= LISTS[name] for entry in entries)
    assert len({entry["id"] for entry in entries}) == len(entries)


@pytest.mark.parametrize("name", [_list(name, "r2") for name in LISTS])
def test_a_list_takes_no_parameters(api: ApiClient, name: str) -> None:
    assert succeeded(send(api, name, page="2", id="1", user_id="x")) == succeeded(send(api, name))


@clause("backoffice.list_legs.r1")
def test_the_legs_are_the_four_that_the_page_prints(api: ApiClient) -> None:
    legs = succeeded(send(api, "list_legs"))["list"]
    assert {leg["id"]: leg["name"] for leg in legs} == {"left": "Left", "right": "Right", "binary_tank": "Binary tank", "balanced": "Balanced"}


def _printed(name: str, *ids: Any) -> object:
    return pytest.param(name, set(ids), marks=clause(f"backoffice.{name}.r1"), id=name)


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        _printed("list_locales", "en", "es", "ko", "zhCN", "vi", "ja", "zhHK", "ms", "km", "ph"),
        _printed("list_countries", "NZ", "CK", "NU", "PN", "US", "NI"),
        _printed("list_cryptocurrency_cashouts", 470),
    ],
)
def test_a_list_holds_what_the_page_prints(api: ApiClient, name: str, printed: set[Any]) -> None:
    assert printed <= {entry["id"] for entry in succeeded(send(api, name))["list"]}


def _unknown(name: str, *rules: str) -> object:
    return pytest.param(name, marks=clause(*(f"backoffice.{name}.{rule}" for rule in rules)), id=name)


@pytest.mark.parametrize(
    "name",
    [
        _unknown("get_dashboard", "e1", "r3"),
        _unknown("get_notices", "e1", "r2"),
        _unknown("get_products", "e1", "r2"),
        _unknown("get_teamview", "e1", "r3"),
        _unknown("get_matrix", "e1", "r5"),
    ],
)
def test_nobodys_reads_are_refused(api: ApiClient, name: str) -> None:
    code = "user_unknown" if "user_unknown" in OPERATIONS[name].errors else "user_not_found"
    refused_as_unknown_user(api, send(api, name, id="$unknown_user"), name, code)


# Dashboard, notices, products


@clause("backoffice.get_dashboard.r1", "backoffice.get_dashboard.r2")
def test_a_dashboard_is_about_its_user_and_counts_by_day(api: ApiClient) -> None:
    full, empty = (succeeded(send(api, "get_dashboard", id=user)) for user in ("$user", "$user_without_team"))
    balances = [{wallet["name"]: Decimal(str(wallet["amount"])) for wallet in dashboard["wallets"]} for dashboard in (full, empty)]
    assert not any(balances[0].values()) or balances[0] != balances[1], "a new user has the amounts of another"
    assert full.keys() >= {"wallets", "matrix_dimensions", "team_growth_chart", "popular_countries"}
    for dashboard in (full, empty):
        chart = dashboard["team_growth_chart"]
        assert len(chart["dates"]) == len(chart["users"]) > 0
        days = [date.fromisoformat(day) for day in chart["dates"]]
        assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    if api.target.strict:  # the page does not say whose countries these are
        assert full["popular_countries"]
        assert empty["popular_countries"] == []
    assert sum(empty["team_growth_chart"]["users"]) == 0


@clause("backoffice.get_dashboard.r1")
def test_a_new_member_shows_in_the_growth_of_the_sponsor(api: ApiClient) -> None:
    if not api.target.strict:
        not_observable("the page does not say when a new member is counted")
    succeeded(send(api, "create_user", sponsor="$username_without_team"))
    dashboard = succeeded(send(api, "get_dashboard", id="$user_without_team"))
    assert sum(dashboard["team_growth_chart"]["users"]) == 1
    assert [row["number"] for row in dashboard["popular_countries"]] == [1]


@clause("backoffice.get_notices.r1")
def test_the_notices_of_a_plan_are_for_its_holders(api: ApiClient) -> None:
    """``plan_notice`` is for the plan of ``user``, and not for the one that new users have."""
    notice = int(api.known("plan_notice"))
    assert notice in {one["id"] for one in succeeded(send(api, "get_notices"))["plan_notices"]}
    assert notice not in {one["id"] for one in succeeded(send(api, "get_notices", id="$user_without_team"))["plan_notices"]}


@clause("backoffice.get_products.r1")
def test_a_plan_that_a_user_does_not_have_is_not_among_the_products(api: ApiClient) -> None:
    """``other_plan`` is the name of a plan that others have, and ``user`` has not."""
    assert api.known("other_plan") not in {plan["plan"] for plan in succeeded(send(api, "get_products"))["plans"]}


@clause("backoffice.get_notices.r1")
def test_notices_come_in_three_groups(api: ApiClient) -> None:
    notices = succeeded(send(api, "get_notices"))
    for group in ("general_notices", "user_notices", "plan_notices"):
        assert all(notice.keys() >= {"id", "title", "content"} for notice in notices[group])
        assert len({notice["id"] for notice in notices[group]}) == len(notices[group])
    assert succeeded(send(api, "get_notices", id="$read_user"))["general_notices"] == notices["general_notices"]


@clause("backoffice.get_products.r1")
def test_products_are_the_plans_of_the_user(api: ApiClient) -> None:
    plans = succeeded(send(api, "get_products"))["plans"]
    assert plans
    for plan in plans:
        assert plan.keys() >= {"id", "plan", "image", "price", "currency"}
        assert isinstance(plan["price"], int | float)
    matrix = succeeded(send(api, "get_matrix"))["matrix"]
    assert not matrix or matrix["user"]["plan"] in {plan["plan"] for plan in plans}


# Trees


@clause("backoffice.get_teamview.r1", "backoffice.get_teamview.r2")
def test_a_team_is_a_tree_of_those_sponsored(api: ApiClient) -> None:
    team = succeeded(send(api, "get_teamview"))["teamview"]
    if int(api.known("read_user")) not in {node["user"]["id"] for node in team}:
        not_observable("read_user under [known] does not stand directly below user")
    assert {node["user"]["level"] for node in team} == {1}
    found = [member["id"] for member in members(team)]
    assert len(set(found)) == len(found)
    for node in team:
        assert all(child["user"]["level"] == 2 for child in node["childs"])  # one below the first
    own = succeeded(send(api, "get_teamview", id="$read_user"))["teamview"]
    below = next(node["childs"] for node in team if node["user"]["id"] == int(api.known("read_user")))
    assert [node["user"]["id"] for node in own] == [node["user"]["id"] for node in below]


@clause("backoffice.get_teamview.r1", "backoffice.create_user.r1")
def test_a_new_user_joins_the_team_and_the_matrix_of_the_sponsor(api: ApiClient) -> None:
    name = new_name()
    succeeded(send(api, "create_user", sponsor="$username_without_team", user_name=name, email=f"{name}@example.com"))
    (node,) = succeeded(send(api, "get_teamview", id="$user_without_team"))["teamview"]
    assert (node["user"]["username"], node["user"]["level"], node["childs"]) == (name, 1, [])
    matrix = succeeded(send(api, "get_matrix", id="$user_without_team"))["matrix"]
    if api.target.strict:  # the page does not say when a user gets a place in the matrix
        assert name in {found["user"]["usernname"] for found in nodes_of(matrix)}
    assert session(api, name, WORKING["create_user"]["password"])["sponsor"] == api.known("username_without_team")


def matrix_of(api: ApiClient, user: str) -> dict[str, Any]:
    """The matrix of a user; it may be empty where the switch matrix_on of the user is off (D36)."""
    matrix: dict[str, Any] = succeeded(send(api, "get_matrix", id=user))["matrix"]
    if not matrix and not succeeded(send(api, "get_user", id=user)).get("matrix_on"):
        not_observable("the matrix of user under [known] is empty, and its matrix_on is false")
    return matrix


@clause("backoffice.get_matrix.r1", "backoffice.get_matrix.r2")
def test_a_matrix_is_nested_by_three_legs_and_counts_its_levels(api: ApiClient) -> None:
    matrix = matrix_of(api, "$user")
    assert (matrix["user"]["id"], matrix["user"]["level"]) == (int(api.known("user")), 0)
    legs = ("child_left", "child_center", "child_right")
    for node in nodes_of(matrix):
        for leg in legs:
            child = node.get(leg, {})
            assert not child or child["user"]["level"] == node["user"]["level"] + 1
    if not any(matrix.get(leg) for leg in legs):
        not_observable("user under [known] has no member below in the matrix")


@clause("backoffice.get_matrix.r3", "backoffice.get_matrix.r4")
def test_the_deepest_nodes_of_a_matrix_are_last_and_have_three_empty_places(api: ApiClient) -> None:
    nodes = list(nodes_of(matrix_of(api, "$user")))
    legs = ("child_left", "child_center", "child_right")
    for node in nodes:
        assert not node.get("last_node") or [node.get(leg, {}) for leg in legs] == [{}, {}, {}]
    dimensions = succeeded(send(api, "get_dashboard"))["matrix_dimensions"]
    deepest = max(node["user"]["level"] for node in nodes)
    if deepest + 1 < int(dimensions.partition("/")[2]):  # the user asked for may count as the first level, or not
        not_observable(f"the matrix of user under [known] does not reach the deepest of its levels ({dimensions})")
    last = [node for node in nodes if node["user"]["level"] == deepest]
    assert any(node.get("last_node") for node in last), "no node at the deepest level has last_node true"
    assert not api.target.strict or all(node["last_node"] for node in last)


# Resources


@clause("backoffice.list_resources.r1")
def test_resources_are_those_of_their_category(api: ApiClient) -> None:
    seen: set[int] = set()
    for category in succeeded(send(api, "list_category_resources"))["list"]:
        resources = succeeded(send(api, "list_resources", id=str(category["id"])))["list"]
        assert all(resource.keys() >= {"id", "title", "description", "video", "file"} for resource in resources)
        ids = {resource["id"] for resource in resources}
        assert not ids & seen, f"resources of the category {category['id']} are those of another too: {sorted(ids & seen)}"
        seen |= ids
    if not seen:
        not_observable("no category has a resource")


@clause("backoffice.list_category_resources.r1")
def test_the_categories_are_those_that_the_page_prints(api: ApiClient) -> None:
    titles = {category["title"] for category in succeeded(send(api, "list_category_resources"))["list"]}
    assert titles >= {"Photos", "Videos", "Files", "Presentations", "PDFs", "Documents", "Spreadsheets"}
