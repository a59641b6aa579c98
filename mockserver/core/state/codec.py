"""The codec of records: frozen dataclasses as plain JSON values, and back.

msgspec writes and reads everything but moments and durations: a moment is ISO 8601 in UTC, a duration an object of days, seconds and
microseconds. Bytes are Base64, a tuple is a list. If data does not fit the types, every fault is reported with its place, not only the first.
"""

from __future__ import annotations

import datetime as dt
import decimal
import sys
import typing
from collections import ChainMap, abc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache, reduce
from operator import or_
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from mockserver.core.base.clock import iso


class Misfits:
    """What does not fit, as pairs of JSON pointer and text."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str]] = []

    def add(self, pointer: str, text: str) -> None:
        """Note that the value at a place does not fit."""
        self.found.append((pointer, text))

    def __bool__(self) -> bool:
        return bool(self.found)

    def __str__(self) -> str:
        return "; ".join(f"{pointer or '/'}: {text}" for pointer, text in self.found)


class RecordCodec:
    """Turns the records of one dataclass into JSON objects and back. ``fields`` are the types of its fields by name.

    Raises TypeError if the type of a field cannot be resolved, or if msgspec does not support it.
    """

    def __init__(self, record: type) -> None:
        self.record = record
        self.fields = _field_types(record)
        self._required = {field.name for field in fields(record) if field.default is MISSING and field.default_factory is MISSING}
        kinds = self.fields.items()
        self._parsers = {name: parse for name, kind in kinds for one in list_alternatives(kind) if (parse := _PARSERS.get(one))}
        self._composed = [name for name, kind in kinds if _is_composed(kind)]
        self._flat = all(name in self._parsers for name in self._composed)
        # msgspec looks up the names of an annotation in the record's module, which often imports them for the type checker only.
        record.__annotations__ = self.fields
        parts: list[Any] = [one for _, kind in kinds for one in _types_in(kind) if is_dataclass(one)]
        for part in parts:
            codec_for(part)  # for its annotations
        msgspec.json.Decoder(record)  # refuses an unsupported type now, not with the first record

    def encode(self, record: Any) -> dict[str, Any]:
        """A record as a JSON object, its fields in the order of their declaration."""
        values: dict[str, Any] = msgspec.to_builtins(record)
        for name in self._composed:
            written = values[name]
            if not (isinstance(written, str) and written.endswith("Z")):  # else it is a moment in UTC, which msgspec writes alike
                values[name] = encode_value(getattr(record, name))
        return values

    def read(self, data: Any, pointer: str, misfits: Misfits) -> Any:
        """A record; None, with what is wrong added to ``misfits``, if the data does not fit."""
        if self._flat and isinstance(data, dict) and data.keys() <= self.fields.keys():
            try:
                parsed = {name: parse(data[name]) for name, parse in self._parsers.items() if data.get(name) is not None}
                return msgspec.convert(data | parsed if parsed else data, self.record)
            except _UNREADABLE:
                pass  # is read again below, field by field, to find every fault
        before = len(misfits.found)
        values = self.decode(data, pointer, misfits)
        return None if len(misfits.found) > before else self.record(**values)

    def decode(self, data: Any, pointer: str, misfits: Misfits, *, whole: bool = True) -> dict[str, Any]:
        """The fields that fit, by name; what is wrong with the others is added to ``misfits``.

        ``whole`` demands every field that has no default; without it, only the fields that are sent are read.
        """
        if not isinstance(data, dict):
            misfits.add(pointer, "must be an object")
            return {}
        for name in data:
            if name not in self.fields:
                misfits.add(f"{pointer}/{name}", f"is no field; there are {', '.join(self.fields)}")
        values = {}
        for name, kind in self.fields.items():
            if name in data:
                before = len(misfits.found)
                value = _read(kind, data[name], f"{pointer}/{name}", misfits)
                if len(misfits.found) == before:
                    values[name] = value
            elif whole and name in self._required:
                misfits.add(f"{pointer}/{name}", "is missing")
        return values

    def accepts(self, name: str, value: Any) -> bool:
        """Whether a JSON value fits a field."""
        misfits = Misfits()
        _read(self.fields[name], value, "", misfits)
        return not misfits


@cache
def codec_for(record: type) -> RecordCodec:
    """The codec of a dataclass."""
    return RecordCodec(record)


def encode_value(value: Any) -> Any:
    """The value of a field as plain JSON."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return {"days": value.days, "seconds": value.seconds, "microseconds": value.microseconds}
    if isinstance(value, (tuple, list, frozenset)):
        items = map(encode_value, value)
        return sorted(items) if isinstance(value, frozenset) else list(items)
    if isinstance(value, abc.Mapping):
        return {str(key): encode_value(item) for key, item in value.items()}
    if is_dataclass(value):
        record: Any = type(value)
        return codec_for(record).encode(value)
    return msgspec.to_builtins(value)


