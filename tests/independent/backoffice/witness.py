"""Show each planted bug from outside: ``python witness.py [bug ...]``.

A witness makes two or three calls. It is true on a server with its bug, and false on a clean one.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import jwt

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.independent.backoffice.client import Client, at_once, count_nodes, is_now
from tests.independent.backoffice.world import API_KEY

Witness = Callable[[Client], bool]
CREDENTIALS: dict[str, Witness] = {
    "key_case": lambda c: c.call("GET", "/api/v1/legs", x_api_key=API_KEY.upper()).status == 200,
    "key_prefix": lambda c: c.call("GET", "/api/v1/legs", x_api_key=API_KEY[:-1]).status == 200,
    "jwt_none": lambda c: "list" in c.get("/legs", jwt_token=jwt.encode(_claims(c), "", "none")),
    "jwt_unverified": lambda c: "list" in c.get("/legs", jwt_token=jwt.encode(_claims(c), "x" * 32, "HS256")),
    "expired_accepted": lambda c: bool(c.hook("advance", duration="P2D")) and "list" in c.get("/legs"),
    "token_before_key": lambda c: c.call("GET", "/api/v1/legs", x_api_key=None, jwt_token=None).body["error"].startswith("Nil"),
    "login_without_key": lambda c: c.login(x_api_key=None).status == 200,
    "lists_open": lambda c: "list" in c.get("/legs", jwt_token=None),
    "html_errors": lambda c: "json" not in c.call("GET", "/api/v1/legs", x_api_key=None).kind,
    "exp_start": lambda c: is_now(_exp(c)),
    "password_kept": lambda c: c.put(7, password="Nuevo-Trebol-5").status == 200 and c.login("lechuza08", "Nuevo-Trebol-5").status != 200,
    "password_both": lambda c: c.put(7, password="Nuevo-Trebol-5").status == 200 and c.login("lechuza08").status == 200,
    "password_case": lambda c: c.create().status == 200 and c.login("zorro001", "TREBOL-DE-4").status == 200,
    "password_cut": lambda c: c.create().status == 200 and c.login("zorro001", "Trebol-de-nada").status == 200,
    "password_trimmed": lambda c: c.create().status == 200 and c.login("zorro001", " Trebol-de-4 ").status == 200,
}
USERS: dict[str, Witness] = {
    "stale_user": lambda c: bool(c.get("/users/7")) and c.put(7, first_name="Otra").status == 200 and c.get("/users/7")["first_name"] != "Otra",
    "leading_zeros": lambda c: c.get("/users/8")["mobile"] != "00110008",
    "password_shown": lambda c: "encrypted_password" in c.get("/users/6"),
    "refused_written": lambda c: c.create(country_code="ZZ").status == 400 and c.create().status == 400,
    "sponsor_ignored": lambda c: c.create().status == 200 and not any(n["user"]["username"] == "zorro001" for n in c.get("/teamviews/6")["teamview"]),
    "names_decomposed": lambda c: c.made(last_name="Peñón")["last_name"] != "Peñón",
    "names_title": lambda c: c.made(last_name="de la O")["last_name"] != "de la O",
    "names_ascii": lambda c: c.made(first_name="Ana 🌵")["first_name"] != "Ana 🌵",
    "names_trimmed": lambda c: c.made(first_name=" Ana ")["first_name"] != " Ana ",
    "mail_taken_created": lambda c: c.create(email="lechuza08@mail.example.com").status == 200,
    "mail_taken_edited": lambda c: c.put(7, email="mapache21@mail.example.com").status == 200,
    "country_edited": lambda c: c.put(7, country_code="ZZ").status == 200,
    "lost_update": lambda c: bool(at_once(*_edits(c))) and tuple(map(c.get("/users/7").get, ("first_name", "mobile"))) != ("Otra", "70999999"),
    "edit_refused_written": lambda c: c.put(7, country_code="ZZ", mobile="70999999").status == 400 and c.get("/users/7")["mobile"] == "70999999",
    "partial_reset": lambda c: c.put(7, first_name="Otra").status == 200 and c.get("/users/7")["mobile"] != "70110007",
    "picture_lost": lambda c: c.upload(7).status == 200 and "user-icon" in c.get("/users/7")["profile_image"],
    "token_ignored": lambda c: c.put(8, first_name="Otra").status == 200,
    "token_lasts": lambda c: _edit_later(c, c.mail()["codes"][0]),
    "token_foreign": lambda c: c.put(8, first_name="Otra", token=c.mail(21)["codes"][0]).status == 200,
    "token_shown": lambda c: "token" in c.post("/tokens", user_id="8").body,
    "mail_to_caller": lambda c: c.mail()["to"] != "colibri33@mail.example.com",
    "mail_lost": lambda c: not c.mail()["to"],
}
READS: dict[str, Witness] = {
    "leg_missing": lambda c: len(c.get("/legs")["list"]) != 4,
    "country_missing": lambda c: not any(one["id"] == "PN" for one in c.get("/countries")["list"]),
    "id_text": lambda c: isinstance(c.get("/cryptocurrency_cashouts")["list"][0]["id"], str),
    "dashboard_caller": lambda c: c.get("/dashboards/7") == c.get("/dashboards/6"),
    "dashboard_sum": lambda c: Decimal(c.get("/dashboards/6")["wallets"][0]["amount"]) != Decimal(c.page(3)["list"][-1]["balance"]),
    "amount_number": lambda c: not isinstance(c.get("/dashboards/6")["wallets"][0]["amount"], str),
    "notices_all": lambda c: len(c.get("/notices/6")["plan_notices"]) != 1,
    "products_all": lambda c: c.get("/products/6") == c.get("/products/7"),
    "price_text": lambda c: isinstance(c.get("/products/6")["plans"][0]["price"], str),
    "team_direct": lambda c: count_nodes(c.get("/teamviews/6")["teamview"]) != 6,
    "team_level": lambda c: c.get("/teamviews/6")["teamview"][0]["user"]["level"] != 1,
    "matrix_spelling": lambda c: "usernname" not in c.get("/matrixs/6")["matrix"]["user"],
    "matrix_last": lambda c: not c.get("/matrixs/6")["matrix"]["child_left"]["child_left"]["last_node"],
    "resources_all": lambda c: c.get("/resources/1") == c.get("/resources/5"),
}
RECORDS: dict[str, Witness] = {
    "tickets_all": lambda c: len(c.subjects(20)) != 1,
    "ticket_id_text": lambda c: isinstance(c.get("/user_tickets/6")["list"][0]["id"], str),
    "tickets_ten": lambda c: all(c.ticket().status == 200 for _ in range(11)) and len(c.subjects()) != 12,
    "ticket_refused_written": lambda c: c.ticket(comment="").status == 404 and len(c.subjects()) != 1,
    "subject_cut": lambda c: c.ticket(subject="s" * 90).status == 200 and c.subjects()[-1] != "s" * 90,
    "subject_escaped": lambda c: c.ticket(subject="A & B").status == 200 and c.subjects()[-1] != "A & B",
    "subject_spaces": lambda c: c.ticket(subject="A  B ").status == 200 and c.subjects()[-1] != "A  B ",
    "zone_utc": lambda c: c.ticket().status == 200 and not is_now(c.get("/user_tickets/6")["list"][-1]["created_at"]),
    "lost_message": lambda c: bool(at_once(*_messages(c))) and len(c.contents()) != 8,
    "thread_last_lost": lambda c: c.post("/threads", ticket_id="1", content="fin").status == 200 and c.contents()[-1] != "<div>fin</div>",
    "thread_quote": lambda c: c.post("/threads", ticket_id="1", content="O'Arce").status == 500,
    "thread_unknown": lambda c: c.post("/threads", ticket_id="77777", content="x").status == 200,
    "equal_dropped": lambda c: all(c.post("/threads", ticket_id="1", content="sí").status == 200 for _ in range(2)) and len(c.contents()) != 4,
    "pages_floor": lambda c: c.page()["total_pages"] != 3,
    "pages_one_more": lambda c: c.page(wallet=2)["total_pages"] != 2,
    "page_overlap": lambda c: c.page(1)["list"][-1] == c.page(2)["list"][0],
    "page_31": lambda c: len(c.page()["list"]) != 30,
    "current_page": lambda c: c.page(2)["current_page"] != 2,
    "order_random": lambda c: c.page() != c.page(),
    "wallet_ignored": lambda c: c.page(wallet=1) == c.page(wallet=2),
    "user_ignored": lambda c: c.page(user=6) == c.page(user=7),
    "amount_rounded": lambda c: c.page()["list"][3]["amount"] != "12.25" and c.page()["list"][2]["amount"] != "12.25",
    "balance_of_page": lambda c: c.page(2)["list"][0]["balance"] == c.page(2)["list"][0]["amount"],
}
WITNESSES = {**CREDENTIALS, **USERS, **READS, **RECORDS}


def _claims(client: Client) -> dict[str, Any]:
    return {"user_id": 6, "exp": jwt.decode(client.token, options={"verify_signature": False})["exp"]}


def _exp(client: Client) -> str:
    """The end of a session that a sign-in prints, in ISO 8601."""
    day, clock = client.login().body["exp"].split()
    month, number, year = day.split("-")
    return f"{year}-{month}-{number}T{clock}:30+00:00"


def _edits(client: Client) -> list[Callable[[], Any]]:
    return [lambda: client.put(7, first_name="Otra"), lambda: client.put(7, mobile="70999999")]


def _messages(client: Client) -> list[Callable[[], Any]]:
    return [lambda: client.post("/threads", ticket_id="1", content="m")] * 6


def _edit_later(client: Client, token: str) -> bool:
    client.hook("advance", duration="PT1H1M")
    return client.put(8, first_name="Otra", token=token).status == 200


@contextmanager
def run_server(bug: str = "", reading: str = "a") -> Iterator[str]:
    """A server of its own, by its origin."""
    with socket.socket() as sought, tempfile.TemporaryDirectory() as folder:
        sought.bind(("127.0.0.1", 0))
        port = sought.getsockname()[1]
        sought.close()
        environment = {**os.environ, "PORT": str(port), "BUG": bug, "READING": reading, "DB": f"{folder}/backoffice.db"}
        server = subprocess.Popen([sys.executable, str(Path(__file__).with_name("server.py"))], env=environment)
        try:
            origin = f"http://127.0.0.1:{port}"
            _wait(origin)
            yield origin
        finally:
            server.terminate()
            server.wait(20)


def _wait(origin: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(origin, timeout=2).close()  # noqa: S310 - a server of ours
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError(f"{origin} does not answer after 20 seconds")


def sees(bug: str, origin: str) -> bool:
    """What the witness of a bug says of a server that is as new."""
    client = Client(origin)
    client.hook("reset")
    return WITNESSES[bug](Client(origin))


def main(names: list[str]) -> int:
    wrong = 0
    with run_server() as clean:
        for bug in names or WITNESSES:
            with run_server(bug) as origin:
                found, alarm = sees(bug, origin), sees(bug, clean)
            wrong += not found or alarm
            sys.stdout.write(f"{bug:24} {'seen' if found else 'NOT SEEN'}{', and on the clean server too' if alarm else ''}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
