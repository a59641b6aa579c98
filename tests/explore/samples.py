"""Runs of a client as values, and small clients as scripts of the standard library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockserver.explore.model import ClientRun, Exited, Schedule
from mockserver.explore.schedules import number_calls

if TYPE_CHECKING:
    from collections.abc import Sequence

CLIENT = """
import http.client, json, os, sys, urllib.error, urllib.request
mode = sys.argv[1]
base = os.environ["SERPI_BASE_URL"] + "/Sucursales"
headers = {"secretkey": os.environ["SERPI_SECRETKEY"], "authorization": os.environ["SERPI_AUTHORIZATION"], "content-type": "application/json"}
branch = {"id_tercero": 1804, "codigo": 0, "id_ciudad": 5001, "id_departamento": 5, "id_pais": 1, "id_vendedor": 3418, "nit_tercero": "900985549",
          "codigo_ciudad": "05001", "codigo_departamento": "05", "codigo_pais": "57", "direccion": "cra 22", "es_direccionCobro": False,
          "es_direccionDespacho": False, "referencia_sucursal": None, "telefono": None}
def create(name):
    body = json.dumps({**branch, "descripcion": name}).encode()
    for attempt in range(3):
        try:
            with urllib.request.urlopen(urllib.request.Request(base, body, headers), timeout=20) as answer:
                json.load(answer)
                return print("made", name)
        except urllib.error.HTTPError as error:
            if mode == "swallows":
                return print("made", name)
            if error.code != 503:
                raise
        except (OSError, ValueError, http.client.HTTPException) as error:
            if mode == "careless":
                raise SystemExit
            if mode != "eager":
                raise
    raise OSError("busy")
try:
    for name in ("NORTE", "SUR"):
        create(name)
except (OSError, ValueError, http.client.HTTPException) as error:
    if mode == "crashes":
        raise
    sys.exit(f"failed: {error}")
"""


def record(number: int, name: str, **fields: Any) -> dict[str, Any]:
    """A record as it stands in a world."""
    return {"id": number, "name": name, **fields}


def added(number: int, name: str, *, table: str = "shop.orders", bookkeeping: bool = False, **fields: Any) -> dict[str, Any]:
    """The change that adds a record."""
    return {"table": table, "id": number, "bookkeeping": bookkeeping, "before": None, "after": record(number, name, **fields)}


def call(
    operation: str = "create_order", *changes: dict[str, Any], status: int = 201, sent: Any = None, answered: Any = None, **parts: Any
) -> dict[str, Any]:
    """An exchange of an outcome; a call that reads has a name that begins with ``list``."""
    exchange = {
        "number": 1,
        "at": "2026-01-01T00:00:00Z",
        "method": "GET" if operation.startswith("list") else "POST",
        "path": "/shop/orders",
        "query": "",
        "api": "shop",
        "operation": operation,
        "status": status,
        "code": None,
        "fault": None,
        "findings": 0,
        "changed": bool(changes),
        "injected": [],
        **parts,
    }
    return {"exchange": exchange, "sent": sent, "answered": answered, "changes": list(changes)}


INJECTED: list[dict[str, str]] = [{"source": "rule 1", "effect": "reset"}]


def make_run(
    exchanges: Sequence[dict[str, Any]],
    *,
    code: int = 0,
    stdout: str = "",
    stderr: str = "",
    changes: Sequence[dict[str, Any]] | None = None,
    schedule: Schedule = (),
    ended_by: Any = None,
) -> ClientRun:
    """A run with these exchanges; the changes are those of its calls if no others are given."""
    left = [change for found in exchanges for change in found["changes"]] if changes is None else list(changes)
    return ClientRun(schedule, Exited(code, stdout, stderr, 0.1, ended_by), number_calls(exchanges), tuple(left), ())
