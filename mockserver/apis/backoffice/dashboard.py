"""The dashboard of a member. Source: "Dashboard"."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

from mockserver import Reply, Transaction
from mockserver.apis.backoffice.countries import countries
from mockserver.apis.backoffice.shown import ZONE, money
from mockserver.apis.backoffice.state import TRANSACTIONS, WALLETS, User, user_by
from mockserver.apis.backoffice.trees import MATRIX_LEGS, MATRIX_LEVELS, sponsored_by, team_of

DAYS = 8
"""Days of the chart, today included; as many as the page's sample has."""
POPULAR = 10
LEADERS = 5
FREE = 1
"""The id of the plan that costs nothing."""
FLAGS = "https://cdnjs.cloudflare.com/ajax/libs/flag-icon-css/3.4.6/flags/1x1"


def get_dashboard(world: Transaction, id: int) -> Reply:
    """Balances, and the growth and the countries of the whole team."""
    user = user_by(world, id)
    team = list(team_of(world, user))
    stages = _stages(world, team)
    return Reply(
        200,
        {
            "wallets": [{"name": wallet.name, "amount": money(_balance(world, wallet.id, user))} for wallet in world.table(WALLETS).all()],
            "matrix_dimensions": f"{len(MATRIX_LEGS)} / {MATRIX_LEVELS}",
            "permanent_mising": money(0),
            "temporal_mising": money(0),
            "matrix_pending_directs": None,
            "team_growth_chart": _growth(world, team),
            "top_leaders": _leaders(world, team),
            "traffic_funnel": [{"name": name, "number": number} for name, number in stages],
            "efficiency_funnel": [
                {"name": name, "percent": round(100 * number / before, 1)} for (_, before), (name, number) in pairwise(stages) if before
            ],
            "popular_countries": _popular(team),
        },
    )


def _leaders(world: Transaction, team: list[User]) -> list[dict[str, Any]]:
    """The members of the team who registered most others; of equal ones the older. The page shows an empty list, so the keys are assumed."""
    numbers = {member.id: sum(1 for _ in sponsored_by(world, member)) for member in team}
    first = sorted((member for member in team if numbers[member.id]), key=lambda member: -numbers[member.id])[:LEADERS]
    return [{"id": member.id, "username": member.username, "directs": numbers[member.id]} for member in first]


def _stages(world: Transaction, team: list[User]) -> list[tuple[str, int]]:
    """How many members of the team came how far; the stages are assumed, as the page shows empty funnels. An empty team has none."""
    if not team:
        return []
    with_plan = [member for member in team if member.plan_id > FREE]
    return [
        ("Registered", len(team)),
        ("With a paid plan", len(with_plan)),
        ("With a team", sum(any(sponsored_by(world, member)) for member in with_plan)),
    ]


def _balance(world: Transaction, wallet_id: int, user: User) -> int:
    last = next(world.table(TRANSACTIONS).select("ledger", (wallet_id, user.id)).newest(), None)
    return 0 if last is None else last.balance


def _growth(world: Transaction, team: list[User]) -> dict[str, Any]:
    today = world.now.astimezone(ZONE).date()
    joined = Counter(member.joined_at.astimezone(ZONE).date() for member in team)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return {"dates": [day.isoformat() for day in days], "users": [joined[day] for day in days]}


def _popular(team: list[User]) -> list[dict[str, Any]]:
    """The countries with most members; of equal ones, the one whose first member joined earlier."""
    numbers = Counter(member.country_code for member in team)
    return [{"country": countries()[code], "number": number, "image": f"{FLAGS}/{code.lower()}.svg"} for code, number in numbers.most_common(POPULAR)]
