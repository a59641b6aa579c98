"""Colombia's departments and their capitals by DIVIPOLA, the codes of the statistics office, with the telephone numbers of each department.

A city's code has five digits, two of the department and three of the municipality; its id is that number without leading zeros.
"""

from __future__ import annotations

COUNTRY, COUNTRY_CODE = 1, "57"

# fmt: off
AREA_CODES = {
    "601": ("11", "25"),
    "602": ("19", "52", "76"),
    "604": ("05", "23", "27"),
    "605": ("08", "13", "20", "44", "47", "70"),
    "606": ("17", "63", "66"),
    "607": ("54", "68", "81"),
    "608": ("15", "18", "41", "50", "73", "85", "86", "88", "91", "94", "95", "97", "99"),
}
"""Departments by the area code of their landlines."""
MOBILE_PREFIXES = (
    "300", "301", "302", "304", "305", "310", "311", "312", "313", "314", "315", "316", "317", "318", "320", "321", "322", "323", "324", "350", "351",
)
# fmt: on
DEPARTMENTS = {department: area for area, departments in AREA_CODES.items() for department in departments}
"""The area code of each department."""
CAPITALS = tuple(f"{department}001" for department in sorted(DEPARTMENTS) if department != "25")
"""The codes of the capitals; that of Cundinamarca (25) is Bogotá, a department of its own."""

_CODES: dict[str, dict[int, str]] = {
    "ciudad": {int(code): code for code in CAPITALS},
    "departamento": {int(code): code for code in DEPARTMENTS},
    "pais": {COUNTRY: COUNTRY_CODE},
}
PLACES = tuple(_CODES)
"""What a branch names twice, as ``id_…`` and as ``codigo_…``."""


def code_of(place: str, number: object) -> str | None:
    """The code of a city, department or country (one of :data:`PLACES`) by its id; None if the id is not known."""
    return _CODES[place].get(number) if isinstance(number, int) else None
