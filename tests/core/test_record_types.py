"""The codec with every record type of every vendor and of the world: with generated values, and with data that is not a record."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockserver.app import discover
from mockserver.core.base.clock import Clock
from mockserver.core.state.codec import Misfits, codec_for, encode_value
from mockserver.core.state.outbox import Message
from mockserver.core.state.rules import Faults
from mockserver.core.state.world import Timer
from mockserver.openapi.documents import SPECS

TABLES: dict[str, type] = {table.name: table.record for api, _, _ in discover(SPECS).values() for table in api.tables}
RECORDS: dict[str, type] = {**TABLES, "clock": Clock, "timer": Timer, "message": Message, "faults": Faults}

WHOLE = st.integers(-(2**63), 2**63 - 1)
MOMENTS = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - strategies take the zone apart
    max_value=datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-6)), timezone(timedelta(hours=5, minutes=30))]),
)
SIMPLE: dict[Any, st.SearchStrategy[Any]] = {
    int: WHOLE,
    float: st.floats(allow_nan=False, allow_infinity=False),
    datetime: MOMENTS,
    timedelta: st.timedeltas(),
}


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Strategy for values of a field's type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return values_of(arguments[0])
    if origin in (Union, UnionType):
        return st.one_of([values_of(one) for one in arguments])
    if origin is tuple:
        inner = list(map(values_of, arguments[:1] if Ellipsis in arguments else arguments))
        return st.lists(inner[0], max_size=3).map(tuple) if Ellipsis in arguments else st.tuples(*inner)
    if is_dataclass(kind):
        return records_of(kind)
    return SIMPLE.get(kind, st.from_type(kind))


def records_of(record: Any) -> st.SearchStrategy[Any]:
    """Strategy for records of a type."""
    return st.builds(record, **{name: values_of(kind) for name, kind in codec_for(record).fields.items()})


AWKWARD = (
    "",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-01-01T00:00Z",
    "20260101T000000Z",
    "9999-12-31T23:59:59-23:59",
    "P1D",
    "AA==",
    "A",
    "1",
    "NaN",
)
SCALARS = st.none() | st.booleans() | WHOLE | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9) | st.sampled_from(AWKWARD)
NAMES = st.sampled_from(["id", "days", "seconds", "rules", "delay", "kind"]) | st.text(
    st.characters(codec="utf-8", exclude_characters="/"), max_size=5
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8)


@st.composite
def spoilt(draw: st.DrawFn, record: type) -> Any:
    """Strategy for JSON that is almost a record: some members are missing, replaced or added."""
    data = codec_for(record).encode(draw(records_of(record)))
    for name in draw(st.lists(st.sampled_from(list(data)), max_size=3)):
        if draw(st.booleans()):
            data[name] = draw(JSON)
        else:
            data.pop(name, None)
    return data | draw(st.dictionaries(NAMES, JSON, max_size=1))


def test_every_vendor_keeps_records() -> None:
    assert len(TABLES) >= 58
    assert all(fields(record) for record in TABLES.values())


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_any_values_is_read_back_as_the_same(name: str) -> None:
    record, codec = RECORDS[name], codec_for(RECORDS[name])

    @settings(max_examples=25, deadline=None)
    @given(records_of(record))
    def goes_round(made: Any) -> None:
        misfits = Misfits()
        written = codec.encode(made)
        assert orjson.loads(orjson.dumps(written)) == written
        read = codec.read(written, "", misfits)
        assert (read, misfits.found) == (made, [])
        assert list(written) == [field.name for field in fields(record)]
        assert orjson.dumps(codec.encode(read)) == orjson.dumps(written)
        assert {field: encode_value(getattr(made, field)) for field in written} == written

    goes_round()


@pytest.mark.parametrize("name", RECORDS)
def test_any_json_is_read_as_a_record_or_refused_at_a_place_that_it_has(name: str) -> None:
    record, codec = RECORDS[name], codec_for(RECORDS[name])

    @settings(max_examples=50, deadline=None)
    @given(JSON | spoilt(record))
    def is_judged(data: Any) -> None:
        misfits, again = Misfits(), Misfits()
        read = codec.read(data, "/here", misfits)
        values = codec.decode(data, "/here", again)
        assert misfits.found == again.found
        assert (read is None) == bool(misfits)
        if read is not None:
            assert read == record(**values)
            assert codec.read(codec.encode(read), "", misfits) == read
        for pointer, text in misfits.found:
            assert text
            assert pointer.startswith("/here")
            assert is_in(data, pointer.removeprefix("/here").split("/")[1:], missing="is missing" in text)

    is_judged()


def is_in(data: Any, path: list[str], *, missing: bool) -> bool:
    """Whether a place exists in a value, or is missing."""
    for number, name in enumerate(path):
        if isinstance(data, dict) and name not in data:
            return missing and number == len(path) - 1
        data = data[name] if isinstance(data, dict) else data[int(name)]
    return not missing


def test_literals_and_moments_are_among_the_fields_that_are_tried() -> None:
    kinds = {get_origin(kind) or kind for record in RECORDS.values() for kind in codec_for(record).fields.values()}
    assert {bytes, Literal, Annotated, tuple, timedelta} <= kinds
