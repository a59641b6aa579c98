"""Records as JSON and back, by the types of their fields.

Every field of a record becomes JSON that a person can read and that reads back as the same value: a moment is ISO 8601, bytes are
Base64, a tuple is a list. What does not fit is reported field by field, so that whoever writes a record by hand is told everything that is wrong with
it at once.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import enum
import sys
import types
import typing
from collections import abc
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from mockserver.core.base.clock import iso
from mockserver.core.state.outbox import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Encode = Callable[[Any], Any]
    Decode = Callable[[Any, str, "Misfits"], Any]
    Coder = tuple[Encode, Decode]


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


class RecordCoder:
    """Turns the records of one frozen dataclass into JSON objects and back."""

    def __init__(self, record: type) -> None:
        self.record = record
        names = _Names(record)
        self.fields: dict[str, Coder] = {}
        self.optional: set[str] = set()
        for field in fields(record):
            self.fields[field.name] = _coder(names.resolve(field.type))
            if field.default is not MISSING or field.default_factory is not MISSING:
                self.optional.add(field.name)

    def encode(self, record: Any) -> dict[str, Any]:
        """A record as a JSON object, its fields in the order of their declaration."""
        return {name: encode(getattr(record, name)) for name, (encode, _) in self.fields.items()}

    def decode(self, data: Any, pointer: str, misfits: Misfits, *, whole: bool = True) -> dict[str, Any]:
        """The fields of a record by name. ``whole`` demands every field that has no default; without it only what is there is read."""
        if not isinstance(data, dict):
            misfits.add(pointer, "must be an object")
            return {}
        for name in data:
            if name not in self.fields:
                misfits.add(f"{pointer}/{name}", f"is no field; there are {', '.join(self.fields)}")
        if whole:
            for name in self.fields.keys() - data.keys() - self.optional:
                misfits.add(f"{pointer}/{name}", "is missing")
        return {name: decode(data[name], f"{pointer}/{name}", misfits) for name, (_, decode) in self.fields.items() if name in data}

    def read(self, data: Any, pointer: str, misfits: Misfits) -> Any:
        """A record, or None where something does not fit."""
        before = len(misfits.found)
        values = self.decode(data, pointer, misfits)
        return None if len(misfits.found) > before else self.record(**values)


@cache
def coder_for(record: type) -> RecordCoder:
    """The coder of a dataclass."""
    return RecordCoder(record)


class _Names(dict[str, Any]):
    """The names that an annotation may use, also those that its module imports for the type checker only; an unknown one means anything."""

    def __init__(self, record: type) -> None:
        super().__init__()
        self._module = vars(sys.modules[record.__module__])

    def __missing__(self, name: str) -> Any:
        for place in (self._module, _KNOWN, vars(builtins), vars(typing), vars(abc)):
            if name in place:
                return place[name]
        return Any

    def resolve(self, annotation: Any) -> Any:
        """The type that an annotation means; Any where that cannot be told."""
        holder = type("Holder", (), {"__annotations__": {"value": annotation}})
        try:
            return typing.get_type_hints(holder, localns=self)["value"]
        except (NameError, TypeError, AttributeError):
            return Any


_KNOWN = {"Channel": Channel, "datetime": datetime, "date": date, "time": time, "timedelta": timedelta, "Decimal": Decimal}


def _same(value: Any) -> Any:
    return value


def _anything(value: Any, _pointer: str, _misfits: Misfits) -> Any:
    return value


def _coder(kind: Any) -> Coder:
    """How values of a type are written and read."""
    origin = get_origin(kind)
    if kind in _PLAIN:
        return _same, _plain(*_PLAIN[kind])
    if kind in _CODED:
        return _CODED[kind]
    if origin is Literal:
        return _same, _one_of(get_args(kind))
    if origin in (Union, types.UnionType):
        return _union(get_args(kind))
    return _made_of(origin or kind, get_args(kind)) if isinstance(origin or kind, type) else (_same, _anything)


def _made_of(kind: type, arguments: tuple[Any, ...]) -> Coder:
    """How values of a class are written and read; as they are where nothing is known of it."""
    if issubclass(kind, (tuple, list, frozenset)):
        return _sequence(kind, arguments)
    if issubclass(kind, abc.Mapping):
        return _mapping(arguments)
    if issubclass(kind, enum.Enum):
        return lambda value: value.value, _member(kind)
    if is_dataclass(kind):
        coder = coder_for(kind)
        return coder.encode, coder.read
    return _same, _anything


def _plain(accepted: tuple[type, ...], words: str) -> Decode:
    def decode(value: Any, pointer: str, misfits: Misfits) -> Any:
        if type(value) not in accepted:
            misfits.add(pointer, f"must be {words}")
        return value

    return decode


_PLAIN: dict[Any, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((float, int), "a number"),
    str: ((str,), "a text"),
    type(None): ((type(None),), "null"),
    None: ((type(None),), "null"),
}


def _parsed(parse: Callable[[Any], Any], words: str) -> Decode:
    def decode(value: Any, pointer: str, misfits: Misfits) -> Any:
        try:
            return parse(value)
        except (ValueError, TypeError, AttributeError, OverflowError, KeyError, InvalidOperation, binascii.Error):
            misfits.add(pointer, f"must be {words}")
            return None

    return decode


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _span(value: Mapping[str, int]) -> timedelta:
    return timedelta(**{name: value[name] for name in ("days", "seconds", "microseconds")})


_CODED: dict[Any, Coder] = {
    datetime: (iso, _parsed(_moment, "a moment such as 2026-01-01T00:00:00Z")),
    date: (date.isoformat, _parsed(date.fromisoformat, "a date such as 2026-01-01")),
    Decimal: (str, _parsed(Decimal, "a decimal number as text")),
    time: (time.isoformat, _parsed(time.fromisoformat, "a time such as 12:30:00")),
    timedelta: (
        lambda span: {"days": span.days, "seconds": span.seconds, "microseconds": span.microseconds},
        _parsed(_span, "an object of days, seconds and microseconds"),
    ),
    bytes: (lambda data: base64.b64encode(data).decode(), _parsed(lambda text: base64.b64decode(text, validate=True), "bytes in Base64")),
}


def _one_of(values: tuple[Any, ...]) -> Decode:
    def decode(value: Any, pointer: str, misfits: Misfits) -> Any:
        if value not in values:
            misfits.add(pointer, f"must be {' or '.join(map(str, values))}")
        return value

    return decode


def _member(kind: type[enum.Enum]) -> Decode:
    return _parsed(kind, " or ".join(str(member.value) for member in kind))


def _union(kinds: tuple[Any, ...]) -> Coder:
    """A value of one of several types; what JSON can say by itself is tried before what has to be parsed."""
    ordered = sorted(kinds, key=lambda kind: kind not in _PLAIN)
    decoders = [_coder(kind)[1] for kind in ordered]

    def encode(value: Any) -> Any:
        if value is None:
            return None
        kind = next((kind for kind in kinds if isinstance(get_origin(kind) or kind, type) and isinstance(value, get_origin(kind) or kind)), Any)
        return _coder(kind)[0](value)

    def decode(value: Any, pointer: str, misfits: Misfits) -> Any:
        texts = []
        for decoder in decoders:
            tried = Misfits()
            read = decoder(value, pointer, tried)
            if not tried:
                return read
            texts += tried.found
        inner = [found for found in texts if found[0] != pointer]
        if inner:
            misfits.found += inner
        else:
            misfits.add(pointer, " or ".join(dict.fromkeys(text.removeprefix("must be ") for _, text in texts)).join(("must be ", "")))
        return None

    return encode, decode


def _sequence(kind: type, arguments: tuple[Any, ...]) -> Coder:
    """Tuples, lists and frozen sets; a tuple of several types has a place for each."""
    places = [_coder(argument) for argument in arguments if argument is not Ellipsis] or [(_same, _anything)]
    fixed = issubclass(kind, tuple) and len(arguments) > 0 and Ellipsis not in arguments

    def encode(value: Any) -> list[Any]:
        encoded = [places[number if fixed else 0][0](item) for number, item in enumerate(value)]
        return sorted(encoded) if issubclass(kind, frozenset) else encoded

    def decode(value: Any, pointer: str, misfits: Misfits) -> Any:
        if not isinstance(value, list) or (fixed and len(value) != len(places)):
            misfits.add(pointer, f"must be a list of {len(places)}" if fixed else "must be a list")
            return None
        return kind(places[number if fixed else 0][1](item, f"{pointer}/{number}", misfits) for number, item in enumerate(value))

    return encode, decode


def _mapping(arguments: tuple[Any, ...]) -> Coder:
    encode_item, decode_item = _coder(arguments[1]) if len(arguments) > 1 else (_same, _anything)

    def encode(value: Any) -> dict[str, Any]:
        return {str(key): encode_item(item) for key, item in value.items()}

    def decode(value: Any, pointer: str, misfits: Misfits) -> Any:
        if not isinstance(value, dict):
            misfits.add(pointer, "must be an object")
            return None
        return {key: decode_item(item, f"{pointer}/{key}", misfits) for key, item in value.items()}

    return encode, decode
