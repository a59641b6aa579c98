"""Branches as a journal of events: nothing is changed, the state is what the events say, in their order.

The journal is a list in memory, and one line of JSON per event in the file that DB names.
"""

from __future__ import annotations

import html
import json
import threading
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.independent.serpi.settings import BUG

ALPHA, BETA, EMPTY = "alpha", "beta", "empty"
CLIENTS = {
    ALPHA: ("skA-Rt7mQ2xLpW9z", "tkA.Vn4cHs8Jd1Fy"),
    BETA: ("skB-Gb3kUe6ToI0a", "tkB.Mx5rZq7Pw2Kl"),
    EMPTY: ("skE-Yh9fDj4SvC8n", "tkE.Bo6tNi1Xg3Eu"),
}
"""Secret key and token by client."""
FIRST = {
    "id_tercero": 700,
    "nit_tercero": "800100200",
    "codigo": 0,
    "referencia_sucursal": "",
    "descripcion": "Bodega Principal",
    "direccion": "calle 8 # 12-30",
    "direccion2": None,
    "telefono": "6040001122",
    "telefono2": None,
    "ext": None,
    "ext2": None,
    "movil": None,
    "id_ciudad": 5001,
    "codigo_ciudad": "05001",
    "id_departamento": 5,
    "codigo_departamento": "05",
    "id_pais": 1,
    "codigo_pais": "57",
    "id_vendedor": 31,
    "id_cobrador": None,
    "es_direccionCobro": True,
    "es_direccionDespacho": False,
}
SEEDED = [(ALPHA, 4010 + 7 * number, f"Bodega {number}") for number in range(23)] + [(BETA, 4501, "Bodega Ajena"), (BETA, 4508, "Otra Ajena")]
ALTERED: dict[str, Callable[[str], str]] = {
    "text_trimmed": str.strip,
    "text_normalised": lambda text: unicodedata.normalize("NFKC", text),
    "text_escaped": html.escape,
    "text_in_capitals": str.upper,
    "text_cut": lambda text: text[:40],
    "text_without_astral": lambda text: "".join(one if ord(one) < 0x10000 else "?" for one in text),
}
"""How a text is damaged when it is stored, by bug."""


class Journal:
    """One state for all callers. ``lock`` is held from the first read of a change to its event."""

    def __init__(self, path: str) -> None:
        self.lock = threading.RLock()
        self._file = Path(path)
        self._events: list[tuple[str, int, dict[str, Any]]] = []
        self._listed: dict[str, tuple[float, list[dict[str, Any]]]] = {}
        self.reset()

    def reset(self) -> None:
        with self.lock:
            self._events.clear()
            self._listed.clear()
            self._file.write_text("", encoding="utf-8")
            for client, number, name in SEEDED:
                self._append(client, number, {**FIRST, "descripcion": name})

    def _append(self, client: str, number: int, fields: dict[str, Any]) -> None:
        self._events.append((client, number, fields))
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps([client, number, fields]) + "\n")

    def branches(self, client: str) -> dict[int, dict[str, Any]]:
        """The branches of a client by id, in the order of their creation."""
        found: dict[int, dict[str, Any]] = {}
        for owner, number, fields in list(self._events):
            if owner == client or BUG == "branches_of_all":
                found[number] = {**found.get(number, {}), **fields}
        return found

    def listed(self, client: str) -> list[dict[str, Any]]:
        """What the list shows, before it is cut into pages."""
        kept = self._listed.get(client)
        if BUG == "list_from_cache" and kept is not None and time.monotonic() - kept[0] < 5:
            return kept[1]
        found = [{"id": number, **fields} for number, fields in self.branches(client).items()]
        self._listed[client] = (time.monotonic(), found)
        return found

    def create(self, client: str, fields: dict[str, Any]) -> int | None:
        """The id of a new branch; None if the bug drops it."""
        before = self.branches(client)
        if BUG == "equal_content_dropped" and any({**one, **fields} == one for one in before.values()):
            return None
        number = max(number for _, number, _ in self._events) + 7
        if BUG in ("equal_ids_at_once", "creations_lost_at_once"):
            events = list(self._events)
            time.sleep(0.05)
            if BUG == "creations_lost_at_once":
                self._events = events
        self._append(client, number, self._damage(fields))
        return number

    def change(self, client: str, number: int, fields: dict[str, Any]) -> None:
        changed = [number]
        if BUG == "neighbour_changed":
            known = sorted(self.branches(client))
            changed = known[max(0, known.index(number) - 1) :][:2]
        for one in changed:
            self._append(client, one, self._damage(fields))

    @staticmethod
    def _damage(fields: dict[str, Any]) -> dict[str, Any]:
        alter = ALTERED.get(BUG)
        kept = fields if alter is None else {name: alter(value) if isinstance(value, str) else value for name, value in fields.items()}
        if BUG == "leading_zero_lost":
            kept = {name: value.lstrip("0") if isinstance(value, str) and name.startswith("codigo_") else value for name, value in kept.items()}
        if BUG == "int_of_32_bits":
            kept = {name: (value + 2**31) % 2**32 - 2**31 if type(value) is int else value for name, value in kept.items()}
        return kept
