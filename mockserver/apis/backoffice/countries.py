"""The countries of ISO 3166-1, with the English names by which people know them (backoffice.D24)."""

from __future__ import annotations

from functools import cache

import pycountry


@cache
def countries() -> dict[str, str]:
    """Names by two-letter code, in the order of the names."""
    names = {country.alpha_2: getattr(country, "common_name", country.name) for country in pycountry.countries}
    return dict(sorted(names.items(), key=lambda item: item[1]))


def is_country(code: str) -> bool:
    """Whether a text is the code of a country, in capitals."""
    return code in countries()
