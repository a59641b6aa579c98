"""The clients, and the bugs that are planted in their variants. A variant is chosen by the only argument of a client; without one it is correct."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
CLIENTS_FOLDER = FOLDER / "clients"
DOCUMENT = FOLDER / "workshop.yaml"
RECORDS = FOLDER / "workshop.records.yaml"

WRONG_END, UNCLEAN, CRASHED, HUNG = "wrong end", "unclean failure", "crashed", "hung"
STORM, OFF_CONTRACT = "retry storm", "off contract"
ORACLES = (WRONG_END, UNCLEAN, CRASHED, HUNG, STORM, OFF_CONTRACT)


@dataclass(frozen=True)
class Bug:
    """A planted bug: what is wrong, and which oracle should find it."""

    name: str
    sentence: str
    oracle: str


@dataclass(frozen=True)
class Call:
    """A call that prepares a client's world: its path, its body, and its headers."""

    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Client:
    """A client app: its file, the API that it drives, the library that it stands on, and whether it takes that library's defaults as published."""

    file: str
    api: str
    library: str
    bugs: tuple[Bug, ...]
    has_defaults: bool = False
    prepared: tuple[Call, ...] = field(default=())

    @property
    def name(self) -> str:
        """What a command line calls it."""
        return self.file.partition(".")[0]

    def command(self, bug: str = "") -> list[str]:
        """The command of a variant; without a bug, of the correct one."""
        program = "node" if self.file.endswith(".mjs") else sys.executable
        return [program, str(CLIENTS_FOLDER / self.file), *([bug] if bug else [])]


_BRANCH = {
    "id_tercero": 1804, "nit_tercero": "900985549", "codigo": 0, "id_vendedor": 3418, "referencia_sucursal": None, "telefono": "", "id_ciudad": 5001,
    "codigo_ciudad": "05001", "id_departamento": 5, "codigo_departamento": "05", "id_pais": 1, "codigo_pais": "57", "es_direccionCobro": False,
    "es_direccionDespacho": True, "descripcion": "BODEGA", "direccion": "cra 22 # 4-44",
}  # fmt: skip
_EMPTY = {"secretkey": "serpi-empty-secretkey", "Authorization": "Bearer serpi-empty-token"}

