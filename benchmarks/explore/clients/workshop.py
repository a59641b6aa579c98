"""A client of a served document, ``workshop.yaml``: order what is missing, and note the order at the part."""

import os
import sys
from typing import Any

import httpx

BUG = sys.argv[1] if len(sys.argv) > 1 else ""


class Refused(Exception):
    """The workshop refused an order."""


def read_parts(client: httpx.Client) -> list[dict[str, Any]]:
    """All parts, page by page."""
    parts: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get("/parts", params={"cursor": cursor} if cursor else None).raise_for_status().json()
        parts += page["data"]
        cursor = None if BUG == "first-page" else page["next_cursor"]
    return parts


def change_stock(client: httpx.Client, part: dict[str, Any], stock: int) -> dict[str, Any]:
    """Change the stock of a part; the answer."""
    change = {**part, "stock": stock} if BUG == "whole-record" else {"stock": stock}
    response = client.patch(f"/parts/{part['id']}", json=change)
    if BUG != "failing-undo" or stock != part["stock"]:
        response.raise_for_status()
    answer: dict[str, Any] = response.json()
    return answer


def order(client: httpx.Client, part: dict[str, Any]) -> None:
    """Order what is missing of a part. Raises Refused if it is certain that there is no order, else httpx.HTTPError."""
    response = client.post("/orders", json={"part_id": part["id"], "quantity": part["wanted"] - part["stock"]})
    if response.is_client_error:
        raise Refused(f"the order was refused: {response.status_code}")
    response.raise_for_status()


def restock(client: httpx.Client, part: dict[str, Any]) -> None:
    """Note the stock that a part will have and order what is missing; a refused order puts the stock back."""
    if change_stock(client, part, part["wanted"])["stock"] != part["wanted"]:
        raise Refused("the stock is not noted")
    certain = (Refused, httpx.HTTPError) if BUG == "undoes-unknown" else Refused
    try:
        order(client, part)
    except certain:
        print(f"put back to {change_stock(client, part, part['stock'])['stock']}", file=sys.stderr)
        raise


def main() -> None:
    """Order every part of which there is not enough."""
    headers = {"Authorization": os.environ["WORKSHOP_AUTHORIZATION"]}
    with httpx.Client(base_url=os.environ["WORKSHOP_BASE_URL"], headers=headers, timeout=3) as client:
        for part in read_parts(client):
            if part["stock"] < part["wanted"]:
                restock(client, part)
    print("all parts are in stock")


if __name__ == "__main__":
    try:
        main()
    except (httpx.HTTPError, ValueError, Refused) as error:
        sys.exit(f"workshop: {type(error).__name__}: {error}")
