"""Write records as JSON and read them back."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Optional

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.core.state.codec import Misfits, RecordCodec, codec_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nowhere import Unknown  # type: ignore[import-not-found]


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True)
class Part:
    name: str
    size: int = 1


@dataclass(frozen=True)
class Thing:
    """A record with a field of every type that a vendor may use."""

    id: int | str
    flag: bool
    ratio: float
    note: str | None
    at: datetime
    ats: tuple[datetime, ...]
    day: date
    hour: time
    span: timedelta
    price: Decimal
    data: bytes
    state: Literal["on", "off"]
    colour: Colour
    part: Part
    tags: tuple[str, ...]
    pair: tuple[int, str]
    parts: list[Part]
    names: frozenset[str]
    numbers: Mapping[str, int]
    due: Optional[datetime]  # noqa: UP045 - the older spelling is read as well
    either: Part | int
    free: Any
    bare: dict  # type: ignore[type-arg]
    rest: tuple = ()  # type: ignore[type-arg]
    more: list[int] = field(default_factory=list)


MOMENTS = st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - strategies say it so
PARTS = st.builds(Part, st.text(), st.integers(-(2**53), 2**53))
JSON = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text()
THINGS = st.builds(
    Thing,
    id=st.integers(-(2**53), 2**53) | st.text(),
    flag=st.booleans(),
    ratio=st.floats(allow_nan=False, allow_infinity=False),
    note=st.none() | st.text(),
    at=MOMENTS,
    ats=st.lists(MOMENTS).map(tuple),
    day=st.dates(),
    hour=st.times(),
    span=st.timedeltas(),
    price=st.decimals(allow_nan=False, allow_infinity=False),
    data=st.binary(),
    state=st.sampled_from(["on", "off"]),
    colour=st.sampled_from(Colour),
    part=PARTS,
    tags=st.lists(st.text()).map(tuple),
    pair=st.tuples(st.integers(0, 9), st.text()),
    parts=st.lists(PARTS),
    names=st.frozensets(st.text()),
    numbers=st.dictionaries(st.text(), st.integers(0, 9)),
    due=st.none() | MOMENTS,
    either=PARTS | st.integers(0, 9),
    free=JSON,
    bare=st.dictionaries(st.text(), JSON),
    rest=st.lists(JSON).map(tuple),
    more=st.lists(st.integers(0, 9)),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine takes long for a thing
@given(THINGS)
def test_what_is_written_reads_back_as_the_same(thing: Thing) -> None:
    codec, misfits = codec_for(Thing), Misfits()
    text = orjson.dumps(codec.encode(thing))
    assert codec.read(orjson.loads(text), "", misfits) == thing
    assert not misfits
    assert list(orjson.loads(text)) == list(codec.fields)


GOOD = codec_for(Thing).encode(
    Thing(
        id=1,
        flag=True,
        ratio=1.5,
        note=None,
        at=datetime(2026, 1, 1, tzinfo=UTC),
        ats=(),
        day=date(2026, 1, 1),
        hour=time(12),
        span=timedelta(1),
        price=Decimal("1.10"),
        data=b"\x00",
        state="on",
        colour=Colour.RED,
        part=Part("a"),
        tags=("a",),
        pair=(1, "a"),
        parts=[Part("b")],
        names=frozenset(["x"]),
        numbers={"a": 1},
        due=None,
        either=3,
        free=None,
        bare={},
    )
)


@pytest.mark.parametrize(
    ("name", "value", "pointer", "words"),
    [
        ("id", 1.5, "/id", "must be a whole number or a text"),
        ("flag", 1, "/flag", "must be true or false"),
        ("ratio", "1", "/ratio", "must be a number"),
        ("note", 1, "/note", "must be a text or null"),
        ("at", "2026-01-01T00:00:00", "/at", "must be a moment such as"),
        ("at", 5, "/at", "must be a moment such as"),
        ("at", "9999-12-31T23:59:59-10:00", "/at", "must be a moment such as"),
        ("ats", ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00"], "/ats/1", "must be a moment such as"),
        ("day", "x", "/day", "must be a date such as"),
        ("hour", "25:00", "/hour", "must be a time such as"),
        ("span", {"days": 1}, "/span", "must be an object of days"),
        ("span", {"days": "x", "seconds": 0, "microseconds": 0}, "/span", "must be an object of days"),
        ("price", "much", "/price", "must be a decimal number"),
        ("data", "###", "/data", "must be bytes in Base64"),
        ("state", "half", "/state", "must be on or off"),
        ("colour", "green", "/colour", "must be red or blue"),
        ("part", {"size": 1}, "/part/name", "is missing"),
        ("part", {"name": "a", "size": "b"}, "/part/size", "must be a whole number"),
        ("part", {"name": "a", "weight": 1}, "/part/weight", "is no field; there are name, size"),
        ("part", [], "/part", "must be an object"),
        ("tags", [1], "/tags/0", "must be a text"),
        ("tags", "a", "/tags", "must be a list"),
        ("pair", [1], "/pair", "must be a list of 2"),
        ("pair", [1, 2], "/pair/1", "must be a text"),
        ("names", [["x"]], "/names/0", "must be a text"),
        ("parts", [{"name": 1}], "/parts/0/name", "must be a text"),
        ("numbers", {"a": "b"}, "/numbers/a", "must be a whole number"),
        ("numbers", [], "/numbers", "must be an object"),
        ("due", "soon", "/due", "must be null or a moment such as"),
        ("either", {"name": 1}, "/either/name", "must be a text"),
        ("bare", 1, "/bare", "must be an object"),
    ],
)
def test_violations_are_reported_with_their_place(name: str, value: Any, pointer: str, words: str) -> None:
    misfits = Misfits()
    assert codec_for(Thing).read({**GOOD, name: value}, "", misfits) is None
    assert [found for found, _ in misfits.found] == [pointer]
    assert words in str(misfits)


def test_all_violations_are_reported_at_once() -> None:
    misfits = Misfits()
    codec_for(Thing).read({"flag": 1, "colour": "green", "extra": 1}, "/3", misfits)
    told = dict(misfits.found)
    assert told["/3/flag"] == "must be true or false"
    assert told["/3/id"] == "is missing"
    assert told["/3/extra"].startswith("is no field; there are id, flag")
    assert "/3/rest" not in told


def test_a_part_of_a_record_may_be_read() -> None:
    misfits = Misfits()
    assert codec_for(Thing).decode({"note": "a"}, "", misfits, whole=False) == {"note": "a"}
    assert not misfits


def test_a_dataclass_has_one_codec() -> None:
    assert codec_for(Part) is codec_for(Part)
    assert isinstance(codec_for(Part), RecordCodec)


@dataclass(frozen=True)
class Unresolved:
    id: int
    friend: Unknown


@dataclass(frozen=True)
class Ambiguous:
    id: int
    at: datetime | str


@pytest.mark.parametrize(("record", "words"), [(Unresolved, "Unresolved: .*'Unknown' is not defined; import"), (Ambiguous, "not supported")])
def test_a_type_that_cannot_be_read_is_refused_before_the_first_record(record: type, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        codec_for(record)


def test_a_whole_number_stays_an_integer_if_any_number_is_allowed() -> None:
    read = codec_for(Thing).read({**GOOD, "ratio": 1}, "", Misfits())
    assert type(read.ratio) is int


def test_a_moment_of_any_offset_is_written_in_utc() -> None:
    read = codec_for(Thing).read({**GOOD, "at": "2026-01-01T00:00+05:30"}, "", Misfits())
    assert codec_for(Thing).encode(read)["at"] == "2025-12-31T18:30:00Z"
