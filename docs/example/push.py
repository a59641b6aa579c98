"""The job as a program: pushes two branches to the ERP, and runs again if the ERP failed. Its exit code is 0 if the branches are there."""

from __future__ import annotations

import os
import sys
from typing import Any

import httpx
from shop import Declined, Sync

ROUNDS = 3
"""How often the job runs until it is done."""


def branch(name: str) -> dict[str, Any]:
    """A branch to push."""
    texts = {"nit_tercero": "900985549", "codigo_ciudad": "05001", "codigo_departamento": "05", "codigo_pais": "57", "direccion": "cra 22"}
    numbers = {"id_tercero": 1804, "codigo": 0, "id_ciudad": 5001, "id_departamento": 5, "id_pais": 1, "id_vendedor": 3418}
    flags = {"es_direccionCobro": False, "es_direccionDespacho": False, "referencia_sucursal": None, "telefono": None}
    return {"descripcion": name, **texts, **numbers, **flags}


BRANCHES = [branch("NORTE"), branch("SUR")]


def main() -> int:
    """Run the job. Returns the exit code."""
    headers = {"secretkey": os.environ["SERPI_SECRETKEY"], "Authorization": os.environ["SERPI_AUTHORIZATION"]}
    sync = Sync(os.environ["SERPI_BASE_URL"], headers)
    for _ in range(ROUNDS):
        try:
            sync.push(BRANCHES)
        except (httpx.HTTPError, Declined) as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        else:
            print("The branches are there.")
            return 0
    return 1


if __name__ == "__main__":
    sys.exit(main())
