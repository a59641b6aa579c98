"""Points, kept in hundredths as integers."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

HUNDRED = Decimal(100)
_CENT = Decimal("0.01")


def hundredths(value: float) -> int | None:
    """A number of points or pesos in hundredths; None if it has more than two decimals."""
    exact = Decimal(str(value)) * HUNDRED
    return int(exact) if exact == exact.to_integral_value() else None


def earned(amount: float, percent: int) -> int:
    """Hundredths of a point for a sale: amount times percentage, halves rounded up (monedero.D19)."""
    points = (Decimal(str(amount)) * percent / HUNDRED).quantize(_CENT, ROUND_HALF_UP)
    return int(points * HUNDRED)


def shown(points: int) -> int | float:
    """Hundredths as the vendor writes points: an integer if whole, else with two decimals."""
    whole, rest = divmod(points, 100)
    return points / 100 if rest else whole
