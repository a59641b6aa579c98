"""Choices on the hosted pages: test cards and banks. The keys are the values of the pages' fields."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A test card. No number is stored."""

    brand: str
    last4: str
    fingerprint: str
    exp_year: int = 2034
    exp_month: int = 12

    @property
    def label(self) -> str:
        return f"{self.brand.capitalize()} ending in {self.last4}"


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank account at a made-up bank. ``instant``: it takes instant payouts."""

    name: str
    country: str
    currency: str
    last4: str
    routing_number: str
    fingerprint: str
    instant: bool

    @property
    def label(self) -> str:
        return f"{self.name} ({self.currency.upper()}, ending in {self.last4})"


CARDS = {
    "visa": Card("visa", "4242", "CwUhIMmImN831aPl"),
    "mastercard": Card("mastercard", "4444", "IKMS1UJn8dAWCt39"),
    "amex": Card("amex", "0005", "Hq7vTz2LmPaK90Xe"),
}
BANKS = {
    "test_bank_usd": Bank("STRIPE TEST BANK", "US", "usd", "6789", "110000000", "j58EI4bjx39F3VoN", instant=True),
    "millenium_pln": Bank("MILLENIUM TEST BANK", "PL", "pln", "3044", "11600006", "M2xLp0QrT8vYc4Wd", instant=False),
    "paribas_eur": Bank("PARIBAS TEST BANK", "FR", "eur", "2606", "30004", "P7bNs1KeZ5uHa3Jf", instant=False),
}
