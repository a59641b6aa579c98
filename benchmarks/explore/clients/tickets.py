"""A client of the back office that answers a member's ticket. Tenacity repeats what only reads, three times."""

import os
import sys
from collections.abc import Callable
from typing import Any

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

BUG = sys.argv[1] if len(sys.argv) > 1 else ""
SUBJECT = "Problemas APP"
ENDED = (401, 403)

repeated: Callable[[Any], Any] = (
    retry
    if BUG == "tenacity-defaults"
    else retry(stop=stop_after_attempt(3), wait=wait_fixed(0.1), retry=retry_if_exception_type(httpx.TransportError), reraise=True)
)


class BackOffice:
    """A signed-in client."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.sign_in()

    @repeated
    def sign_in(self) -> None:
        """Get a token for a day."""
        answer = self.client.post("/api/v1/login/", data={"username": "mlopez06", "password": "abcd1234"})
        self.client.headers["jwt-token"] = answer.raise_for_status().json()["token"]

    def send(self, method: str, path: str, data: dict[str, str] | None = None) -> Any:
        """The answer to a call, after one new sign-in if the session has ended."""
        response = self.client.request(method, path, data=data)
        if response.status_code in ENDED and BUG == "ended-is-empty":
            return {"list": []}
        renewals = 0
        while response.status_code in ENDED and (renewals < 1 or BUG == "login-loop"):
            self.sign_in()
            renewals += 1
            response = self.client.request(method, path, data=data)
        return response.raise_for_status().json()

    @repeated
    def read(self, path: str) -> list[dict[str, Any]]:
        """The records of a list."""
        records: list[dict[str, Any]] = self.send("GET", path)["list"]
        return records

    def write(self, path: str, **fields: str) -> None:
        """Make a record."""
        self.send("POST", path, fields)


def main() -> None:
    """Answer the member's ticket, or open one."""
    with httpx.Client(base_url=os.environ["BACKOFFICE_BASE_URL"], headers={"x-api-key": os.environ["BACKOFFICE_X_API_KEY"]}, timeout=3) as client:
        office = BackOffice(client)
        write = repeated(office.write) if BUG == "repeats-write" else office.write
        found = [ticket["id"] for ticket in office.read("/api/v1/user_tickets/8") if ticket["subject"] == SUBJECT]
        if found:
            write("/api/v1/threads", ticket_id=str(found[0]), content="Ya funciona.")
        else:
            write("/api/v1/user_tickets", user_id="8", subject=SUBJECT, comment="Ya funciona.")
    print("the member has an answer")


if __name__ == "__main__":
    try:
        main()
    except (httpx.HTTPError, ValueError, KeyError) as error:
        sys.exit(f"tickets: {type(error).__name__}: {error}")
