"""A client of Trincico that moves its user to a plan with a price, by the vendor's page for payments."""

import os
import sys
from typing import Any

import httpx

BUG = sys.argv[1] if len(sys.argv) > 1 else ""
BACK = {"success_url": "https://shop.example.com/ok", "cancel_url": "https://shop.example.com/no"}
PLAN = "Pro Monthly"
TO_PAY = 428


class Failed(Exception):
    """The plan is not reached."""


def find_plan(client: httpx.Client) -> str | None:
    """The id of the plan."""
    try:
        plans = client.get("/plans").raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        if BUG != "plan-undefined":
            raise
        return None
    found: str | None = next((plan["id"] for plan in plans if plan["name"] == PLAN), None)
    if found is None and BUG != "plan-undefined":
        raise Failed("the plan is not offered")
    return found


def pay(client: httpx.Client, url: str) -> None:
    """Press the button of the vendor's page."""
    answer = client.post(url, data={"outcome": "pay"}, headers={"Authorization": ""})
    if BUG != "trusts-page" and (not answer.is_redirect or not answer.headers["location"].startswith(BACK["success_url"])):
        raise Failed(f"the payment was not taken: {answer.status_code}")


def is_active(client: httpx.Client) -> bool:
    """Whether the user has the plan."""
    answer: Any = client.get("/subscriptions/active/").raise_for_status().json()
    return bool(answer["plan"]["name"] == PLAN)


def main() -> None:
    """Upgrade, pay, check."""
    headers = {"Authorization": os.environ["TRINCICO_AUTHORIZATION"]}
    with httpx.Client(base_url=os.environ["TRINCICO_BASE_URL"], headers=headers, timeout=3) as client:
        answer = client.post("/subscriptions/upgrade/", json={"plan_id": find_plan(client), **BACK})
        if answer.status_code != TO_PAY:
            raise Failed(f"the upgrade was refused: {answer.status_code}")
        try:
            pay(client, answer.json()["redirect_url"])
        except Failed:
            if BUG != "waits-forever":
                raise
        if BUG == "trusts-page":
            print(f"now on {PLAN}")
            return
        while not is_active(client):
            if BUG != "waits-forever":
                raise Failed("the payment was taken, and the plan is not active")
    print(f"now on {PLAN}")


if __name__ == "__main__":
    try:
        main()
    except (httpx.HTTPError, ValueError, KeyError, Failed) as error:
        sys.exit(f"upgrade: {type(error).__name__}: {error}")
