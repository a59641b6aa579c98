"""What is read of a user: dashboard, notices, products, team, matrix; and the resources."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from tests.independent.backoffice.reference import COUNTRIES
from tests.independent.backoffice.settings import READING, has_bug
from tests.independent.backoffice.store import ZONE
from tests.independent.backoffice.users import Row, find_user, picture_of
from tests.independent.backoffice.web import Call, Refused, as_id, error, errors
from tests.independent.backoffice.world import print_amount

DAYS = 8
SIDES = ("child_left", "child_center", "child_right")


def refuse_parent(name: str, body: str = "") -> Refused:
    """The parent of a list is unknown, in the readings that refuse that (D25)."""
    if READING.unknown_parent == "error":
        return error(404, f"{body or name} not found.")
    return errors(404, {name: [f"{name} doesn't exist."]})


def _team(call: Call, user: int) -> dict[int, list[Row]]:
    """The users below each sponsor, by id."""
    below: dict[int, list[Row]] = {}
    for row in call.db.execute("SELECT u.*, p.name AS plan_name FROM users u JOIN plans p ON p.id = u.plan WHERE sponsor IS NOT NULL ORDER BY u.id"):
        below.setdefault(row["sponsor"], []).append(row)
    return below


def _everyone_below(below: dict[int, list[Row]], user: int) -> list[Row]:
    found, waiting = [], [user]
    while waiting:
        children = below.get(waiting.pop(), [])
        found += children
        waiting += [row["id"] for row in children]
    return found


def get_dashboard(call: Call) -> dict[str, Any]:
    user = find_user(call, call.path["id"], "error")["id"]
    if has_bug("dashboard_caller"):
        user = call.who
    wallets = []
    for wallet in call.db.execute("SELECT * FROM wallets ORDER BY id").fetchall():
        rows = call.db.execute("SELECT amount FROM transactions WHERE wallet = ? AND user = ? ORDER BY id", (wallet["id"], user)).fetchall()
        rows = rows[:30] if has_bug("dashboard_sum") else rows
        amount = sum((Decimal(row["amount"]) for row in rows), Decimal(0))
        shown = {"name": wallet["name"], "amount": float(amount) if has_bug("amount_number") else print_amount(amount)}
        wallets.append({"id": wallet["id"], **shown} if READING.extra_key else shown)
    team = _everyone_below(_team(call, user), user)
    today = dt.datetime.fromtimestamp(call.now, ZONE).date()
    days = [today - dt.timedelta(days=DAYS - 1 - number) for number in range(DAYS)]
    joined = [dt.datetime.fromtimestamp(row["joined"], ZONE).date() for row in team]
    return {
        "wallets": wallets,
        "matrix_dimensions": "3 / 3",
        "permanent_mising": "0.0",
        "temporal_mising": "0.0",
        "matrix_pending_directs": None,
        "team_growth_chart": {"dates": [day.isoformat() for day in days], "users": [joined.count(day) for day in days]},
        "top_leaders": [],
        "traffic_funnel": [],
        "efficiency_funnel": [],
        "popular_countries": _popular([row["country_code"] for row in team]),
    }


def _popular(codes: list[str]) -> list[dict[str, Any]]:
    counts = sorted(((codes.count(code), code) for code in set(codes)), reverse=True)
    return [
        {"country": COUNTRIES.get(code, code), "number": count, "image": f"https://flags.example.com/1x1/{code.lower()}.svg"}
        for count, code in counts
    ]


def get_notices(call: Call) -> dict[str, Any]:
    user = find_user(call, call.path["id"], "error")
    rows = call.db.execute("SELECT * FROM notices ORDER BY id").fetchall()

    def group(kind: str, belongs: int | None) -> list[dict[str, Any]]:
        return [
            {"id": row["id"], "title": row["title"], "content": row["content"]}
            for row in rows
            if row["kind"] == kind and (row["belongs"] == belongs or has_bug("notices_all"))
        ]

    return {"general_notices": group("general", None), "user_notices": group("user", user["id"]), "plan_notices": group("plan", user["plan"])}


def list_products(call: Call) -> dict[str, Any]:
    user = find_user(call, call.path["id"], "error")
    found = call.db.execute("SELECT * FROM plans WHERE id = ? OR ?", (user["plan"], has_bug("products_all")))
    return {
        "plans": [
            {
                "id": row["id"],
                "plan": row["name"],
                "image": ("" if READING.relative_images else call.base) + "/assets/plan.png",
                "price": str(row["price"]) if has_bug("price_text") else row["price"],
                "currency": "USD",
            }
            for row in found
        ]
    }


def get_team(call: Call) -> dict[str, Any]:
    user = find_user(call, call.path["id"], "errors")["id"]
    below = _team(call, user)
    found: list[dict[str, Any]] = []
    waiting = [(user, 1, found)]
    while waiting:
        above, level, nodes = waiting.pop()
        for row in below.get(above, []):
            childs: list[dict[str, Any]] = []
            nodes.append({"user": _member(call, row, level), "childs": childs})
            if not has_bug("team_direct"):
                waiting.append((row["id"], level + 1, childs))
    return {"teamview": found}


def _member(call: Call, row: Row, level: int) -> dict[str, Any]:
    return {
        "id": row["id"],
        "username": row["username"],
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "email": row["email"],
        "level": level - 1 if has_bug("team_level") else level,
        "plan": row["plan_name"],
        "image_url": picture_of(row, call.base),
    }


def get_matrix(call: Call) -> dict[str, Any]:
    user = find_user(call, call.path["id"], "errors")
    if not (READING.matrix_off or user["matrix_on"]):
        return {"matrix": {}}
    rows = {row["id"]: row for row in call.db.execute("SELECT u.*, p.name AS plan_name FROM users u JOIN plans p ON p.id = u.plan")}
    places = {(row["matrix_parent"], row["matrix_slot"]): row["id"] for row in rows.values()}
    return {"matrix": _node(call, rows, places, user["id"], 0)}


def _node(call: Call, rows: dict[int, Row], places: dict[tuple[int, int], int], user: int, level: int) -> dict[str, Any]:
    row = rows[user]
    known = {"id": user, "usernname": row["username"], "plan": row["plan_name"], "image": picture_of(row, call.base), "level": level}
    if has_bug("matrix_spelling"):
        known["username"] = known.pop("usernname")
    elif READING.extra_key:
        known["username"] = row["username"]
    node: dict[str, Any] = {"user": known}
    last = level == READING.depth
    for slot, side in enumerate(SIDES):
        child = None if last else places.get((user, slot))
        if child is not None:
            node[side] = _node(call, rows, places, child, level + 1)
        elif last or not READING.cut_nodes:
            node[side] = {}
    if last or not READING.cut_nodes:
        node["last_node"] = last and not has_bug("matrix_last")
    return node


def list_resources(call: Call) -> dict[str, Any]:
    category = as_id(call.path["id"])
    if READING.unknown_parent and call.db.execute("SELECT 1 FROM categories WHERE id = ?", (category,)).fetchone() is None:
        raise refuse_parent("category_id", "Category")
    rows = call.db.execute("SELECT * FROM resources ORDER BY id").fetchall()
    return {
        "list": [
            {key: row[key] for key in ("id", "title", "description", "video", "file")}
            for row in rows
            if row["category"] == category or has_bug("resources_all")
        ]
    }


def list_categories(call: Call) -> dict[str, Any]:
    return {"list": [dict(row) for row in call.db.execute("SELECT * FROM categories ORDER BY id")]}
