"""A job that brings branches to SERPI. Requests with the defaults of urllib3's Retry: reads are repeated three times."""

import os
import sys
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

BUG = sys.argv[1] if len(sys.argv) > 1 else ""
PLACE = {"id_ciudad": 5001, "codigo_ciudad": "05001", "id_departamento": 5, "codigo_departamento": "05", "id_pais": 1, "codigo_pais": "57"}
FLAGS = {"es_direccionCobro": False, "es_direccionDespacho": True}
BRANCH = {
    "id_tercero": 1804,
    "nit_tercero": "900985549",
    "codigo": 0,
    "id_vendedor": 3418,
    "referencia_sucursal": None,
    "telefono": "",
    **PLACE,
    **FLAGS,
}
WANTED = {"BODEGA": "cra 22 # 4-44", "MUELLE NORTE": "calle 1 # 2-3", "MUELLE SUR": "calle 9 # 8-7"}
CREDENTIALS = {"secretkey": "serpi-empty-secretkey", "Authorization": "Bearer serpi-empty-token"}
NOTHING = 201


class Refused(Exception):
    """SERPI refused a call."""


def retry() -> Retry:
    """Which calls are repeated."""
    match BUG:
        case "repeats-post":
            return Retry(3, allowed_methods=None)
        case "ignores-retry-after":
            return Retry(60, status_forcelist=[429, 503], respect_retry_after_header=False)
    return Retry(3)


def open_session() -> requests.Session:
    """A session with credentials."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=retry()))
    session.headers.update(CREDENTIALS)
    return session


def call(session: requests.Session, method: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """Status and body of an answer. Raises Refused, requests.RequestException."""
    response = session.request(method, os.environ["SERPI_BASE_URL"] + "/Sucursales", timeout=3, **options)
    answer: dict[str, Any] = response.json()
    if BUG != "refusal-is-empty" and (not response.ok or not answer["success"]):
        raise Refused(f"{response.status_code} {answer.get('message')}")
    return response.status_code, answer


def read_names(session: requests.Session) -> set[str]:
    """The names of all branches, page by page until one is empty."""
    names: set[str] = set()
    page = 1
    while True:
        status, answer = call(session, "GET", params={"pagina": page})
        names |= {branch["descripcion"] for branch in answer.get("result") or ()}
        if status == NOTHING or not answer.get("result") or BUG == "first-page":
            return names
        page += 1


def main() -> None:
    """Create the branches that are missing."""
    with open_session() as session:
        known = read_names(session)
        for name, address in WANTED.items():
            if name not in known:
                call(session, "POST", json={**BRANCH, "descripcion": name, "direccion": address})
    print(f"{len(WANTED)} branches are there")


if __name__ == "__main__":
    try:
        main()
    except (requests.RequestException, Refused) as error:
        sys.exit(f"branches: {type(error).__name__}: {error}")
