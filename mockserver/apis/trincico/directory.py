"""Catalogues that the vendor keeps: categories, places, reasons of reports, entries of the blog. No call changes them."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver import Table


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of services; ``parent`` is the category above it."""

    id: str
    name: str
    image: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class Country:
    """A country; its id is the ISO 3166 code of two letters."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class City:
    id: int
    name: str
    state: str
    country: str
    lat: float
    lng: float


@dataclass(frozen=True, slots=True)
class Municipality:
    id: int
    name: str
    city_id: int


@dataclass(frozen=True, slots=True)
class BlogEntry:
    id: str
    title: str
    slug: str
    image: str
    text: str
    created_at: int


@dataclass(frozen=True, slots=True)
class ReportDetail:
    """A reason for which a profile, a service or a review can be reported."""

    id: int
    name: str


CATEGORIES = Table("trincico.categories", Category, references={"parent": "trincico.categories"})
COUNTRIES = Table("trincico.countries", Country)
CITIES = Table("trincico.cities", City, {"country": "country"}, references={"country": "trincico.countries"})
MUNICIPALITIES = Table("trincico.municipalities", Municipality, {"city": "city_id"}, references={"city_id": "trincico.cities"})
BLOG_ENTRIES = Table("trincico.blog_entries", BlogEntry)
REPORT_DETAILS = Table("trincico.report_details", ReportDetail)