def _field_types(record: type) -> dict[str, Any]:
    """The types of the fields of a dataclass as msgspec shall read them; modules may import the common ones for the type checker only."""
    known = ChainMap(vars(sys.modules[record.__module__]), *map(vars, (dt, decimal, typing, abc)))
    try:
        hints = typing.get_type_hints(record, localns=known, include_extras=True)
    except (NameError, TypeError, AttributeError) as error:
        where = f"{record.__module__}.{record.__qualname__}"
        raise TypeError(f"{where}: the types of the fields cannot be resolved: {error}; import them outside of TYPE_CHECKING") from None
    return {field.name: _strict(hints[field.name]) for field in fields(record)}


MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]


def _strict(kind: Any) -> Any:
    """A type as msgspec shall read it: a moment names its offset, and a whole number is not made a float."""
    if kind in (float, datetime):
        return int | float if kind is float else MOMENT
    origin = get_origin(kind)
    if origin in (None, Literal, Annotated):
        return kind
    arguments = tuple(map(_strict, get_args(kind)))
    return reduce(or_, arguments) if origin in (Union, UnionType) else origin[arguments]


def list_alternatives(kind: Any) -> tuple[Any, ...]:
    """The members of a union; any other type alone."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


def _types_in(kind: Any) -> Iterator[Any]:
    """A type and all of which it is made."""
    yield kind
    for argument in get_args(kind):
        yield from _types_in(argument)


def is_a(kind: Any, *classes: type) -> bool:
    """Whether the values of a type are instances of a class."""
    plain = get_origin(kind) or kind
    return isinstance(plain, type) and issubclass(plain, classes)


@cache
def _is_composed(kind: Any) -> bool:
    """Whether msgspec alone writes or reads a type in another way than it is done here: it keeps tuples and ignores unknown fields, for example."""
    return any(is_dataclass(one) or one in _PARSERS or is_a(one, tuple, list, frozenset, abc.Mapping) for one in _types_in(kind))


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    moment.astimezone(UTC)  # raises OverflowError if it could not be written
    return moment


def _duration(value: Mapping[str, int]) -> timedelta:
    return timedelta(**{name: value[name] for name in ("days", "seconds", "microseconds")})


_PARSERS: dict[Any, Callable[[Any], Any]] = {MOMENT: _moment, timedelta: _duration}
"""Types that msgspec does not read as they are read here."""
_UNREADABLE = (msgspec.ValidationError, ValueError, TypeError, LookupError, OverflowError)


def _read(kind: Any, value: Any, pointer: str, misfits: Misfits) -> Any:
    """A value of a type; None, with each innermost place that is wrong added to ``misfits``, if it does not fit."""
    if not _is_composed(kind):
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            pass
    before = len(misfits.found)
    for one in list_alternatives(kind):
        try:
            read = _read_parts(one, value, pointer, misfits)
        except _UNREADABLE:
            continue
        return read if len(misfits.found) == before else None
    misfits.add(pointer, f"must be {_words(kind)}")
    return None


def _read_parts(kind: Any, value: Any, pointer: str, misfits: Misfits) -> Any:
    """A value of a type that is no union, read part by part. Raises one of _UNREADABLE if it is not of that type at all."""
    origin, arguments = get_origin(kind) or kind, get_args(kind)
    if kind in _PARSERS:
        return _PARSERS[kind](value)
    if isinstance(value, dict) and is_dataclass(kind):
        return codec_for(origin).read(value, pointer, misfits)
    if isinstance(value, dict) and arguments and is_a(kind, abc.Mapping):
        return {key: _read(arguments[1], item, f"{pointer}/{key}", misfits) for key, item in value.items()}
    if isinstance(value, list) and arguments and is_a(kind, tuple, list, frozenset):
        kinds = list_places(kind) or arguments[:1] * len(value)
        if len(kinds) == len(value):
            return origin([_read(one, item, f"{pointer}/{number}", misfits) for number, (one, item) in enumerate(zip(kinds, value, strict=True))])
    return msgspec.convert(value, kind)


def list_places(kind: Any) -> tuple[Any, ...]:
    """The types of a tuple with a place for each; nothing for other types."""
    return get_args(kind) if get_origin(kind) is tuple and Ellipsis not in get_args(kind) else ()


_PLAIN = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", NoneType: "null"}
_WORDS: dict[Any, str] = {
    **_PLAIN,
    MOMENT: "a moment such as 2026-01-01T00:00:00Z",
    date: "a date such as 2026-01-01",
    time: "a time such as 12:30:00",
    timedelta: "an object of days, seconds and microseconds",
    Decimal: "a decimal number as text",
    bytes: "bytes in Base64",
}


def _words(kind: Any) -> str:
    """What a value of a type has to be."""
    alternatives = sorted(list_alternatives(kind), key=lambda one: one not in _PLAIN)
    if len(alternatives) > 1:
        return " or ".join(_words(one) for one in alternatives if one is not int or float not in alternatives)
    origin = get_origin(kind) or kind
    if kind in _WORDS or origin is Literal:
        return _WORDS.get(kind) or " or ".join(map(str, get_args(kind)))
    if issubclass(origin, Enum):
        return " or ".join(str(member.value) for member in origin)
    if is_a(kind, tuple, list, frozenset):
        return f"a list of {len(list_places(kind))}" if list_places(kind) else "a list"
    return "an object"
