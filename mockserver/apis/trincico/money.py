"""Arithmetic of money: integers only, halves rounded up to a minor unit, in one place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

HUNDREDTHS_OF_PERCENT = 10_000
LARGEST_AMOUNT = 999_999_999_999_999
"""The largest amount of an invoice; sums of them stay within 64 bits."""


def half_up(numerator: int, denominator: int) -> int:
    """A quotient rounded to an integer, halves up; ``denominator`` is positive."""
    return (2 * numerator + denominator) // (2 * denominator)


def rate(value: float | str) -> int:
    """A percentage in hundredths of a percent, halves rounded up."""
    return int((Decimal(str(value)) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def rate_text(tax_rate: int | None) -> str | None:
    """A rate as the vendor writes it outside lists: two decimals (trincico.D60)."""
    return None if tax_rate is None else f"{tax_rate // 100}.{tax_rate % 100:02d}"


def rate_number(tax_rate: int | None) -> float | None:
    """A rate as the vendor writes it in lists: an integer if whole, else a decimal number (trincico.D60)."""
    if tax_rate is None:
        return None
    return tax_rate / 100 if tax_rate % 100 else tax_rate // 100


def tax(amount: int, tax_rate: int | None) -> int:
    """The tax on an amount at a rate in hundredths of a percent (trincico.D59)."""
    return half_up(amount * (tax_rate or 0), HUNDREDTHS_OF_PERCENT)


def difference(old_price: int, old_period: int, new_price: int, new_period: int, left: int) -> int:
    """What moving up costs for the rest of a period: the new price for the time left minus the old price for it, never below 0.

    Periods and the time left are in seconds; ``left`` is part of the old period.
    """
    return max(0, half_up(left * (new_price * old_period - old_price * new_period), old_period * new_period))


@dataclass(frozen=True, slots=True)
class Holding:
    """A user's holdings in one currency: all that was paid to the user minus what was paid out."""

    available: int
    pending: int

    @property
    def total(self) -> int:
        return self.available + self.pending


def holdings(paid: Iterable[tuple[str, int, bool]], paid_out: Iterable[tuple[str, int]]) -> dict[str, Holding]:
    """Holdings by currency. ``paid`` has currency, amount and whether it is settled; payouts are taken from settled money first."""
    settled: dict[str, int] = {}
    total: dict[str, int] = {}
    for currency, amount, is_settled in paid:
        total[currency] = total.get(currency, 0) + amount
        settled[currency] = settled.get(currency, 0) + (amount if is_settled else 0)
    for currency, amount in paid_out:
        total[currency] = total.get(currency, 0) - amount
        settled[currency] = settled.get(currency, 0) - amount
    available = {currency: max(0, settled[currency]) for currency in total}
    return {currency: Holding(available[currency], total[currency] - available[currency]) for currency in sorted(total)}
