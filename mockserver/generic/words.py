"""Values in people's words: what a property of a name usually holds, by Faker."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from faker import Faker

from mockserver.openapi.inference.words import split

Make = Callable[[Faker], Any]
_START = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR = 365 * 24 * 3600


def moment(fake: Faker) -> datetime:
    """A moment of 2025, to the second."""
    return _START - timedelta(seconds=fake.random_int(0, _YEAR))


def _of_list(*values: str) -> Make:
    return lambda fake: fake.random_element(values)


_TEXTS: Mapping[str, Make] = {
    "first name": lambda fake: fake.first_name(),
    "given name": lambda fake: fake.first_name(),
    "last name": lambda fake: fake.last_name(),
    "family name": lambda fake: fake.last_name(),
    "middle name": lambda fake: fake.first_name(),
    "full name": lambda fake: fake.name(),
    "display name": lambda fake: fake.name(),
    "user name": lambda fake: fake.user_name(),
    "username": lambda fake: fake.user_name(),
    "nickname": lambda fake: fake.user_name(),
    "company name": lambda fake: fake.company(),
    "company": lambda fake: fake.company(),
    "organization": lambda fake: fake.company(),
    "vendor": lambda fake: fake.company(),
    "job title": lambda fake: fake.job(),
    "occupation": lambda fake: fake.job(),
    "email": lambda fake: fake.ascii_safe_email(),
    "email address": lambda fake: fake.ascii_safe_email(),
    "phone": lambda fake: f"+1555{fake.random_number(7, fix_len=True)}",
    "phone number": lambda fake: f"+1555{fake.random_number(7, fix_len=True)}",
    "mobile": lambda fake: f"+1555{fake.random_number(7, fix_len=True)}",
    "fax": lambda fake: f"+1555{fake.random_number(7, fix_len=True)}",
    "street": lambda fake: fake.street_address(),
    "street address": lambda fake: fake.street_address(),
    "address": lambda fake: fake.street_address(),
    "address line": lambda fake: fake.street_address(),
    "line": lambda fake: fake.street_address(),
    "city": lambda fake: fake.city(),
    "town": lambda fake: fake.city(),
    "locality": lambda fake: fake.city(),
    "state code": _of_list("CA", "NY", "TX", "WA"),
    "province": _of_list("California", "New York", "Texas", "Washington"),
    "region": _of_list("north", "south", "east", "west"),
    "zip": lambda fake: fake.postcode(),
    "zip code": lambda fake: fake.postcode(),
    "postal code": lambda fake: fake.postcode(),
    "postcode": lambda fake: fake.postcode(),
    "country": _of_list("US", "DE", "FR", "GB", "ES", "MX"),
    "country code": _of_list("US", "DE", "FR", "GB", "ES", "MX"),
    "currency": _of_list("USD", "EUR", "GBP"),
    "currency code": _of_list("USD", "EUR", "GBP"),
    "language": _of_list("en", "de", "fr", "es"),
    "locale": _of_list("en-US", "de-DE", "fr-FR", "es-ES"),
    "timezone": _of_list("Europe/Berlin", "America/New_York", "UTC"),
    "time zone": _of_list("Europe/Berlin", "America/New_York", "UTC"),
    "color": lambda fake: fake.hex_color(),
    "colour": lambda fake: fake.hex_color(),
    "gender": _of_list("female", "male", "other"),
    "url": lambda fake: f"https://example.com/{fake.slug()}",
    "link": lambda fake: f"https://example.com/{fake.slug()}",
    "href": lambda fake: f"https://example.com/{fake.slug()}",
    "website": lambda fake: f"https://example.com/{fake.slug()}",
    "homepage": lambda fake: f"https://example.com/{fake.slug()}",
    "avatar": lambda fake: f"https://example.com/images/{fake.random_int(1, 999)}.png",
    "image": lambda fake: f"https://example.com/images/{fake.random_int(1, 999)}.png",
    "photo": lambda fake: f"https://example.com/images/{fake.random_int(1, 999)}.png",
    "logo": lambda fake: f"https://example.com/images/{fake.random_int(1, 999)}.png",
    "icon": lambda fake: f"https://example.com/images/{fake.random_int(1, 999)}.png",
    "slug": lambda fake: fake.slug(),
    "domain": lambda fake: f"{fake.domain_word()}.example.com",
    "domain name": lambda fake: f"{fake.domain_word()}.example.com",
    "host": lambda fake: f"{fake.domain_word()}.example.com",
    "hostname": lambda fake: f"{fake.domain_word()}.example.com",
    "ip": lambda fake: f"192.0.2.{fake.random_int(1, 254)}",
    "ip address": lambda fake: f"192.0.2.{fake.random_int(1, 254)}",
    "user agent": _of_list("Mozilla/5.0 (X11; Linux x86_64)"),
    "file name": lambda fake: f"{fake.word()}.pdf",
    "filename": lambda fake: f"{fake.word()}.pdf",
    "mime type": _of_list("application/pdf", "image/png", "text/plain"),
    "content type": _of_list("application/pdf", "image/png", "text/plain"),
    "extension": _of_list("pdf", "png", "txt"),
    "path": lambda fake: f"/{fake.word()}/{fake.word()}",
    "title": lambda fake: fake.sentence(nb_words=4).rstrip("."),
    "subject": lambda fake: fake.sentence(nb_words=4).rstrip("."),
    "headline": lambda fake: fake.sentence(nb_words=4).rstrip("."),
    "summary": lambda fake: fake.sentence(nb_words=8),
    "description": lambda fake: fake.sentence(nb_words=10),
    "comment": lambda fake: fake.sentence(nb_words=8),
    "message": lambda fake: fake.sentence(nb_words=8),
    "note": lambda fake: fake.sentence(nb_words=8),
    "notes": lambda fake: fake.sentence(nb_words=8),
    "body": lambda fake: fake.sentence(nb_words=12),
    "content": lambda fake: fake.sentence(nb_words=12),
    "text": lambda fake: fake.sentence(nb_words=8),
    "bio": lambda fake: fake.sentence(nb_words=8),
    "sku": lambda fake: f"SKU-{fake.random_number(5, fix_len=True)}",
    "isbn": lambda fake: fake.isbn13(),
    "ean": lambda fake: fake.ean13(),
    "iban": lambda fake: fake.iban(),
    "bic": lambda fake: fake.swift(),
    "license plate": lambda fake: fake.license_plate(),
    "version": lambda fake: f"{fake.random_int(1, 4)}.{fake.random_int(0, 9)}.{fake.random_int(0, 9)}",
    "sha": lambda fake: fake.sha1(),
    "hash": lambda fake: fake.sha1(),
    "md": lambda fake: fake.md5(),
    "date": lambda fake: moment(fake).date().isoformat(),
    "at": lambda fake: moment(fake).isoformat().replace("+00:00", "Z"),
    "time": lambda fake: moment(fake).isoformat().replace("+00:00", "Z"),
    "product": lambda fake: fake.word().capitalize(),
    "category": lambda fake: fake.word().capitalize(),
    "tag": lambda fake: fake.word(),
    "tags": lambda fake: fake.word(),
    "label": lambda fake: fake.word(),
    "status": _of_list("active", "pending", "done"),
    "state": _of_list("active", "pending", "done"),
    "type": _of_list("standard", "basic"),
}
_PEOPLE = frozenset(
    """
    user person customer contact owner author member employee patient guest client driver passenger recipient sender
    admin student teacher creator assignee reviewer
    """.split()
)
_NUMBERS: Mapping[str, tuple[int, int]] = {
    "age": (18, 80),
    "year": (2000, 2026),
    "month": (1, 12),
    "day": (1, 28),
    "hour": (0, 23),
    "minute": (0, 59),
    "second": (0, 59),
    "quantity": (1, 10),
    "count": (0, 50),
    "total": (1, 50),
    "size": (100, 100_000),
    "width": (100, 1920),
    "height": (100, 1080),
    "duration": (10, 3600),
    "price": (5, 500),
    "amount": (5, 500),
    "cost": (5, 500),
    "rating": (1, 5),
    "score": (0, 100),
    "percent": (0, 100),
    "percentage": (0, 100),
    "latitude": (-60, 60),
    "lat": (-60, 60),
    "longitude": (-180, 180),
    "lng": (-180, 180),
    "lon": (-180, 180),
    "port": (1024, 65000),
    "stock": (0, 200),
    "discount": (0, 30),
    "weight": (1, 100),
    "priority": (1, 5),
    "position": (1, 20),
    "index": (0, 20),
    "order": (1, 20),
    "level": (1, 5),
    "capacity": (10, 300),
}
_EPOCH = re.compile(r"(_at|_on|At|On|timestamp|Timestamp|created|updated|modified|expires|_time|Time)$")


def make_text(fake: Faker, name: str, noun: str) -> Any:
    """A text that a property of a name usually holds, None if its name says nothing. ``noun`` is the noun of the record."""
    words = split(name)
    for count in (2, 1):
        if len(words) >= count and (make := _TEXTS.get(" ".join(words[-count:]))) is not None:
            return make(fake)
    if words[-1:] == ["name"]:
        of_whom = (words[-2] if len(words) > 1 else noun.rpartition("_")[2]) if words else ""
        return fake.name() if of_whom in _PEOPLE else fake.catch_phrase()
    return None


def make_number(fake: Faker, name: str, *, example: Any = None) -> int | None:
    """A whole number that a property of a name usually holds, None if its name says nothing. ``example`` tells seconds from milliseconds."""
    words = split(name)
    if words and words[-1] in _NUMBERS:
        return fake.random_int(*_NUMBERS[words[-1]])
    if _EPOCH.search(name):
        seconds = int(moment(fake).timestamp())
        return seconds * 1000 if isinstance(example, int) and example > 10**11 else seconds
    return None
