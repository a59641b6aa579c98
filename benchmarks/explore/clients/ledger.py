"""A client of the back office that adds up a member's wallet. The standard library's urllib only."""

import http.client
import json
import os
import sys
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

BUG = sys.argv[1] if len(sys.argv) > 1 else ""
WALLET = "/api/v1/wallets/5?user_id=6&page="


def read(page: int) -> Any:
    """A page of the wallet. Raises OSError, http.client.HTTPException, ValueError."""
    headers = {"x-api-key": os.environ["BACKOFFICE_X_API_KEY"], "jwt-token": os.environ["BACKOFFICE_JWT_TOKEN"]}
    request = Request(f"{os.environ['BACKOFFICE_BASE_URL']}{WALLET}{page}", headers=headers)  # noqa: S310 - the address is the mock's
    with urlopen(request, timeout=None if BUG == "no-time-out" else 3) as response:  # noqa: S310 - likewise
        return json.loads(response.read())


def main() -> None:
    """Add up all pages."""
    total = Decimal(0)
    page = pages = 1
    while page <= pages:
        try:
            answer = read(page)
            pages = answer["total_pages"]
            total += sum(Decimal(row["amount"]) for row in answer["list"])
        except (OSError, http.client.HTTPException, ValueError):
            if BUG != "skips-page":
                raise
        page += 1
    print(f"balance {total}")


if __name__ == "__main__":
    caught = (OSError, ValueError, KeyError) if BUG == "broken-body" else (OSError, http.client.HTTPException, ValueError, KeyError)
    try:
        main()
    except caught as error:
        sys.exit(f"ledger: {type(error).__name__}: {error}")