CLIENTS = (
    Client(
        "till.py",
        "monedero",
        "HTTPX",
        (
            Bug("repeats-sale", "A sale whose answer was lost is sent again, and gives its points twice.", WRONG_END),
            Bug("ignores-refusal", "The answer is not looked at, so a refused sale is shown as sold.", WRONG_END),
            Bug("no-time-out", "HTTPX waits for ever.", HUNG),
            Bug("trusts-json", "A body that cannot be parsed is not expected.", CRASHED),
        ),
        has_defaults=True,
    ),
    Client(
        "branches.py",
        "serpi",
        "Requests, urllib3 Retry",
        (
            Bug("repeats-post", "Retry repeats POST as well, so a branch whose answer was lost is created twice.", WRONG_END),
            Bug("first-page", "The first page is taken for the whole list, so a branch of the second one is created again.", WRONG_END),
            Bug("refusal-is-empty", "A refused list is taken for an empty one, so all branches are created again.", WRONG_END),
            Bug("ignores-retry-after", "A busy server is asked again at once, sixty times.", STORM),
        ),
        has_defaults=True,
        prepared=(Call("/serpi/api/v1/Sucursales", _BRANCH, _EMPTY),),
    ),
    Client(
        "tickets.py",
        "backoffice",
        "HTTPX, Tenacity",
        (
            Bug("tenacity-defaults", "Tenacity's defaults repeat whatever fails, without end and without a pause.", STORM),
            Bug("repeats-write", "The message to the member is repeated like a read, and is there twice.", WRONG_END),
            Bug("login-loop", "A session that is refused is renewed without end.", STORM),
            Bug("ended-is-empty", "A session that has ended is taken for a list without tickets, so another ticket is opened.", WRONG_END),
        ),
    ),
    Client(
        "workshop.py",
        "workshop.yaml, a served document",
        "HTTPX",
        (
            Bug("first-page", "The first page is taken for the whole list, so a missing part is not ordered.", WRONG_END),
            Bug("whole-record", "The whole part is written back, so what another user has changed meanwhile is lost.", WRONG_END),
            Bug("undoes-unknown", "A lost answer is taken for a refusal: the stock is put back though the order is placed.", UNCLEAN),
            Bug("failing-undo", "A refusal while the stock is put back is not expected.", CRASHED),
        ),
    ),
    Client(
        "upgrade.py",
        "trincico",
        "HTTPX",
        (
            Bug("plan-undefined", "Without the list of plans the upgrade is asked for without a plan.", OFF_CONTRACT),
            Bug("trusts-page", "The payment is taken for made, whatever its page answers.", WRONG_END),
            Bug("waits-forever", "A payment that failed is waited for without end and without a pause.", STORM),
        ),
    ),
    Client(
        "ledger.py",
        "backoffice",
        "urllib",
        (
            Bug("no-time-out", "urllib has no time-out unless it is given one.", HUNG),
            Bug("skips-page", "A page that cannot be read is left out of the sum.", WRONG_END),
            Bug("broken-body", "A body that breaks off raises what is no OSError, and is not expected.", CRASHED),
        ),
    ),
    Client(
        "invoice.mjs",
        "trincico",
        "Axios, axios-retry",
        (
            Bug("axios-retry-defaults", "axios-retry's defaults repeat POST after an error of the network, so a line is there twice.", WRONG_END),
            Bug("ignores-status", "Every status is taken for a success, so an invoice without its lines is shown as sent.", WRONG_END),
            Bug("releases-anyway", "An invoice is released though a line is missing, and then the failure is reported.", UNCLEAN),
            Bug("ended-is-done", "A session that ends before the release is taken for its success.", WRONG_END),
        ),
    ),
    Client(
        "payout.mjs",
        "trincico",
        "Ky",
        (
            Bug("repeats-post", "Ky repeats POST as well, so what was paid out is paid out again.", WRONG_END),
            Bug("stale-list", "After a lost answer the list from before the payout is looked at, and the payout repeated.", WRONG_END),
            Bug("unsure-is-no", "If the payouts cannot be listed after a lost answer, the payout is repeated.", WRONG_END),
        ),
        has_defaults=True,
    ),
    Client(
        "billing.mjs",
        "troyansys",
        "openapi-fetch",
        (
            Bug("no-time-out", "fetch has no time-out unless it is given a signal.", HUNG),
            Bug("ignores-error", "openapi-fetch returns a refusal, and the client does not look at it.", WRONG_END),
            Bug("no-catch", "openapi-fetch throws at a body that cannot be parsed, and the error is not caught.", CRASHED),
        ),
    ),
    Client(
        "customers.mjs",
        "trincico",
        "Axios, axios-retry",
        (
            Bug("whole-record", "All fields of the customer are written back, so what another user has changed meanwhile is lost.", WRONG_END),
            Bug("swallows-failure", "A change that failed is shown as done.", WRONG_END),
            Bug("retries-anything", "Whatever fails is repeated two hundred times, without a pause.", STORM),
        ),
        has_defaults=True,
    ),
    Client(
        "cashiers.mjs",
        "monedero",
        "fetch",
        (
            Bug("does-not-wait", "The old cashier is sent away though the new one could not be registered.", UNCLEAN),
            Bug("page-as-json", "A gateway's page is parsed as JSON, and the error not caught.", CRASHED),
            Bug("ignores-retry-after", "A busy server is asked again at once, until it has time.", STORM),
        ),
    ),
    Client(
        "payphone.mjs",
        "troyansys",
        "fetch",
        (
            Bug("gives-up-silently", "After the third failure the payment is shown as passed on.", WRONG_END),
            Bug("never-gives-up", "A notice that fails is repeated without end and without a pause.", STORM),
        ),
    ),
)
