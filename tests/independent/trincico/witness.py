"""Show each planted bug from outside: a witness is true at a server with the bug and false at one without. `python witness.py [bug ...]`."""

import concurrent.futures
import contextlib
import os
import pathlib
import runpy
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import httpx

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "demo-notify-7c1"
BACK = {"success_url": "https://shop.example.com/ok", "cancel_url": "https://shop.example.com/no"}
NOBODY = "00000000-0000-4000-8000-000000000000"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: httpx.Headers


class Server:
    """A running server, and short ways to call it."""

    def __init__(self, origin: str) -> None:
        self.origin = origin

    def call(self, method: str, path: str, body: object = None, user: str = "owner", header: str | None = None, **query: str | int) -> Answer:
        authorization = header if header is not None else f"Bearer tk_{user}_Zq7Rm2"
        headers = {"Authorization": authorization} if authorization else {}
        sent = {name: str(value) for name, value in query.items()}
        answer = httpx.request(method, self.origin + path, json=body, headers=headers, params=sent, timeout=20, trust_env=False)
        is_json = answer.content and "json" in answer.headers.get("content-type", "")
        return Answer(answer.status_code, answer.json() if is_json else None, answer.headers)

    def get(self, path: str, user: str = "owner", **query: str | int) -> Any:
        return self.call("GET", path, None, user, None, **query).body

    def hook(self, name: str, **values: str) -> None:
        httpx.post(f"{self.origin}/_staging/{name}", params=values, timeout=20, trust_env=False).raise_for_status()

    def mails(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.origin}/_staging/outbox", timeout=20, trust_env=False).json()["messages"]
        return found

    def notify(self, scope: str, target: str, channel: str = "email_notification", password: str = PASSWORD) -> int:
        body = {"channel": channel, "scope": scope, "target_id": target}
        return int(httpx.request("GET", f"{self.origin}/notifications/send", json=body, auth=("", password), timeout=20, trust_env=False).status_code)

    def new(self, reference: str, service: str = "atelier", customer: str = "mira", **more: object) -> Answer:
        body = {"service_id": known(f"service/{service}"), "service_customer_id": known(f"customer/{customer}"), "reference": reference, **more}
        return self.call("POST", "/invoices", body)

    def draft(self, reference: str = "W-1", **item: object) -> str:
        """The path of a new draft with one item."""
        path = f"/invoices/{self.new(reference).body['id']}"
        self.item(path, **item)
        return path

    def item(self, path: str, **fields: object) -> Answer:
        return self.call("POST", f"{path}/items", {"name": "Work", "price": 1000, "quantity": 2, **fields})

    def amount(self, path: str) -> int:
        return int(self.get(path)["amount"])

    def move(self, path: str, status: str) -> int:
        return self.call("PUT", f"{path}/status", {"status": status}).status

    def walk(self, path: str, user: str = "owner", **query: str | int) -> list[str]:
        """The ids of all pages; at most 60 of them."""
        found: list[str] = []
        for _ in range(60):
            body = self.get(path, user, **query)
            found += [row["id"] for row in body["data"]]
            if not body["next_page"]:
                break
            query["next_page"] = body["next_page"]
        return found

    def payout(self, amount: int, *, user: str = "elite", **more: object) -> Answer:
        return self.call("POST", "/payouts", {"currency": "usd", "amount": amount, "instant": False, **more}, user=user)

    def funds(self, currency: str = "usd") -> int:
        found = self.get("/payouts/account/balance", user="elite")["available"]
        return next(int(row["amount"]) for row in found if row["currency"] == currency)

    def upgrade(self, plan: str, *, user: str, **more: object) -> Answer:
        return self.call("POST", "/subscriptions/upgrade/", {"plan_id": known(f"plan/{plan}"), **BACK, **more}, user=user)

    def at_once(self, *calls: Callable[[], Answer]) -> list[Answer]:
        with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
            return [one.result() for one in [pool.submit(call) for call in calls]]


Witness = Callable[[Server], bool]


def known(name: str) -> str:
    from tests.independent.trincico.database import named_id  # noqa: PLC0415 - needs the path that `main` sets

    return named_id(name)


@contextlib.contextmanager
def serve(bug: str, reading: str = "a") -> Iterator[Server]:
    """A server of its own, ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "PORT": str(port), "BUG": bug, "READING": reading, "DB": f"{folder}/server.db"}
        process = subprocess.Popen([sys.executable, str(HERE / "server.py")], env=environment, cwd=folder)
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                time.sleep(0.05)
            yield Server(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait(10)


def read_witnesses() -> dict[str, Witness]:
    """Every witness by the name of its bug."""
    from tests.independent.trincico import sights, sights_of_invoices  # noqa: PLC0415 - likewise

    return {**sights_of_invoices.WITNESSES, **sights.WITNESSES}


def show(names: list[str]) -> list[str]:
    """Check witnesses, and return a sentence for each that fails."""
    witnesses = read_witnesses()
    failures: list[str] = []
    with serve("") as clean:
        for name in names:
            clean.hook("reset")
            if witnesses[name](clean):
                failures.append(f"{name}: its witness is true without the bug")
    for name in names:
        with serve(name) as server:
            if not witnesses[name](server):
                failures.append(f"{name}: its witness is false with the bug")
    return failures


def main() -> int:
    names = sys.argv[1:] or list(read_witnesses())
    failures = show(names)
    sys.stdout.write("\n".join([*failures, f"{len(names)} witnesses, {len(failures)} failures"]) + "\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parents[2]))
    sys.exit(runpy.run_module("tests.independent.trincico.witness", run_name="witness")["main"]())
