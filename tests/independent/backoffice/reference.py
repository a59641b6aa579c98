"""The lists that do not change: legs, languages, countries, currencies."""

from __future__ import annotations

import pycountry

from tests.independent.backoffice.settings import READING, has_bug

LEGS = {"left": "Left", "right": "Right", "binary_tank": "Binary tank", "balanced": "Balanced"}
LOCALES = (
    ("en", "English", "us"),
    ("es", "Español", "es"),
    ("ko", "Korean", "kr"),
    ("zhCN", "Chinese", "cn"),
    ("vi", "Vietnamese", "vn"),
    ("ja", "Japan", "jp"),
    ("zhHK", "Mandarin (Taiwan, Hong Kong)", "tw"),
    ("ms", "Malay (Malaysia)", "my"),
    ("km", "Khmer (Cambodia)", "kh"),
    ("ph", "Philippines", "ph"),
)
CURRENCIES = ((470, "USDT"), (471, "BTC"))
SOME = {
    "NZ": "New Zealand",
    "CK": "Cook Islands",
    "NU": "Niue",
    "PN": "Pitcairn",
    "US": "United States",
    "NI": "Nicaragua",
    "CR": "Costa Rica",
    "MX": "Mexico",
    "ES": "Spain",
}


def _all_countries() -> dict[str, str]:
    return SOME | {one.alpha_2: one.name for one in pycountry.countries if one.alpha_2 not in SOME}


COUNTRIES = _all_countries() if READING.all_countries else SOME


def list_legs() -> list[dict[str, str]]:
    found = [{"id": key, "name": name} for key, name in LEGS.items()]
    return found[:-1] if has_bug("leg_missing") else found


def list_locales() -> list[dict[str, str]]:
    return [{"id": key, "name": name, "image": f"https://flags.example.com/48x36/{flag}.png"} for key, name, flag in LOCALES]


def list_countries() -> list[dict[str, str]]:
    return [{"id": key, "name": name} for key, name in COUNTRIES.items() if not (has_bug("country_missing") and key == "PN")]


def list_currencies() -> list[dict[str, str | int]]:
    return [{"id": str(key) if has_bug("id_text") else key, "name": name} for key, name in CURRENCIES]
