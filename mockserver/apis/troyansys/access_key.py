"""The clave de acceso: 49 digits that name an electronic document at Ecuador's tax office (SRI).

Date (8), kind of document (2), RUC (13), environment (1), series (6), sequence (9), a code of the issuer's choice (8), kind of emission (1), check
digit (1). Source: SRI, technical sheet of electronic documents, offline scheme.
"""

from __future__ import annotations

from datetime import date
from itertools import cycle

INVOICE = "01"
NORMAL_EMISSION = "1"

_MODULUS = 11
_WEIGHTS = (2, 3, 4, 5, 6, 7)


def access_key(issued_on: date, ruc: str, environment: int, series: str, sequence: int, code: str) -> str:
    """The key of an invoice. ``series`` is establishment and emission point, ``code`` has eight digits."""
    digits = f"{issued_on:%d%m%Y}{INVOICE}{ruc}{environment}{series}{sequence:09}{code}{NORMAL_EMISSION}"
    return digits + check_digit(digits)


def check_digit(digits: str) -> str:
    """Modulus 11 with weights 2 to 7 from the right; a result of 11 is written 0, one of 10 is written 1."""
    total = sum(int(digit) * weight for digit, weight in zip(reversed(digits), cycle(_WEIGHTS), strict=False))
    rest = _MODULUS - total % _MODULUS
    return {11: "0", 10: "1"}.get(rest, str(rest))
